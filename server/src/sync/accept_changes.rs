//! Accepts changes pushed by a device.
//!
//! Everything a push causes commits together: the changes, the projection, the audit rows and the feed positions.
//! A push that is repeated has no further effect.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use sync_core::document::OrderDocument;
use sync_core::ids::{OrderId, OrganizationId};
use sync_core::intake::{self, Intake, Pusher};
use sync_core::message::{ChangeResult, OrderResults, PushedChange, PushedOrder};
use sync_core::time::Timestamp;

use crate::store::{Result, StoreError, Tx, feed, order_numbers, orders};
use crate::sync::Orders;
use crate::sync::audit_rows;
use crate::sync::feed_entries::FeedEntries;
use crate::sync::order_state::StoredOrder;
use crate::sync::store_intake::{Decision, Stored, store_intake};

/// What one device offers.
#[derive(Debug, Clone)]
pub struct Push {
    /// The organization of the device.
    pub organization: OrganizationId,
    /// Whose changes they are.
    pub pusher: Pusher,
    /// The changes, by order.
    pub orders: Vec<PushedOrder>,
}

/// What one device offers for one order, and what was decided about it.
struct Draft {
    order: OrderId,
    offered: Vec<PushedChange>,
    stored: StoredOrder,
    /// `None` when the order made the software fail: its changes get no result.
    intake: Option<Intake>,
}

/// Stores the changes a device pushed and returns one durable result per change.
///
/// Changes of an order that makes the software fail get no result, which acknowledges nothing.
///
/// # Errors
///
/// Fails as a whole only when the database does; a refused change is a result, not an error.
pub async fn accept_changes(orders: &Orders, push: Push, now: Timestamp) -> Result<Vec<OrderResults>> {
    let _turn = orders.admission().turn().await?;
    let drafts = draft(orders, &push, now).await?;
    fail::fail_point!("push.after_validate", |_| std::process::abort());
    let drafts = if drafts.iter().any(Draft::stores_something) {
        commit(orders, &push, drafts, now).await?
    } else {
        drafts
    };
    Ok(results(&push, &drafts))
}

/// Decides about every order on one state of the database, without keeping anybody from writing meanwhile.
async fn draft(orders: &Orders, push: &Push, now: Timestamp) -> Result<Vec<Draft>> {
    let mut offered = BTreeMap::<OrderId, Vec<PushedChange>>::new();
    for order in &push.orders {
        offered.entry(order.order).or_default().extend(order.changes.iter().cloned());
    }
    let mut tx = orders.store().begin_read(push.organization).await?;
    let mut stored = Vec::with_capacity(offered.len());
    for (order, offered) in offered {
        let state = StoredOrder::load(&mut tx, orders.documents(), order).await?;
        stored.push(Draft { order, offered, stored: state, intake: None });
    }
    tx.commit().await?;
    let drafts = decide_all(orders, push.pusher, stored, now).await?;
    for draft in drafts.iter().filter(|draft| draft.intake.is_none()) {
        note_failure(orders, push.organization, draft.order, now).await?;
    }
    Ok(drafts)
}

/// Runs the decisions where they do not keep other requests waiting.
async fn decide_all(
    orders: &Orders,
    pusher: Pusher,
    mut drafts: Vec<Draft>,
    now: Timestamp,
) -> Result<Vec<Draft>> {
    let orders = orders.clone();
    let decided = tokio::task::spawn_blocking(move || {
        for draft in &mut drafts {
            draft.intake = decide(&orders, pusher, draft, now);
        }
        drafts
    });
    decided.await.map_err(|_| StoreError::internal("a decision was interrupted"))
}

/// Decides about the changes of one order; `None` when its stored document or the software fails.
fn decide(orders: &Orders, pusher: Pusher, draft: &Draft, now: Timestamp) -> Option<Intake> {
    let context = orders.intake_context(draft.order, now);
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        fail::fail_point!(&format!("push.decide.{}", draft.order));
        let state = draft.stored.open_or_stopped(orders.documents())?;
        Some(intake::accept(&state, pusher, &draft.offered, &context))
    }));
    attempt.ok().flatten()
}

/// Counts a failure in a transaction of its own: the push goes on without the order.
async fn note_failure(
    orders: &Orders,
    organization: OrganizationId,
    order: OrderId,
    now: Timestamp,
) -> Result<()> {
    let mut tx = orders.store().begin_write(organization).await?;
    let failures = orders::count_failure(&mut tx, order, now).await?;
    tx.commit().await?;
    tracing::error!(order.id = %order, order.failures = failures, "an order could not be processed");
    Ok(())
}

