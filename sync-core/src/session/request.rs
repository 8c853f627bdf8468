//! Puts a request together: what is unsent, up to the limits, and where this device stands. Never marks it as sent.

use std::collections::{BTreeMap, BTreeSet};

use super::open::read_own;
use super::{Effect, InFlight, Notice, Outgoing, SyncSession};
use crate::document::Change;
use crate::ids::{ChangeHash, OrderId};
use crate::message::{
    Digest, OrderHeads, PUSH_CHANGES_MAX, PushedChange, PushedOrder, REQUEST_BYTES_MAX, SyncRequest,
};
use crate::outbox::OwnEntry;
use crate::replica::{ReadFailed, StoreRead, server_heads};
use crate::voucher::{VOUCHERS_MAX, Voucher};

/// Bytes of changes in one request; what is left of the body is for heads and framing.
pub(super) const PUSH_BYTES_MAX: usize = REQUEST_BYTES_MAX - 768 * 1024;
/// Framing of one change in a request.
const CHANGE_OVERHEAD_BYTES: usize = 64;
/// How often the server is asked what the office decided about work that is held.
const HELD_ASKED_EVERY_MS: i64 = 3_600_000;
/// A request that was not answered in this time is taken as lost, should the shell not say so.
const ANSWER_MAX_MS: i64 = 180_000;

/// What goes into one request.
#[derive(Default)]
struct Push {
    orders: Vec<PushedOrder>,
    offered: Vec<(OrderId, u64, ChangeHash)>,
    /// The numbers of the vouchers that go along.
    vouchers: Vec<u64>,
    bytes: usize,
}

impl Push {
    /// Whether another change does not fit. A request takes any first one.
    fn is_full(&self, bytes: usize, bytes_max: usize) -> bool {
        self.offered.len() >= PUSH_CHANGES_MAX
            || self.vouchers.len() > VOUCHERS_MAX
            || (self.bytes + bytes > bytes_max && !self.offered.is_empty())
    }

    /// Takes back what came after so many changes.
    fn cut(&mut self, offered: usize, vouchers: usize, bytes: usize) {
        self.offered.truncate(offered);
        self.vouchers.truncate(vouchers);
        self.bytes = bytes;
    }
}

impl SyncSession {
    pub(super) fn send_if_due(
        &mut self,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        let is_ready = self.in_flight.is_none() && self.may_send() && self.pace.is_due(self.now);
        let Some(identity) = self.identity.filter(|_| is_ready) else { return Ok(()) };
        let push = self.collect(store)?;
        let is_deposit = self.hand_over.is_some();
        let heads = if is_deposit { None } else { self.heads_to_send(store)? };
        let request = SyncRequest {
            schema: self.setup.schema,
            app_version: self.setup.app_version.clone(),
            device: identity.device,
            cursor: self.cursor.filter(|_| !is_deposit),
            digest: self.cursor.map(|_| self.scope_digest()).filter(|_| !is_deposit),
            vouchers: self.vouchers_to_send(&push.vouchers),
            push: push.orders,
            heads,
            page_bytes_max: None,
        };
        let id = self.next_id();
        self.in_flight = Some(InFlight {
            id,
            sent_at_ms: self.now.monotonic_ms,
            is_deposit,
            has_heads: request.heads.is_some(),
            offered: push.offered,
        });
        effects.push(Effect::Send(Box::new(Outgoing { id, request, is_deposit })));
        Ok(())
    }

    /// Whether there is anybody to speak for, and anything that may be said.
    pub(super) fn may_send(&self) -> bool {
        let has_deposit = self.hand_over.is_none() || self.has_to_hand_over();
        let is_wanted = self.is_asked || !self.sends_only_when_asked;
        self.identity.is_some() && !self.awaits_sign_in && has_deposit && is_wanted
    }

    /// Whether held work is offered again, to hear what the office decided; a deposit is never told.
    fn asks_about_held(&self) -> bool {
        let now_ms = self.now.monotonic_ms;
        let is_fresh = |at_ms: i64| (at_ms..at_ms.saturating_add(HELD_ASKED_EVERY_MS)).contains(&now_ms);
        self.hand_over.is_none() && !self.held_asked_at_ms.is_some_and(is_fresh)
    }

