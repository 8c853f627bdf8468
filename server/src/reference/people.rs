//! Looks whether the people a record names exist. Never reads who they are.

use sync_core::ids::UserId;

use crate::refusal::{FieldProblem, Refusal};
use crate::store::{Tx, users};

/// Each of these is a person of the organization, disabled or not.
pub async fn require_users(
    tx: &mut Tx,
    field: &'static str,
    people: impl IntoIterator<Item = UserId> + Send,
) -> Result<(), Refusal> {
    let people: Vec<_> = people.into_iter().collect();
    for user in people {
        if users::get(tx, user).await?.is_none() {
            return Err(Refusal::invalid(field, FieldProblem::Unknown));
        }
    }
    Ok(())
}
