//! After access ended: leaves with the server what was recorded here. Never learns from the answer what the server has.

use std::collections::BTreeSet;

use super::{Effect, Notice, Storing, SyncSession};
use crate::ids::OrderId;
use crate::message::HeldReason;
use crate::outbox::{Fate, OwnEntry};
use crate::pace::Progress;
use crate::replica::StoreBatch;
use crate::time::Timestamp;

/// Everything is handed over again after this time: nothing tells the device that the server was restored.
const HAND_OVER_EVERY_MS: i64 = 24 * 3_600_000;

/// What is left with the server after access ended.
#[derive(Debug)]
pub(super) struct HandOver {
    /// Changes that the server once had, as far as this device knows, and that have to be handed over again.
    again: BTreeSet<(OrderId, u64)>,
    /// When this began, by the monotonic clock.
    began_ms: i64,
}

impl SyncSession {
    /// Begins to hand over everything whose bytes are still here. What the server has costs it nothing.
    pub(super) fn session_revoked(&mut self) {
        if self.hand_over.is_none() {
            self.begin_hand_over();
        }
        self.pace.due_now(self.now);
    }

    fn begin_hand_over(&mut self) {
        let is_known =
            |entry: &OwnEntry| matches!(entry.fate, Some(Fate::Acknowledged { .. } | Fate::Held { .. }));
        let known = self.outbox.all().filter(|(_, _, entry)| is_known(entry));
        let again = known.map(|(order, number, _)| (order, number)).collect();
        self.hand_over = Some(HandOver { again, began_ms: self.now.monotonic_ms });
    }

    /// Once a day, should the server have lost it.
    pub(super) fn hand_over_again(&mut self) {
        if self.hand_over_due_ms().is_some_and(|due_ms| due_ms <= self.now.monotonic_ms) {
            self.begin_hand_over();
            self.pace.due_now(self.now);
        }
    }

    /// When everything is handed over again.
    pub(super) fn hand_over_due_ms(&self) -> Option<i64> {
        self.hand_over.as_ref().map(|hand_over| hand_over.began_ms.saturating_add(HAND_OVER_EVERY_MS))
    }

    /// Whether anything is left to hand over.
    pub(super) fn has_to_hand_over(&self) -> bool {
        let is_waiting = self.hand_over.as_ref().is_some_and(|hand_over| !hand_over.again.is_empty());
        is_waiting || self.outbox.unacknowledged_count() > 0
    }

    /// Whether a change goes with the next request.
    pub(super) fn is_to_send(&self, order: OrderId, number: u64, entry: &OwnEntry) -> bool {
        let is_again = |hand_over: &HandOver| hand_over.again.contains(&(order, number));
        entry.fate.is_none() || self.hand_over.as_ref().is_some_and(is_again)
    }

    /// The orders with a change that goes with the next request.
    pub(super) fn orders_to_send(&self) -> Vec<OrderId> {
        let again =
            self.hand_over.iter().flat_map(|hand_over| hand_over.again.iter().map(|(order, _)| *order));
        let orders: BTreeSet<_> = self.outbox.orders_to_send().into_iter().chain(again).collect();
        orders.into_iter().collect()
    }

    /// The server has it, whatever it had before. What was acknowledged stays acknowledged.
    pub(super) fn deposit_taken(&mut self, request: u64, until: Timestamp, effects: &mut Vec<Effect>) {
        let taken = self.in_flight.take_if(|sent| sent.id == request && sent.is_deposit);
        let Some(sent) = taken else { return };
        let mut batch = StoreBatch::default();
        for (order, number, _) in sent.offered {
            if let Some(hand_over) = &mut self.hand_over {
                hand_over.again.remove(&(order, number));
            }
            let is_known = self.outbox.get(order, number).is_none_or(OwnEntry::is_acknowledged);
            if !is_known {
                let fate = Fate::Held { reason: HeldReason::AuthorDisabled, until };
                self.stage_fate(&mut batch, order, number, fate);
            }
        }
        let has_more = self.has_to_hand_over();
        let mut then = vec![Effect::Notify(Notice::CenterChanged)];
        if !has_more {
            then.push(Effect::Notify(Notice::DepositComplete));
        }
        let progress = Some(Progress { has_more, is_progress: true, retry_after_s: None });
        self.store(batch, Storing { then, reply_progress: progress, ..Storing::default() }, effects);
    }
}
