//! A person's inbox: what happened, as sentences in the reader's language. Never another person's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::{OrderId, RecordId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::notifications::told_order::{named_in, worded};
use crate::notifications::words::tell;
use crate::refusal::Refusal;
use crate::store::notifications::{self, NotificationRow};
use crate::store::organizations;

const PAGE_ROWS: usize = 50;

/// One entry as its reader sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Notification {
    #[schemars(with = "String")]
    pub id: RecordId,
    pub event: String,
    #[schemars(with = "Option<String>")]
    pub order_id: Option<OrderId>,
    /// One sentence.
    pub text: String,
    #[schemars(with = "i64")]
    pub created_at: Timestamp,
    #[schemars(with = "Option<i64>")]
    pub read_at: Option<Timestamp>,
}

/// One page, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InboxPage {
    pub rows: Vec<Notification>,
    pub unread_count: i64,
    /// Give it back as `page`; absent on the last page.
    pub next_page: Option<String>,
}

pub async fn list_notifications(
    app: &App,
    principal: &Principal,
    only_unread: bool,
    before: (Timestamp, RecordId),
) -> Result<InboxPage, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    let count_max = i64::try_from(PAGE_ROWS + 1).unwrap_or(i64::MAX);
    let mut rows = notifications::list(&mut tx, principal.user, only_unread, before, count_max).await?;
    let unread_count = notifications::count_unread(&mut tx, principal.user).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    let facts: Vec<BTreeMap<_, _>> =
        rows.iter().map(|row| serde_json::from_str(&row.facts).unwrap_or_default()).collect();
    let named: Vec<_> = facts.iter().map(named_in).collect();
    let workflows = app.orders.definitions().within(&mut tx, &named).await?;
    tx.commit().await?;
    let has_more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next_page = rows.last().filter(|_| has_more).map(|row| format!("{}_{}", row.created_at.0, row.id));
    let tell_row = |(row, facts): (NotificationRow, BTreeMap<_, _>)| {
        let facts = worded(&workflows, facts, &profile, principal.language);
        Notification {
            id: row.id,
            text: tell(principal.language, &key_of(&row.event), &facts),
            event: row.event,
            order_id: row.order,
            created_at: row.created_at,
            read_at: row.read_at,
        }
    };
    Ok(InboxPage { rows: rows.into_iter().zip(facts).map(tell_row).collect(), unread_count, next_page })
}

/// The sentence of an event: `inbox-order-created`.
pub(crate) fn key_of(event: &str) -> String {
    format!("inbox-{}", event.replace(['.', '_'], "-"))
}

pub async fn mark_read(app: &App, principal: &Principal, id: RecordId) -> Result<(), Refusal> {
    let mut tx = app.store.begin_write(principal.organization).await?;
    let count = notifications::mark_read(&mut tx, principal.user, Some(id), app.clock.now()).await?;
    tx.commit().await?;
    if count == 0 { Err(Refusal::NotFound) } else { Ok(()) }
}

pub async fn mark_all_read(app: &App, principal: &Principal) -> Result<(), Refusal> {
    let mut tx = app.store.begin_write(principal.organization).await?;
    notifications::mark_read(&mut tx, principal.user, None, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventKind;
    use crate::messages::Language;

    #[test]
    fn every_event_has_its_sentence() {
        for kind in EventKind::ALL {
            assert!(
                !tell(Language::English, &key_of(kind.as_str()), &BTreeMap::new()).is_empty(),
                "{kind:?}"
            );
        }
    }
}
