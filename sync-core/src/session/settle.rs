//! Settles one order of a reply: what the server said to our changes, and what others did. Never acknowledges a change
//! the server did not name.

use std::collections::{BTreeMap, BTreeSet};

use super::SyncSession;
use super::apply_reply::Taken;
use super::repeat::Repeat;
use crate::document::{Change, OrderDocument, genesis_heads};
use crate::ids::{ChangeHash, OrderId};
use crate::message::{Bytes, OrderUpdate, Outcome, RejectCode};
use crate::outbox::{Fate, Origin, OwnChange};
use crate::replica::{
    OrderState, ReadFailed, StoreBatch, StoreRead, Unfit, apply_all, entered, next_pen, server_heads, without,
};
use crate::time::Timestamp;

/// Replies that may say `missing_deps` before the order is fetched and the work written again.
const MISSING_DEPS_PATIENCE: u32 = 4;
/// Replies that may say so before a person is asked, when the order cannot be fetched.
const MISSING_DEPS_MAX: u32 = 12;
/// Times a change is sent again after it arrived damaged.
const DAMAGED_SENDS_MAX: u32 = 3;

/// What a reply says about one order.
#[derive(Default)]
pub(super) struct Incoming<'a> {
    pub outcomes: Vec<(u64, &'a Outcome)>,
    pub updates: Vec<&'a OrderUpdate>,
}

/// What becomes of our changes of one order beyond being acknowledged or held.
#[derive(Default)]
struct Verdict {
    refused: BTreeMap<u64, (String, Option<String>)>,
    repeats: BTreeMap<u64, Repeat>,
    waiting: Vec<(u64, &'static str)>,
    /// Changes of others that the server does not take from this device.
    not_wanted: BTreeSet<u64>,
    needs_fetch: bool,
}

/// An order while a reply is settled in it.
pub(super) struct Work {
    pub order: OrderId,
    pub state: OrderState,
    pub document: OrderDocument,
    pub repeats: BTreeMap<u64, Repeat>,
}

impl SyncSession {
    pub(super) fn settle(
        &mut self,
        order: OrderId,
        incoming: &Incoming<'_>,
        at: Timestamp,
        batch: &mut StoreBatch,
        store: &dyn StoreRead,
        taken: &mut Taken,
    ) -> Result<(), ReadFailed> {
        let verdict = self.judge(order, &incoming.outcomes, at, batch, taken);
        let is_clean = verdict.refused.is_empty()
            && verdict.repeats.is_empty()
            && verdict.not_wanted.is_empty()
            && !verdict.needs_fetch;
        if is_clean && incoming.updates.is_empty() {
            return Ok(());
        }
        taken.orders.insert(order);
        taken.is_progress |= !verdict.refused.is_empty() || !verdict.repeats.is_empty();
        taken.is_center_changed |= !verdict.refused.is_empty();
        let is_held_here = self.replica.state(order).is_some();
        for (number, (code, path)) in &verdict.refused {
            self.stage_fate(batch, order, *number, Fate::Refused { code: code.clone(), path: path.clone() });
        }
        if !is_held_here && incoming.updates.is_empty() {
            verdict.not_wanted.iter().for_each(|number| self.stage_forget(batch, order, *number));
            for (number, repeat) in &verdict.repeats {
                let code = repeat.code.clone();
                self.stage_fate(batch, order, *number, Fate::Refused { code, path: None });
            }
            return Ok(());
        }
        let mut work = self.begin_work(order, store)?;
        work.state.needs_fetch |= verdict.needs_fetch;
        work.repeats = verdict.repeats;
        let refused = verdict.refused.keys().chain(&verdict.not_wanted).copied();
        let dropped: BTreeSet<u64> = refused.chain(work.repeats.keys().copied()).collect();
        self.take_out(&mut work, &dropped);
        verdict.not_wanted.iter().for_each(|number| self.stage_forget(batch, order, *number));
        for update in &incoming.updates {
            self.update(&mut work, update, at, batch, store)?;
        }
        self.repeat_all(&mut work, batch, store, taken)?;
        if !work.state.needs_fetch {
            let ahead = self.outbox.entries(order).filter(|(_, entry)| entry.is_ahead());
            let ahead = ahead.map(|(_, entry)| entry.hash).collect();
            taken.heads.insert(order, server_heads(&work.document, &ahead));
        }
        self.stage_whole(batch, order, work.state, work.document);
        Ok(())
    }

