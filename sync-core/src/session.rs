//! The client: takes events, returns effects. Never reads a clock, rolls dice, waits or does I/O.
//!
//! The loop of a shell, in the order a caller meets it:
//!
//! 1. [`SyncSession::open`] reads what the device holds.
//! 2. [`SyncSession::handle`] takes what happened — a command, a tick, a reply — and returns what is to be done.
//! 3. The shell commits each [`Effect::Store`] as one transaction and answers with [`Event::Stored`] or
//!    [`Event::StoreFailed`]; until then, later events wait inside, and nothing that depends on the batch is said.
//! 4. The shell sends each [`Effect::Send`] and answers with exactly one of [`Event::ReplyArrived`],
//!    [`Event::DepositTaken`] and [`Event::ReplyFailed`].
//! 5. The shell calls back with [`Event::Tick`] not later than the last [`Effect::Schedule`].
//!
//! When `handle` fails, the storage could not be read: drop the session and open it again.

mod apply_reply;
mod author;
mod center;
mod event;
mod hand_over;
mod identity;
mod open;
mod repeat;
mod request;
mod settle;
mod signature;
mod view;
mod vouchers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use author::CommandFailed;
pub use center::{CenterEntry, SyncState};
pub use event::{Done, Effect, Event, Failure, Notice, Outgoing};
pub use identity::Identity;
pub use signature::{ToSign, Unsealed};
pub use view::{OrderOnDevice, ReferenceOnDevice};
pub use vouchers::vouched_for;

use crate::ids::{ChangeHash, OrderId, UserId};
use crate::message::FeedCursor;
use crate::order::Workflows;
use crate::outbox::Outbox;
use crate::pace::{Pace, Progress};
use crate::replica::{ReadFailed, Replica, StoreBatch, StoreRead};
use crate::time::{ClockAnchor, ClockReading, Timestamp};
use crate::workflow::Role;
use hand_over::HandOver;
use vouchers::Vouchers;

/// Events that wait for a batch; a command beyond this is answered `Busy`.
const WAITING_MAX: usize = 1_000;

/// What the shell knows of this installation, from outside the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Random bytes made when the app was installed, kept where backups of the phone do not reach.
    pub install: [u8; 16],
    /// The newest document schema this app reads and writes.
    pub schema: u32,
    /// The app's version, for the operator's eyes.
    pub app_version: String,
}

/// A request on its way.
#[derive(Debug, Clone)]
struct InFlight {
    id: u64,
    sent_at_ms: i64,
    is_deposit: bool,
    has_heads: bool,
    offered: Vec<(OrderId, u64, ChangeHash)>,
}

/// A batch on its way into the store, and what may be said once it is there.
#[derive(Debug, Default)]
struct Storing {
    batch: u64,
    then: Vec<Effect>,
    reply_progress: Option<Progress>,
    reload_workflows: bool,
}

/// The client of one person on one device.
#[derive(Debug)]
pub struct SyncSession {
    setup: Setup,
    identity: Option<Identity>,
    /// The person the store belongs to, known even before this installation is enrolled.
    owner: Option<UserId>,
    role: Role,
    workflows: Workflows,
    replica: Replica,
    outbox: Outbox,
    vouchers: Vouchers,
    /// The life of the server whose reply is being settled.
    epoch: u64,
    cursor: Option<FeedCursor>,
    anchor: Option<ClockAnchor>,
    now: ClockReading,
    pace: Pace,
    in_flight: Option<InFlight>,
    storing: Option<Storing>,
    waiting: VecDeque<Event>,
    last_id: u64,
    /// The order after which the next request begins to collect, so that none starves.
    turn: Option<OrderId>,
    /// Heads of all orders go with the next request.
    wants_heads: bool,
    heads_rounds: u32,
    heads_not_before_ms: Option<i64>,
    /// When the server was last asked what the office decided about held work.
    held_asked_at_ms: Option<i64>,
    /// Orders whose unsent work is written again once the server's document has come.
    repeats_after_fetch: BTreeSet<OrderId>,
    /// How many replies said that an order's changes build on what the server lacks.
    missing_dep_replies: BTreeMap<OrderId, u32>,
    /// How many times a change arrived damaged.
    damaged_sends: BTreeMap<(OrderId, u64), u32>,
    push_bytes_max: usize,
    malformed_replies: u32,
    /// What is left with the server after access ended; `None` while there is access.
    hand_over: Option<HandOver>,
    is_asked: bool,
    sends_only_when_asked: bool,
    awaits_sign_in: bool,
    needs_upgrade: bool,
    last_contact: Option<Timestamp>,
    is_offline: bool,
    said_state: Option<SyncState>,
}

