//! Takes in a reply: results, page, cursor and all that follows from them in one batch. Never believes half of it.

use std::collections::{BTreeMap, BTreeSet};

use super::settle::Incoming;
use super::view::ReferenceRecord;
use super::{Effect, InFlight, Notice, Storing, SyncSession};
use crate::ids::{ChangeHash, OrderId};
use crate::message::SyncResponse;
use crate::outbox::Fate;
use crate::pace::Progress;
use crate::replica::{ReadFailed, StoreBatch, StoreRead, record};
use crate::time::{ClockAnchor, Timestamp};

/// After the digests disagreed although heads were compared, the next comparison waits this long, doubling.
const HEADS_PAUSE_MS: i64 = 60_000;
/// It is stated anew when it is this old or was this wrong.
const ANCHOR_AGE_MAX_MS: i64 = 3_600_000;
const ANCHOR_ERROR_MAX_MS: i64 = 2_000;

/// What a reply changed, for screens and for the pace.
#[derive(Default)]
pub(super) struct Taken {
    pub orders: BTreeSet<OrderId>,
    /// What the server has of the orders it spoke of.
    pub heads: BTreeMap<OrderId, Vec<ChangeHash>>,
    pub is_progress: bool,
    pub is_center_changed: bool,
}

impl SyncSession {
    pub(super) fn reply_arrived(
        &mut self,
        request: u64,
        reply: SyncResponse,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        let Some(sent) = self.in_flight.take_if(|sent| sent.id == request) else { return Ok(()) };
        self.contacted(reply.server_time);
        self.epoch = reply.cursor.epoch;
        let mut batch = StoreBatch::default();
        let mut taken = Taken::default();
        self.follow_epoch(&sent, &reply, &mut batch);
        for (order, incoming) in incoming(&sent, &reply) {
            self.settle(order, &incoming, reply.server_time, &mut batch, store, &mut taken)?;
        }
        self.take_voucher(&reply, &taken, &mut batch);
        self.take_reference(&reply, &mut batch);
        self.take_cursor(&reply, &mut batch, &mut taken);
        self.take_anchor(&sent, reply.server_time, &mut batch);
        self.forget_what_is_safe(reply.backup_watermark, &mut batch);
        self.drop_left_orders(&mut batch);
        self.compare_digests(&sent, &reply);
        let storing = self.storing_of(&reply, taken);
        if batch.is_empty() {
            self.storing = Some(Storing { batch: 0, ..storing });
            return self.stored(0, store, effects);
        }
        self.store(batch, storing, effects);
        Ok(())
    }

    fn contacted(&mut self, at: Timestamp) {
        self.is_offline = false;
        self.malformed_replies = 0;
        self.push_bytes_max = super::request::PUSH_BYTES_MAX;
        self.last_contact = Some(at);
    }

    fn storing_of(&mut self, reply: &SyncResponse, taken: Taken) -> Storing {
        let mut then = Vec::new();
        if !taken.orders.is_empty() {
            then.push(Effect::Notify(Notice::OrdersChanged(taken.orders.into_iter().collect())));
        }
        if taken.is_center_changed {
            then.push(Effect::Notify(Notice::CenterChanged));
        }
        if !reply.reference.is_empty() {
            then.push(Effect::Notify(Notice::ReferenceChanged));
        }
        if reply.upgrade && !self.needs_upgrade {
            then.push(Effect::Notify(Notice::UpgradeNeeded));
        }
        self.needs_upgrade = reply.upgrade;
        let has_unsent = !self.orders_to_send().is_empty();
        let has_more = reply.more || has_unsent || self.may_ask_for_heads();
        let progress =
            Progress { has_more, is_progress: taken.is_progress, retry_after_s: reply.retry_after_s };
        let is_definition = |kind: &str| matches!(kind, "workflow" | "checklist_template" | "order_kind");
        let reload_workflows = reply.reference.iter().any(|row| is_definition(&row.kind));
        Storing { batch: 0, then, reply_progress: Some(progress), reload_workflows }
    }

    fn may_ask_for_heads(&self) -> bool {
        let has_hole = self.replica.states().any(|(_, state)| state.is_in_scope && state.needs_fetch);
        (self.wants_heads || has_hole)
            && self.heads_not_before_ms.is_none_or(|at_ms| at_ms <= self.now.monotonic_ms)
    }

    /// A restored server may have lost what it acknowledged: everything still held is offered again. A device that
    /// lost its cursor cannot tell and offers as well.
    fn follow_epoch(&mut self, sent: &InFlight, reply: &SyncResponse, batch: &mut StoreBatch) {
        let is_same = self.cursor.is_some_and(|cursor| cursor.epoch == reply.cursor.epoch);
        if is_same || reply.upgrade {
            return;
        }
        let answered: BTreeSet<_> = sent.offered.iter().map(|(order, number, _)| (*order, *number)).collect();
        let again: Vec<_> = self
            .outbox
            .all()
            .filter(|(_, _, entry)| matches!(entry.fate, Some(Fate::Acknowledged { .. } | Fate::Held { .. })))
            .map(|(order, number, _)| (order, number))
            .filter(|own| !answered.contains(own))
            .collect();
        for (order, number) in again {
            self.stage_unsent(batch, order, number);
        }
        self.heads_rounds = 0;
        self.heads_not_before_ms = None;
    }