    fn begin_work(&mut self, order: OrderId, store: &dyn StoreRead) -> Result<Work, ReadFailed> {
        let pen = self.pen(order);
        let known = self.replica.state(order);
        let document = self.replica.document(store, order)?;
        let is_unreadable = known.is_some() && document.is_none();
        let mut state = known.unwrap_or(OrderState { needs_fetch: false, ..OrderState::unknown(pen) });
        state.pen = pen;
        state.needs_fetch |= is_unreadable;
        let mut document = document.unwrap_or_default();
        if is_unreadable {
            for (_, own) in self.own_changes(order, store)? {
                // A change that builds on what is gone comes back with the fetched order.
                let _ = document.apply(&own.change.bytes);
            }
        }
        Ok(Work { order, state, document, repeats: BTreeMap::new() })
    }

    /// Records acknowledged and held changes, and lists what else has to happen.
    fn judge(
        &mut self,
        order: OrderId,
        outcomes: &[(u64, &Outcome)],
        at: Timestamp,
        batch: &mut StoreBatch,
        taken: &mut Taken,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        for (number, outcome) in outcomes {
            let number = *number;
            if self.outbox.is_passed_on(order, number) {
                self.judge_passed_on((order, number), outcome, batch, &mut verdict, taken);
                continue;
            }
            match outcome {
                Outcome::Applied | Outcome::Duplicate => {
                    self.stage_fate(batch, order, number, Fate::Acknowledged { at });
                    self.missing_dep_replies.remove(&order);
                    taken.is_progress = true;
                    taken.orders.insert(order);
                }
                Outcome::Held { reason, until } => {
                    let fate = Fate::Held { reason: reason.clone(), until: *until };
                    let known = self.outbox.get(order, number).and_then(|entry| entry.fate.as_ref());
                    if known != Some(&fate) {
                        self.stage_fate(batch, order, number, fate);
                        taken.is_progress = true;
                        taken.is_center_changed = true;
                        taken.orders.insert(order);
                    }
                }
                Outcome::MissingDeps { hashes } => {
                    if !self.offers_missing(order, number, hashes, batch, &mut verdict) {
                        verdict.waiting.push((number, "missing_deps"));
                    }
                }
                Outcome::ActorForked { .. } => {
                    verdict.repeats.insert(number, Repeat::new("actor_forked", Origin::Restored));
                }
                Outcome::Rejected { code, path } => {
                    self.rejected(order, number, (code, path.as_ref()), &mut verdict);
                }
            }
        }
        self.wait_for_missing(order, &mut verdict);
        verdict
    }

    /// Whatever the server says to somebody else's change, it is not this device's to keep any longer.
    fn judge_passed_on(
        &mut self,
        (order, number): (OrderId, u64),
        outcome: &Outcome,
        batch: &mut StoreBatch,
        verdict: &mut Verdict,
        taken: &mut Taken,
    ) {
        match outcome {
            Outcome::Applied | Outcome::Duplicate => {
                self.stage_forget(batch, order, number);
                self.missing_dep_replies.remove(&order);
                taken.is_progress = true;
                taken.orders.insert(order);
            }
            Outcome::MissingDeps { hashes } if self.offers_missing(order, number, hashes, batch, verdict) => {
            }
            Outcome::MissingDeps { .. }
            | Outcome::Held { .. }
            | Outcome::ActorForked { .. }
            | Outcome::Rejected { .. } => {
                self.vouchers.distrust(order);
                verdict.not_wanted.insert(number);
            }
        }
    }

    fn rejected(
        &mut self,
        order: OrderId,
        number: u64,
        (code, path): (&RejectCode, Option<&String>),
        verdict: &mut Verdict,
    ) {
        let text = code.as_str();
        match code {
            RejectCode::HashMismatch | RejectCode::Checksum => {
                let sends = self.damaged_sends.entry((order, number)).or_default();
                *sends += 1;
                if *sends >= DAMAGED_SENDS_MAX {
                    verdict.refused.insert(number, (text.to_owned(), path.cloned()));
                }
            }
            RejectCode::ChunkType
            | RejectCode::TooManyOps
            | RejectCode::TooLarge
            | RejectCode::NotCanonical
            | RejectCode::Structure
            | RejectCode::StartOp
            | RejectCode::Unloadable => {
                verdict.repeats.insert(number, Repeat::once(text));
            }
            RejectCode::ActorNotYours => {
                verdict.repeats.insert(number, Repeat::new(text, Origin::Restored));
            }
            RejectCode::DependsOnRefused => {
                verdict.repeats.insert(number, Repeat::new(text, Origin::Repeated));
            }
            // A restored server may get the order back from the device that created it.
            RejectCode::UnknownOrder if self.replica.state(order).is_some() => {
                verdict.waiting.push((number, "unknown_order"));
            }
            RejectCode::NotAssigned
            | RejectCode::UnknownOrder
            | RejectCode::ForbiddenField
            | RejectCode::Immutable
            | RejectCode::DiscardedByOffice
            | RejectCode::Other(_) => {
                verdict.refused.insert(number, (text.to_owned(), path.cloned()));
            }
        }
    }