impl SyncSession {
    /// Takes one event and returns what is to be done.
    ///
    /// # Errors
    ///
    /// Fails only when the storage cannot be read; the session must then be opened again.
    pub fn handle(
        &mut self,
        reading: ClockReading,
        event: Event,
        store: &dyn StoreRead,
    ) -> Result<Vec<Effect>, ReadFailed> {
        self.pace.follow_boot(self.now, reading);
        self.now = reading;
        let mut effects = Vec::new();
        if let Event::Stored { batch } = event {
            self.stored(batch, store, &mut effects)?;
        } else if let Event::StoreFailed { batch } = event {
            self.store_failed(batch, store, &mut effects)?;
        } else {
            self.enqueue(event, &mut effects);
        }
        while self.storing.is_none()
            && let Some(event) = self.waiting.pop_front()
        {
            self.process(event, store, &mut effects)?;
        }
        if self.storing.is_none() {
            self.send_if_due(store, &mut effects)?;
        }
        if self.storing.is_none() {
            // What a batch brings is not said before the batch is durable.
            self.say_state(&mut effects);
        }
        self.schedule(&mut effects);
        Ok(effects)
    }

    fn enqueue(&mut self, event: Event, effects: &mut Vec<Effect>) {
        let is_full = self.waiting.len() >= WAITING_MAX;
        if let Event::CommandGiven { ticket, .. } = event
            && is_full
        {
            effects.push(Effect::Answer { ticket, result: Err(CommandFailed::Busy) });
        } else if !(is_full && matches!(event, Event::Tick)) {
            self.waiting.push_back(event);
        }
    }

    fn process(
        &mut self,
        event: Event,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        match event {
            Event::CommandGiven { ticket, order, command } => {
                self.give_command(ticket, order, &command, store, effects)?;
            }
            Event::Tick => {
                self.drop_stuck_request();
                self.hand_over_again();
            }
            Event::SyncAsked => {
                self.is_asked = true;
                self.held_asked_at_ms = None;
                self.pace.due_now(self.now);
            }
            Event::NetworkBack => self.pace.network_back(self.now, &self.setup.install),
            Event::Poke { seq } => self.poked(seq),
            Event::ReplyArrived { request, reply } => self.reply_arrived(request, *reply, store, effects)?,
            Event::DepositTaken { request, until } => self.deposit_taken(request, until, effects),
            Event::ReplyFailed { request, failure } => self.reply_failed(request, failure, effects),
            Event::SignedIn(identity) => self.signed_in(identity, effects),
            Event::SessionRevoked => self.session_revoked(),
            Event::EntryRetried { order, number } => self.retry_entry(order, number, store, effects)?,
            Event::EntryDiscarded { order, number } => self.discard_entry(order, number, effects),
            Event::Stored { .. } | Event::StoreFailed { .. } => {}
        }
        Ok(())
    }

    /// A feed that is shorter than it was belongs to a restored server.
    fn poked(&mut self, seq: u64) {
        if self.cursor.is_none_or(|cursor| cursor.seq != seq) {
            self.pace.due_now_unless_failing(self.now);
        }
    }

    /// Hands a batch to the shell, with what may be said once it is stored.
    fn store(&mut self, mut batch: StoreBatch, storing: Storing, effects: &mut Vec<Effect>) {
        self.last_id += 1;
        batch.id = self.last_id;
        self.storing = Some(Storing { batch: batch.id, ..storing });
        effects.push(Effect::Store(batch));
    }

    fn stored(
        &mut self,
        batch: u64,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        let Some(storing) = self.storing.take_if(|storing| storing.batch == batch) else { return Ok(()) };
        if storing.reload_workflows {
            self.workflows = open::read_workflows(store)?;
        }
        match storing.reply_progress {
            Some(progress) => {
                self.pace.reply_stored(self.now, progress, &self.setup.install);
                self.is_asked &= self.pace.is_due(self.now);
            }
            None => self.pace.due_now_unless_failing(self.now),
        }
        effects.extend(storing.then);
        Ok(())
    }

    /// Nothing of the batch happened: what is in memory is read again, and a reply in it is asked for again.
    fn store_failed(
        &mut self,
        batch: u64,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        let Some(storing) = self.storing.take_if(|storing| storing.batch == batch) else { return Ok(()) };
        self.read_again(store)?;
        for effect in storing.then {
            if let Effect::Answer { ticket, .. } = effect {
                effects.push(Effect::Answer { ticket, result: Err(CommandFailed::NotStored) });
            }
        }
        if storing.reply_progress.is_some() {
            self.pace.failed(self.now, None, &self.setup.install);
        }
        effects.push(Effect::Notify(Notice::StorageFailed));
        Ok(())
    }

    /// From here on speaks to the server only after [`Event::SyncAsked`], until everything is said once.
    pub const fn send_only_when_asked(&mut self) {
        self.sends_only_when_asked = true;
    }

    /// Whether a request or a batch is on its way, or a request is due.
    pub fn is_busy(&self) -> bool {
        self.in_flight.is_some() || self.storing.is_some() || (self.may_send() && self.pace.is_due(self.now))
    }

    /// Whether a request is on its way.
    pub const fn is_speaking(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The next name for a batch or a request.
    const fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn schedule(&self, effects: &mut Vec<Effect>) {
        let at_ms = if self.may_send() { self.pace.due_ms() } else { self.hand_over_due_ms() };
        if let Some(at_ms) = at_ms {
            effects.push(Effect::Schedule { at_monotonic_ms: at_ms });
        }
    }
}

#[cfg(test)]
mod tests;