    fn take_reference(&self, reply: &SyncResponse, batch: &mut StoreBatch) {
        for row in &reply.reference {
            let key = record::reference_key(&row.kind, &row.id);
            if row.is_removed && row.body.is_empty() {
                batch.delete(key);
            } else {
                let kept = ReferenceRecord { body: row.body.clone(), is_removed: row.is_removed };
                batch.put(key.clone(), record::seal_row(&key, &kept));
            }
        }
    }

    fn take_cursor(&mut self, reply: &SyncResponse, batch: &mut StoreBatch, taken: &mut Taken) {
        if reply.upgrade || self.cursor == Some(reply.cursor) {
            return;
        }
        batch.put(record::CURSOR.to_vec(), record::seal_row(record::CURSOR, &reply.cursor));
        self.cursor = Some(reply.cursor);
        taken.is_progress = true;
    }

    fn take_anchor(&mut self, sent: &InFlight, server: Timestamp, batch: &mut StoreBatch) {
        let round_trip_ms = self.now.monotonic_ms.saturating_sub(sent.sent_at_ms).max(0);
        let anchor = ClockAnchor {
            server: server.plus_millis(round_trip_ms / 2),
            wall: self.now.wall,
            monotonic_ms: self.now.monotonic_ms,
            boot: self.now.boot,
            uncertainty_ms: round_trip_ms / 2 + 1,
        };
        let is_good = self.anchor.is_some_and(|old| {
            let age_ms = anchor.monotonic_ms.saturating_sub(old.monotonic_ms);
            let error_ms = anchor.server.millis_since(old.server).saturating_sub(age_ms);
            old.boot == anchor.boot
                && (0..ANCHOR_AGE_MAX_MS).contains(&age_ms)
                && error_ms.saturating_abs() < ANCHOR_ERROR_MAX_MS
        });
        if !is_good {
            batch.put(record::ANCHOR.to_vec(), record::seal_row(record::ANCHOR, &anchor));
            self.anchor = Some(anchor);
        }
    }

    /// Bytes of acknowledged changes go once a backup of the server holds them.
    fn forget_what_is_safe(&mut self, watermark: Option<Timestamp>, batch: &mut StoreBatch) {
        let Some(watermark) = watermark else { return };
        let is_safe =
            |fate: &Option<Fate>| matches!(fate, Some(Fate::Acknowledged { at }) if *at <= watermark);
        let safe: Vec<_> = self
            .outbox
            .all()
            .filter(|(_, _, entry)| is_safe(&entry.fate))
            .map(|(order, number, _)| (order, number))
            .collect();
        for (order, number) in safe {
            self.stage_forget(batch, order, number);
        }
    }

    /// An order that left the scope is dropped once nothing of this device's work on it is open.
    fn drop_left_orders(&mut self, batch: &mut StoreBatch) {
        let left: Vec<_> = self
            .replica
            .states()
            .filter(|(order, state)| !state.is_in_scope && !self.outbox.is_busy(*order))
            .map(|(order, _)| order)
            .collect();
        for order in left {
            self.replica.stage_drop(batch, order);
        }
    }

    /// Each side derives its own digest; a difference leads to a comparison of heads, never to a wipe.
    fn compare_digests(&mut self, sent: &InFlight, reply: &SyncResponse) {
        if reply.more || reply.upgrade {
            self.wants_heads |= reply.wants_heads;
            return;
        }
        let is_settled =
            self.outbox.orders_to_send().iter().all(|o| self.missing_dep_replies.contains_key(o));
        let is_suspect = match reply.digest.filter(|_| is_settled) {
            Some(digest) => digest != self.scope_digest(),
            None => reply.wants_heads,
        };
        self.wants_heads = is_suspect;
        if !is_suspect {
            self.heads_rounds = 0;
            self.heads_not_before_ms = None;
        } else if sent.has_heads {
            let pause_ms = HEADS_PAUSE_MS << self.heads_rounds.min(6);
            self.heads_rounds += 1;
            self.heads_not_before_ms = Some(self.now.monotonic_ms.saturating_add(pause_ms));
        }
    }
}

/// What a reply says, by order. Results count only for changes that were offered in this request.
fn incoming<'a>(sent: &InFlight, reply: &'a SyncResponse) -> BTreeMap<OrderId, Incoming<'a>> {
    let offered: BTreeMap<(OrderId, ChangeHash), u64> =
        sent.offered.iter().map(|(order, number, hash)| ((*order, *hash), *number)).collect();
    let mut all: BTreeMap<OrderId, Incoming<'a>> = BTreeMap::new();
    for results in &reply.results {
        for result in &results.results {
            if let Some(number) = offered.get(&(results.order, result.hash)) {
                all.entry(results.order).or_default().outcomes.push((*number, &result.outcome));
            }
        }
    }
    for update in reply.orders.iter().filter(|_| !reply.upgrade) {
        all.entry(update.order()).or_default().updates.push(update);
    }
    all
}
