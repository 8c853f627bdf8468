//! Who a shared pool consists of. Never puts an order into one; that is the command `Offer`.

use std::collections::BTreeSet;

use sync_core::ids::{RecordId, UserId};
use sync_core::workflow::Role;

use crate::orders::Caller;
use crate::reference::{ReferenceFields, TeamFields};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::{Store, users};

/// The technicians named and those of a team, or without either all there are; those whose access ended are left out.
///
/// # Errors
///
/// `Invalid` for a team that does not exist.
pub async fn pool_of(
    store: &Store,
    caller: Caller,
    technicians: Option<Vec<UserId>>,
    team: Option<RecordId>,
) -> Result<Vec<UserId>, Refusal> {
    let mut tx = store.begin_read(caller.organization).await?;
    let mut chosen: Option<BTreeSet<_>> = technicians.map(|named| named.into_iter().collect());
    if let Some(team) = team {
        let team = TeamFields::get(&mut tx, team).await?;
        let team = team.ok_or_else(|| Refusal::invalid("team", FieldProblem::Unknown))?;
        chosen.get_or_insert_default().extend(team.fields.member_ids);
    }
    let enabled = users::list_enabled(&mut tx, Role::Technician).await?;
    tx.commit().await?;
    let ids = enabled.into_iter().map(|user| user.id);
    Ok(ids.filter(|id| chosen.as_ref().is_none_or(|chosen| chosen.contains(id))).collect())
}
