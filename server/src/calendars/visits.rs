//! Finds the visits that a secret address shows. Never writes them in any form.

use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::feeds::hash_of;
use crate::app::App;
use crate::orders::list_orders::{ListedOrder, rows_of};
use crate::reference::{ReferenceFields as _, TeamFields};
use crate::refusal::Refusal;
use crate::store::calendar_feeds::{self, CalendarFeedRow};
use crate::store::order_search::{self, OrderFilter, OrderQuery, OrderSort, SortKey, TimeRange};
use crate::store::{Tx, users};

const DAY_MS: i64 = 86_400_000;
const PAST_DAYS: i64 = 90;
const AHEAD_DAYS: i64 = 400;
/// Visits of one address; the later ones are left out.
const VISITS_MAX: u32 = 1_000;

/// What an address shows: the visits of its people.
pub(super) struct Shown {
    pub name: String,
    pub rows: Vec<ListedOrder>,
}

/// Reads what is behind a secret address, with more of it in the same transaction.
///
/// # Errors
///
/// `NotFound` for an address that was never made, that has ended, or whose person may no longer sign in, alike.
pub(super) async fn open_address(app: &App, token: &str) -> Result<(Tx, Shown), Refusal> {
    let mut tx = app.store.begin_system_read().await?;
    let found = calendar_feeds::find(&mut tx, &hash_of(token)).await?;
    tx.commit().await?;
    let (organization, feed) = found.ok_or(Refusal::NotFound)?;
    let mut tx = app.store.begin_read(organization).await?;
    let (name, people) = people_of(&mut tx, &feed).await?;
    let now = app.clock.now();
    let places =
        if people.is_empty() { Vec::new() } else { order_search::page(&mut tx, &query(people, now)).await? };
    let ids: Vec<_> = places.iter().map(|place| place.order).collect();
    let rows = rows_of(&mut tx, &ids, now).await?;
    Ok((tx, Shown { name, rows }))
}

/// What the calendar is called, and whose visits it shows.
async fn people_of(tx: &mut Tx, feed: &CalendarFeedRow) -> Result<(String, Vec<UserId>), Refusal> {
    if let Some(team) = feed.team {
        let team = TeamFields::get(tx, team).await?.filter(|team| !team.archived).ok_or(Refusal::NotFound)?;
        return Ok((team.fields.name, team.fields.member_ids));
    }
    let user = feed.user.ok_or(Refusal::NotFound)?;
    let user = users::get(tx, user).await?.filter(|user| user.disabled_at.is_none());
    user.map(|user| (user.name, vec![user.id])).ok_or(Refusal::NotFound)
}

fn query(people: Vec<UserId>, now: Timestamp) -> OrderQuery {
    let window = TimeRange {
        from: Some(now.plus_millis(-PAST_DAYS * DAY_MS)),
        until: Some(now.plus_millis(AHEAD_DAYS * DAY_MS)),
    };
    OrderQuery {
        filter: OrderFilter { technicians: vec![people], window, ..OrderFilter::default() },
        sort: OrderSort { key: SortKey::Window, is_descending: false },
        after: None,
        limit: VISITS_MAX,
    }
}