    /// The unsent changes that fit, beginning with the order whose turn it is, and held ones when it is time to ask.
    fn collect(&mut self, store: &dyn StoreRead) -> Result<Push, ReadFailed> {
        let mut orders = self.orders_to_send();
        let with_held = self.asks_about_held();
        if with_held {
            self.held_asked_at_ms = Some(self.now.monotonic_ms);
            orders.extend(self.outbox.orders_with_held());
            orders.sort_unstable();
            orders.dedup();
        }
        let first = orders.iter().position(|order| Some(*order) > self.turn).unwrap_or(0);
        orders.rotate_left(first);
        let mut push = Push::default();
        for order in orders {
            let is_whole = self.collect_order((order, with_held), &mut push, store)?;
            self.turn = Some(order);
            if !is_whole {
                break;
            }
        }
        Ok(push)
    }

    /// Adds the unsent changes of one order, and its held ones if asked to; `false` when the request is full.
    fn collect_order(
        &mut self,
        (order, with_held): (OrderId, bool),
        push: &mut Push,
        store: &dyn StoreRead,
    ) -> Result<bool, ReadFailed> {
        let is_offered = |number: u64, entry: &OwnEntry| {
            (self.is_to_send(order, number, entry) && (entry.voucher.is_none() || self.hand_over.is_none()))
                || (with_held && entry.is_held())
        };
        let offered = self.outbox.entries(order).filter(|(number, entry)| is_offered(*number, entry));
        let mut entries: Vec<_> = offered.map(|(number, entry)| (number, entry.clone())).collect();
        let passes_on = entries.iter().any(|(_, entry)| entry.voucher.is_some());
        if passes_on {
            self.sort_as_in_document(order, &mut entries, store)?;
        }
        let before = (push.offered.len(), push.vouchers.len(), push.bytes);
        let mut changes = Vec::new();
        let mut is_whole = true;
        for (number, entry) in entries {
            let Some(change) = self.own_bytes(order, number, &entry, store)? else { break };
            let voucher = entry.voucher.map(|voucher| self.place_of(voucher, push));
            let size_bytes = change.bytes.len() + CHANGE_OVERHEAD_BYTES;
            if push.is_full(size_bytes, self.push_bytes_max) {
                is_whole = false;
                break;
            }
            push.bytes += size_bytes;
            push.offered.push((order, number, change.hash));
            changes.push(PushedChange { hash: change.hash, bytes: change.bytes, voucher });
        }
        if passes_on && !is_whole && before.0 > 0 {
            // A voucher covers what its heads build on, so all of it goes together, with the next request.
            push.cut(before.0, before.1, before.2);
            return Ok(false);
        }
        if !changes.is_empty() {
            push.orders.push(PushedOrder { order, changes });
        }
        Ok(is_whole)
    }