/// Stores every decision in one transaction; one that rests on an outdated state is made again inside it.
async fn commit(orders: &Orders, push: &Push, drafts: Vec<Draft>, now: Timestamp) -> Result<Vec<Draft>> {
    let mut tx = orders.store().begin_write(push.organization).await?;
    if drafts.iter().any(|draft| draft.stored.version().is_none() && draft.creates()) {
        order_numbers::lock(&mut tx).await?;
    }
    let mut confirmed = Vec::with_capacity(drafts.len());
    let mut stored = Vec::new();
    for draft in drafts {
        let draft = if draft.stores_something() {
            let draft = confirm(&mut tx, orders, push.pusher, draft, now).await?;
            stored.extend(store(&mut tx, orders, push.pusher, &draft, now).await?);
            draft
        } else {
            draft
        };
        confirmed.push(draft);
    }
    finish(tx, orders, stored, now).await?;
    Ok(confirmed)
}

/// Locks the order and makes sure that the decision rests on how it stands.
async fn confirm(
    tx: &mut Tx,
    orders: &Orders,
    pusher: Pusher,
    draft: Draft,
    now: Timestamp,
) -> Result<Draft> {
    let is_current = match draft.stored.version() {
        Some(version) => {
            let locked = orders::lock(tx, draft.order).await?;
            locked.is_some_and(|head| head.version == version)
        }
        None if draft.creates() => {
            let is_first = orders::insert_empty(tx, draft.order, &OrderDocument::new().save(), now).await?;
            if !is_first {
                orders::lock(tx, draft.order).await?;
            }
            is_first
        }
        None => orders::lock(tx, draft.order).await?.is_none(),
    };
    if is_current {
        return Ok(draft);
    }
    let stored = StoredOrder::load(tx, orders.documents(), draft.order).await?;
    let again = decide_all(orders, pusher, vec![Draft { stored, ..draft }], now).await?;
    again.into_iter().next().ok_or_else(|| StoreError::internal("a decision was lost"))
}

async fn store(
    tx: &mut Tx,
    orders: &Orders,
    pusher: Pusher,
    draft: &Draft,
    now: Timestamp,
) -> Result<Option<Stored>> {
    let Some(intake) = &draft.intake else { return Ok(None) };
    let decision = Decision {
        context: &orders.intake_context(draft.order, now),
        pusher,
        head: draft.stored.head.as_ref(),
        crew: &draft.stored.assignees,
        intake,
    };
    store_intake(tx, &decision).await
}

/// Ends a transaction that moved orders: audit rows, then the feeds, then the commit; then memory may know.
pub(crate) async fn finish(mut tx: Tx, orders: &Orders, stored: Vec<Stored>, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    let mut entries = FeedEntries::default();
    for stored in &stored {
        entries.add(organization, &stored.moved);
    }
    audit_rows::append(&mut tx, &stored, now).await?;
    let mut heads = Vec::new();
    for (scope, entries, gained) in entries.into_scopes() {
        heads.push((scope, feed::append(&mut tx, scope, &entries, gained).await?));
    }
    fail::fail_point!("push.before_commit", |_| std::process::abort());
    tx.commit().await?;
    fail::fail_point!("push.after_commit", |_| std::process::abort());
    for stored in stored {
        orders.documents().put(organization, stored.moved.order, stored.document);
    }
    for (scope, head) in heads {
        orders.live().advance(organization, scope, head);
    }
    Ok(())
}

impl Draft {
    fn creates(&self) -> bool {
        self.intake.as_ref().is_some_and(|intake| !intake.accepted.is_empty())
    }

    fn stores_something(&self) -> bool {
        self.intake.as_ref().is_some_and(|intake| {
            !(intake.accepted.is_empty() && intake.held.is_empty() && intake.refused.is_empty())
        })
    }
}

/// The results in the order of the request. A second group of the same order has its results in the first.
fn results(push: &Push, drafts: &[Draft]) -> Vec<OrderResults> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for pushed in push.orders.iter().filter(|pushed| seen.insert(pushed.order)) {
        let draft = drafts.iter().find(|draft| draft.order == pushed.order);
        let Some((draft, intake)) = draft.and_then(|draft| Some((draft, draft.intake.as_ref()?))) else {
            continue;
        };
        let results = draft
            .offered
            .iter()
            .zip(&intake.outcomes)
            .map(|(offered, outcome)| ChangeResult { hash: offered.hash, outcome: outcome.clone() })
            .collect();
        all.push(OrderResults { order: pushed.order, results });
    }
    all
}