    /// Offers again what is missing if it was made here; `false` when somebody else has to.
    fn offers_missing(
        &mut self,
        order: OrderId,
        number: u64,
        hashes: &[ChangeHash],
        batch: &mut StoreBatch,
        verdict: &mut Verdict,
    ) -> bool {
        let ours: Vec<_> = hashes.iter().filter_map(|hash| self.outbox.number_of(order, hash)).collect();
        for own in &ours {
            match self.outbox.get(order, *own).and_then(|entry| entry.fate.as_ref()) {
                Some(Fate::Refused { .. }) => {
                    verdict.repeats.insert(number, Repeat::new("depends_on_refused", Origin::Repeated));
                }
                Some(Fate::Acknowledged { .. } | Fate::Held { .. }) => self.stage_unsent(batch, order, *own),
                None => {}
            }
        }
        !ours.is_empty()
    }

    /// Others may still bring what is missing; after some patience the order is fetched and the work written again.
    fn wait_for_missing(&mut self, order: OrderId, verdict: &mut Verdict) {
        if verdict.waiting.is_empty() {
            return;
        }
        let replies = self.missing_dep_replies.entry(order).or_default();
        *replies += 1;
        if *replies >= MISSING_DEPS_MAX {
            for (number, code) in verdict.waiting.drain(..) {
                verdict.refused.insert(number, (code.to_owned(), None));
            }
        } else if *replies >= MISSING_DEPS_PATIENCE {
            verdict.needs_fetch = true;
            self.repeats_after_fetch.insert(order);
        }
    }

    /// Takes changes and all that builds on them out of the local document; innocent ones are to be written again.
    fn take_out(&mut self, work: &mut Work, dropped: &BTreeSet<u64>) {
        let hash_of = |number: &u64| Some((*number, self.outbox.get(work.order, *number)?.hash));
        let hashes: BTreeMap<u64, ChangeHash> = dropped.iter().filter_map(hash_of).collect();
        let Some(salt) = hashes.values().next().copied() else { return };
        let (rest, gone) = without(&work.document, &hashes.values().copied().collect());
        for (number, entry) in self.outbox.unacknowledged(work.order) {
            if gone.contains(&entry.hash) && !dropped.contains(&number) {
                work.repeats.insert(number, Repeat::new("depends_on_refused", Origin::Repeated));
            }
        }
        work.document = rest;
        work.state.pen = next_pen(work.state.pen, work.order, salt);
    }

    /// Takes out everything unsent: the server knows other changes in its place.
    fn take_out_unsent(&mut self, work: &mut Work) {
        let unsent: BTreeSet<u64> = self
            .outbox
            .unacknowledged(work.order)
            .map(|(number, _)| number)
            .filter(|number| !work.repeats.contains_key(number))
            .collect();
        self.take_out(work, &unsent);
        for number in unsent {
            work.repeats.insert(number, Repeat::new("actor_forked", Origin::Restored));
        }
    }

    fn update(
        &mut self,
        work: &mut Work,
        update: &OrderUpdate,
        at: Timestamp,
        batch: &mut StoreBatch,
        store: &dyn StoreRead,
    ) -> Result<(), ReadFailed> {
        match update {
            OrderUpdate::Enter { snapshot, changes, .. } => {
                work.state.is_in_scope = true;
                self.enter(work, snapshot, changes, at, batch, store)?;
            }
            OrderUpdate::Changes { changes, .. } => self.append(work, changes, at, batch),
            OrderUpdate::Leave { .. } => {
                // A restored server may not know the order at all; it is kept until what it lacks has been passed on.
                self.pass_on(work, None, batch);
                work.state.is_in_scope = false;
                work.state.needs_fetch = false;
            }
        }
        Ok(())
    }

    fn append(&mut self, work: &mut Work, changes: &[Bytes], at: Timestamp, batch: &mut StoreBatch) {
        let mut applied = apply_all(&mut work.document, changes);
        if applied == Err(Unfit::Forked) {
            self.take_out_unsent(work);
            applied = apply_all(&mut work.document, changes);
        }
        match applied {
            Ok(hashes) => self.recognize(work, &hashes, at, batch),
            Err(_) => work.state.needs_fetch = true,
        }
    }