    /// The place of a voucher among those that go along.
    fn place_of(&self, voucher: u64, push: &mut Push) -> u32 {
        let place = push.vouchers.iter().position(|known| *known == voucher).unwrap_or_else(|| {
            let orders = self.vouchers.get(voucher).map_or(0, |voucher| voucher.orders.len());
            push.bytes += orders * CHANGE_OVERHEAD_BYTES;
            push.vouchers.push(voucher);
            push.vouchers.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn vouchers_to_send(&self, numbers: &[u64]) -> Option<Vec<Voucher>> {
        let vouchers: Option<Vec<_>> =
            numbers.iter().map(|number| self.vouchers.get(*number).cloned()).collect();
        vouchers.filter(|vouchers| !vouchers.is_empty())
    }

    /// What is passed on and what was made here build on each other: as the document has them.
    fn sort_as_in_document(
        &mut self,
        order: OrderId,
        entries: &mut [(u64, OwnEntry)],
        store: &dyn StoreRead,
    ) -> Result<(), ReadFailed> {
        let Some(document) = self.replica.document(store, order)? else { return Ok(()) };
        let headers = document.headers_since(&[]).into_iter().map(|header| header.hash);
        let places: BTreeMap<ChangeHash, usize> = headers.zip(0..).collect();
        entries.sort_by_key(|(number, entry)| (places.get(&entry.hash).copied(), *number));
        Ok(())
    }

    /// The bytes of a change made here: from its row, or from the document when the row is damaged.
    fn own_bytes(
        &mut self,
        order: OrderId,
        number: u64,
        entry: &OwnEntry,
        store: &dyn StoreRead,
    ) -> Result<Option<Change>, ReadFailed> {
        if let Some(own) = read_own(store, order, number, entry)? {
            return Ok(Some(own.change));
        }
        Ok(self.replica.document(store, order)?.and_then(|document| document.change(&entry.hash)))
    }

    /// The combination of all changes of the scope, as this device has them and without what only it has.
    pub(super) fn scope_digest(&self) -> Digest {
        let in_scope = self.replica.states().filter(|(_, state)| state.is_in_scope);
        in_scope.fold(Digest::default(), |sum, (order, state)| {
            sum.plus(state.digest.minus(self.outbox.ahead_digest(order)))
        })
    }

    /// The heads of every order of the scope, when a hole is known or suspected.
    fn heads_to_send(&mut self, store: &dyn StoreRead) -> Result<Option<Vec<OrderHeads>>, ReadFailed> {
        let has_hole = self.replica.states().any(|(_, state)| state.is_in_scope && state.needs_fetch);
        let may_ask = self.heads_not_before_ms.is_none_or(|at_ms| at_ms <= self.now.monotonic_ms);
        if !(self.wants_heads || has_hole) || !may_ask || self.cursor.is_none() {
            return Ok(None);
        }
        let in_scope: Vec<_> = self
            .replica
            .states()
            .filter(|(_, state)| state.is_in_scope)
            .map(|(id, state)| (id, *state))
            .collect();
        let mut all = Vec::new();
        for (order, state) in in_scope {
            let document = if state.needs_fetch { None } else { self.replica.document(store, order)? };
            let ahead: BTreeSet<_> =
                self.outbox.entries(order).filter(|(_, e)| e.is_ahead()).map(|(_, e)| e.hash).collect();
            let heads = document.map_or_else(Vec::new, |document| server_heads(&document, &ahead));
            let is_only_here = heads.is_empty() && !ahead.is_empty() && !state.needs_fetch;
            if !is_only_here {
                all.push(OrderHeads { order, heads });
            }
        }
        Ok(Some(all))
    }

    /// A shell that never answers must not stop everything.
    pub(super) fn drop_stuck_request(&mut self) {
        let now_ms = self.now.monotonic_ms;
        let is_stuck = |sent: &mut InFlight| {
            now_ms.saturating_sub(sent.sent_at_ms) > ANSWER_MAX_MS || now_ms < sent.sent_at_ms
        };
        if self.in_flight.take_if(is_stuck).is_some() {
            self.pace.failed(self.now, None, &self.setup.install);
        }
    }

    pub(super) fn reply_failed(&mut self, request: u64, failure: super::Failure, effects: &mut Vec<Effect>) {
        use super::Failure;
        let Some(sent) = self.in_flight.take_if(|sent| sent.id == request) else { return };
        let mut retry_after_s = None;
        self.is_asked = false;
        match failure {
            Failure::NoConnection => self.is_offline = true,
            Failure::Unavailable { retry_after_s: seconds } => retry_after_s = seconds,
            Failure::TooLarge => {
                let offered_bytes = self.push_bytes_max.min(sent.offered.len() * 1024 * 256);
                self.push_bytes_max = (offered_bytes / 2).max(1);
            }
            Failure::Malformed => {
                self.malformed_replies += 1;
                if self.malformed_replies > 1 {
                    effects.push(Effect::Notify(Notice::NotUnderstood));
                }
            }
            Failure::AppTooOld => {
                self.needs_upgrade = true;
                effects.push(Effect::Notify(Notice::UpgradeNeeded));
            }
            Failure::SignInAgain => {
                self.awaits_sign_in = true;
                effects.push(Effect::Notify(Notice::SignInNeeded));
            }
        }
        self.pace.failed(self.now, retry_after_s, &self.setup.install);
    }
}
