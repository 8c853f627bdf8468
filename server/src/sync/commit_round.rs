//! Commits decided pushes, several in one transaction. Never commits half of a push.
//!
//! The pushes of a round are about different orders. When their common transaction fails for a reason that one of them
//! may have caused, each is tried alone.

use std::collections::BTreeSet;

use sync_core::ids::{OrderId, OrganizationId};
use sync_core::intake::Pusher;
use sync_core::time::Timestamp;

use crate::store::orders::{self, OrderHeadRow};
use crate::store::{Result, Tx, feed, order_numbers};
use crate::sync::Orders;
use crate::sync::accept_changes::{Deciding, Draft, decide_open};
use crate::sync::announcing;
use crate::sync::audit_rows;
use crate::sync::feed_entries::FeedEntries;
use crate::sync::order_state::StoredOrder;
use crate::sync::rounds::Round;
use crate::sync::store_intake::{Decision, Stored, store_intakes};

/// Changes in one transaction; a push that has more is alone in its round.
const CHANGES_MAX: usize = 1_000;

/// A push about which everything is decided, on the state that was read for it.
pub(crate) struct DecidedPush {
    pub pusher: Pusher,
    pub drafts: Vec<Draft>,
    pub now: Timestamp,
}

/// Commits several decided pushes at once.
pub(crate) struct CommitRound {
    orders: Orders,
}

impl CommitRound {
    pub(crate) fn new(orders: &Orders) -> Self {
        Self { orders: orders.clone() }
    }

    /// Stores every decision in one transaction; one that rests on an outdated state is made again inside it.
    async fn commit(&self, organization: OrganizationId, pushes: &mut [DecidedPush]) -> Result<()> {
        let mut tx = self.orders.store().begin_write(organization).await?;
        if pushes.iter().flat_map(|push| &push.drafts).any(Draft::creates) {
            order_numbers::lock(&mut tx).await?;
        }
        self.confirm(&mut tx, pushes).await?;
        let contexts: Vec<_> = pushes
            .iter()
            .flat_map(|push| push.storing().map(move |draft| (push, draft)))
            .map(|(push, draft)| {
                let context = self.orders.intake_context(&draft.workflows, draft.order, push.now);
                (push, draft, context)
            })
            .collect();
        let decisions: Vec<_> = contexts
            .iter()
            .filter_map(|(push, draft, context)| {
                let intake = draft.intake.as_ref()?;
                let (stored, events) = (&draft.stored, draft.events.as_deref());
                Some(Decision { context, pusher: push.pusher, stored, intake, events })
            })
            .collect();
        let stored = store_intakes(&mut tx, &decisions).await?;
        finish(tx, &self.orders, stored, &decisions).await
    }

    /// Locks the orders and makes sure that every decision rests on how they stand.
    async fn confirm(&self, tx: &mut Tx, pushes: &mut [DecidedPush]) -> Result<()> {
        let wanted: BTreeSet<_> =
            pushes.iter().flat_map(|push| push.storing().map(|draft| draft.order)).collect();
        let locked = orders::lock_all(tx, &wanted.into_iter().collect::<Vec<_>>()).await?;
        for push in pushes {
            let outdated: Vec<_> = push
                .storing()
                .filter(|draft| !is_current(draft, locked.get(&draft.order)))
                .map(|draft| draft.order)
                .collect();
            if outdated.is_empty() {
                continue;
            }
            let mut stored = StoredOrder::load_all(tx, self.orders.documents(), &outdated).await?;
            for draft in &mut push.drafts {
                if let Some(stored) = stored.remove(&draft.order) {
                    (draft.stored, draft.is_open) = (stored, true);
                }
            }
            let drafts = std::mem::take(&mut push.drafts);
            let deciding = Deciding { organization: tx.organization(), pusher: push.pusher, now: push.now };
            push.drafts = decide_open(&self.orders, deciding, drafts).await?;
        }
        Ok(())
    }
}

/// Whether an order stands, locked, where it stood when it was decided about.
fn is_current(draft: &Draft, locked: Option<&OrderHeadRow>) -> bool {
    draft.stored.head.as_ref() == locked
}

impl DecidedPush {
    fn storing(&self) -> impl Iterator<Item = &Draft> {
        self.drafts.iter().filter(|draft| draft.stores_something())
    }

    fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.storing().map(|draft| draft.order)
    }

    fn change_count(&self) -> usize {
        self.drafts.iter().map(|draft| draft.offered.len()).sum()
    }
}

impl Round for CommitRound {
    type Job = DecidedPush;
    type Outcome = Vec<Draft>;

    fn has_room(round: &[DecidedPush], push: &DecidedPush) -> bool {
        let changes = round.iter().map(DecidedPush::change_count).sum::<usize>() + push.change_count();
        let taken: BTreeSet<_> = round.iter().flat_map(DecidedPush::orders).collect();
        changes <= CHANGES_MAX && push.orders().all(|order| !taken.contains(&order))
    }

    async fn run(
        &self,
        organization: OrganizationId,
        mut pushes: Vec<DecidedPush>,
    ) -> Vec<Result<Vec<Draft>>> {
        let error = match self.commit(organization, &mut pushes).await {
            Ok(()) => return pushes.into_iter().map(|push| Ok(push.drafts)).collect(),
            Err(error) => error,
        };
        if !error.may_be_of_one() {
            return pushes.iter().map(|_| Err(error.clone())).collect();
        }
        let mut outcomes = Vec::with_capacity(pushes.len());
        for mut push in pushes {
            let alone = self.commit(organization, std::slice::from_mut(&mut push)).await;
            outcomes.push(alone.map(|()| push.drafts));
        }
        outcomes
    }
}

/// Ends a transaction that moved orders: audit rows, what follows from them, the feeds, the commit; then memory may know.
pub(crate) async fn finish(
    mut tx: Tx,
    orders: &Orders,
    stored: Vec<Stored>,
    decisions: &[Decision<'_>],
) -> Result<()> {
    let organization = tx.organization();
    let mut entries = FeedEntries::default();
    for stored in &stored {
        entries.add(organization, &stored.moved);
    }
    let listeners_version = audit_rows::append(&mut tx, &stored).await?;
    announcing::announce_moves(&mut tx, orders, decisions, listeners_version).await?;
    let heads = feed::append(&mut tx, &entries.into_scopes()).await?;
    fail::fail_point!("push.before_commit", |_| std::process::abort());
    tx.commit().await?;
    fail::fail_point!("push.after_commit", |_| std::process::abort());
    for stored in stored {
        orders.documents().put(organization, stored.moved.order, stored.document);
        orders.known().note(organization, stored.moved.order, stored.standing);
    }
    for (scope, head) in heads {
        orders.live().advance(organization, scope, head);
    }
    Ok(())
}