    /// Own changes that come back from the server are acknowledged, whatever became of the reply that said so.
    fn recognize(&mut self, work: &mut Work, hashes: &[ChangeHash], at: Timestamp, batch: &mut StoreBatch) {
        for hash in hashes {
            if let Some(number) = self.outbox.number_of(work.order, hash) {
                let is_known = self.outbox.get(work.order, number).is_some_and(|e| e.is_acknowledged());
                if !is_known {
                    self.stage_fate(batch, work.order, number, Fate::Acknowledged { at });
                }
                work.repeats.remove(&number);
            }
        }
    }

    fn enter(
        &mut self,
        work: &mut Work,
        snapshot: &[u8],
        changes: &[Bytes],
        at: Timestamp,
        batch: &mut StoreBatch,
        store: &dyn StoreRead,
    ) -> Result<(), ReadFailed> {
        let Ok(alone) = entered(snapshot, changes, &[]) else {
            work.state.needs_fetch = true;
            return Ok(());
        };
        self.compare_with_server(work, &alone.server, at, batch);
        let mut found = self.find_again(work, &alone.server, batch);
        found.extend(self.pass_on(work, Some(&alone.server), batch));
        let is_repeating = self.repeats_after_fetch.remove(&work.order);
        work.state.needs_fetch = false;
        let ahead = in_order_of(&work.document, self.ahead(work, store)?, found);
        match entered(snapshot, changes, &ahead) {
            Ok(entered) => work.document = entered.whole,
            Err(Unfit::Incomplete) if !is_repeating => {
                // Others' changes that the server lacks and ours build on: kept until their authors offer them again.
                let mut merged = work.document.clone();
                let is_merged = merged.merge_saved(&alone.server.save()).is_ok();
                work.document = if is_merged { merged } else { alone.server };
                if !is_merged {
                    self.take_out_unsent(work);
                }
            }
            Err(Unfit::Incomplete | Unfit::Forked) => {
                self.take_out_unsent(work);
                work.document = alone.server;
            }
        }
        Ok(())
    }

    /// Settles what an order sent whole says about the changes made here.
    fn compare_with_server(
        &mut self,
        work: &mut Work,
        server: &OrderDocument,
        at: Timestamp,
        batch: &mut StoreBatch,
    ) {
        let order = work.order;
        let entries: Vec<_> = self.outbox.entries(order).map(|(n, entry)| (n, entry.clone())).collect();
        for (number, entry) in entries {
            if server.contains(&entry.hash) {
                self.recognize(work, &[entry.hash], at, batch);
            } else if entry.is_acknowledged() {
                self.stage_unsent(batch, order, number);
            }
        }
    }

    /// Changes of this device's pen that the server lacks and no row keeps: damage has hidden their rows. They are in the
    /// document still, and are kept and offered from there, without the commands that made them.
    fn find_again(&mut self, work: &Work, server: &OrderDocument, batch: &mut StoreBatch) -> Vec<Change> {
        let actor = work.state.pen.actor;
        let own = work.document.headers_since(&genesis_heads()).into_iter();
        let hidden = own.filter(|header| {
            header.actor == actor
                && !server.contains(&header.hash)
                && self.outbox.number_of(work.order, &header.hash).is_none()
        });
        let found: Vec<Change> = hidden.filter_map(|header| work.document.change(&header.hash)).collect();
        for change in &found {
            self.stage_own(
                batch,
                work.order,
                &OwnChange { change: change.clone(), actor, authored: None, voucher: None },
            );
        }
        found
    }

    /// The changes that only this device has and that stay as they are.
    fn ahead(&self, work: &Work, store: &dyn StoreRead) -> Result<Vec<Change>, ReadFailed> {
        let own = self.own_changes(work.order, store)?;
        let staying = own.into_iter().filter(|(number, _)| !work.repeats.contains_key(number));
        Ok(staying.map(|(_, own)| own.change).collect())
    }
}

/// Changes in the order in which a document holds them; those it does not hold come first, as they were.
fn in_order_of(document: &OrderDocument, kept: Vec<Change>, found: Vec<Change>) -> Vec<Change> {
    if found.is_empty() {
        return kept;
    }
    let headers = document.headers_since(&genesis_heads());
    let place = |hash| headers.iter().position(|header| header.hash == hash);
    let mut changes = [kept, found].concat();
    changes.sort_by_key(|change| place(change.hash));
    changes
}
