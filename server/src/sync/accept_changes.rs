//! Accepts changes pushed by a device.
//!
//! Everything a push causes commits together: the changes, the projection, the audit rows and the feed positions.
//! A push that is repeated has no further effect.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sync_core::ids::{ChangeHash, OrderId, OrganizationId};
use sync_core::intake::{self, Intake, IntakeContext, Pusher};
use sync_core::message::{ChangeResult, OrderResults, Outcome, PushedChange, PushedOrder};
use sync_core::order::{Named, Workflows};
use sync_core::time::Timestamp;

use crate::events::Event;
use crate::store::{Result, StoreError, orders};
use crate::sync::Orders;
use crate::sync::announcing::events_of_intake;
use crate::sync::commit_round::{CommitRound, DecidedPush};
use crate::sync::load_round::LoadRound;
use crate::sync::order_state::StoredOrder;

/// What one device offers.
#[derive(Debug, Clone)]
pub struct Push {
    /// The organization of the device.
    pub organization: OrganizationId,
    /// Whose changes they are.
    pub pusher: Pusher,
    /// The changes, by order.
    pub orders: Vec<PushedOrder>,
    /// Heads of orders that an earlier life of the server vouched for.
    pub vouched: BTreeMap<OrderId, BTreeSet<ChangeHash>>,
}

/// What one device offers for one order, and what was decided about it.
pub(crate) struct Draft {
    pub order: OrderId,
    pub offered: Vec<PushedChange>,
    /// Heads of the order that an earlier life of the server vouched for.
    pub vouched: BTreeSet<ChangeHash>,
    pub stored: StoredOrder,
    /// Nothing was decided yet that rests on `stored`.
    pub is_open: bool,
    /// What it was decided by.
    pub workflows: Arc<Workflows>,
    /// `None` when the order made the software fail: its changes get no result.
    pub intake: Option<Intake>,
    /// What it means for those who listen; `None` where nobody seemed to.
    pub events: Option<Vec<Event>>,
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
        let decided = DecidedPush { pusher: push.pusher, drafts, now };
        orders.commits().join(push.organization, decided, CommitRound::new(orders)).await?
    } else {
        drafts
    };
    Ok(results(&push, &drafts))
}

/// Decides about every order, without keeping anybody from writing meanwhile.
async fn draft(orders: &Orders, push: &Push, now: Timestamp) -> Result<Vec<Draft>> {
    let mut offered = BTreeMap::<OrderId, Vec<PushedChange>>::new();
    for order in &push.orders {
        offered.entry(order.order).or_default().extend(order.changes.iter().cloned());
    }
    let ids: Vec<_> = offered.keys().copied().collect();
    let deciding = Deciding { organization: push.organization, pusher: push.pusher, now };
    if let Some(known) = orders.known().of(push.organization, &ids, orders.documents()) {
        let drafts = decide_open(orders, deciding, open(orders, push, offered.clone(), known)).await?;
        // The commit makes sure that what is merged rests on how the orders stand; nobody does for anything else.
        if drafts.iter().all(Draft::merges_everything) {
            return Ok(drafts);
        }
    }
    let stored = orders.loads().join(push.organization, ids, LoadRound::new(orders)).await?;
    let drafts = decide_open(orders, deciding, open(orders, push, offered, stored)).await?;
    for draft in drafts.iter().filter(|draft| draft.intake.is_none()) {
        note_failure(orders, push.organization, draft.order, now).await?;
    }
    Ok(drafts)
}

/// What is offered for orders, with how they stand.
fn open(
    orders: &Orders,
    push: &Push,
    offered: BTreeMap<OrderId, Vec<PushedChange>>,
    mut stored: BTreeMap<OrderId, StoredOrder>,
) -> Vec<Draft> {
    let open = offered.into_iter().filter_map(|(order, offered)| {
        let stored = stored.remove(&order)?;
        let vouched = push.vouched.get(&order).cloned().unwrap_or_default();
        let workflows = orders.definitions().known(push.organization);
        Some(Draft { order, offered, vouched, stored, is_open: true, workflows, intake: None, events: None })
    });
    open.collect()
}

/// Whose changes are decided about, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deciding {
    pub organization: OrganizationId,
    pub pusher: Pusher,
    pub now: Timestamp,
}

/// Decides what is open. An order that names a workflow or checklist template this node has not read is decided about
/// once more with it.
pub(crate) async fn decide_open(
    orders: &Orders,
    deciding: Deciding,
    drafts: Vec<Draft>,
) -> Result<Vec<Draft>> {
    let mut drafts = decide_apart(orders, deciding, drafts).await?;
    let lacking: Vec<_> = drafts.iter().filter_map(Draft::lacks).collect();
    if lacking.is_empty() {
        return Ok(drafts);
    }
    let workflows = orders.definitions().with(deciding.organization, &lacking).await?;
    for draft in drafts.iter_mut().filter(|draft| draft.lacks().is_some()) {
        (draft.workflows, draft.is_open) = (workflows.clone(), true);
    }
    decide_apart(orders, deciding, drafts).await
}

/// Decides where that does not keep other requests waiting.
async fn decide_apart(orders: &Orders, deciding: Deciding, mut drafts: Vec<Draft>) -> Result<Vec<Draft>> {
    let orders = orders.clone();
    let decided = tokio::task::spawn_blocking(move || {
        for draft in drafts.iter_mut().filter(|draft| draft.is_open) {
            let decided = decide(&orders, deciding, draft);
            (draft.intake, draft.events) = match decided {
                Some((intake, events)) => (Some(intake), events),
                None => (None, None),
            };
            draft.is_open = false;
        }
        drafts
    });
    decided.await.map_err(|_| StoreError::internal("a decision was interrupted"))
}

/// Decides about the changes of one order; `None` when its stored document or the software fails.
fn decide(orders: &Orders, deciding: Deciding, draft: &Draft) -> Option<(Intake, Option<Vec<Event>>)> {
    let context = IntakeContext {
        vouched: &draft.vouched,
        ..orders.intake_context(&draft.workflows, draft.order, deciding.now)
    };
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        fail::fail_point!(&format!("push.decide.{}", draft.order));
        let state = draft.stored.open_or_stopped(orders.documents())?;
        let intake = intake::accept(&state, deciding.pusher, &draft.offered, &context);
        let is_heard = orders.listeners().may_listen(deciding.organization);
        let events = is_heard.then(|| events_of_intake(&context, state.document.as_ref(), &intake));
        Some((intake, events))
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

impl Draft {
    /// What the order names and the decision did not have.
    fn lacks(&self) -> Option<Named> {
        let document = self.intake.as_ref()?.document.as_ref()?;
        Some(Named::by(document)).filter(|named| self.workflows.lack(named))
    }

    /// Whether it makes an order that was not known.
    pub(crate) fn creates(&self) -> bool {
        let has_accepted = self.intake.as_ref().is_some_and(|intake| !intake.accepted.is_empty());
        self.stored.version().is_none() && has_accepted
    }

    fn merges_everything(&self) -> bool {
        let outcomes = self.intake.as_ref().map(|intake| intake.outcomes.as_slice());
        outcomes.is_some_and(|outcomes| outcomes.iter().all(|outcome| *outcome == Outcome::Applied))
    }

    pub(crate) fn stores_something(&self) -> bool {
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
