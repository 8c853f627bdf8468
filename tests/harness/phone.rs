//! A phone whose every exchange a test sees, which `mobile_ffi::Client` keeps to itself: the client engine over rows in
//! memory, and real HTTP. Never reads a clock, and is not the phone that is killed: see [`process`].

mod link;
pub mod process;
mod speech;

use std::collections::VecDeque;

use sync_core::ids::OrderId;
use sync_core::order::{Order, OrderCommand};
use sync_core::replica::MemoryStore;
use sync_core::session::{
    CommandFailed, Done, Effect, Event, Failure, Identity, Outgoing, Setup, SyncSession,
};
use sync_core::time::{ClockReading, Timestamp};

pub use link::{Exchange, Link};
pub use speech::{Asked, NOWHERE, PhoneSettings, Said};

const WALL_AT_BOOT: Timestamp = Timestamp(1_795_000_000_000);
/// A phone speaks again at once this many times; a test that needs more has found a loop.
const ROUNDS_MAX: usize = 1_000;

/// A client session and its surroundings. Its clock stands still except where the session asks to wait.
#[derive(Debug)]
pub struct Phone {
    session: SyncSession,
    store: MemoryStore,
    monotonic_ms: i64,
    due_ms: Option<i64>,
    outgoing: VecDeque<Outgoing>,
    answers: VecDeque<(u64, Result<Done, CommandFailed>)>,
    last_ticket: u64,
}

impl Phone {
    /// The app of somebody who signs in on a new device.
    ///
    /// # Panics
    ///
    /// Never: rows in memory can be read.
    #[must_use]
    pub fn new(install: [u8; 16], identity: Identity) -> Self {
        let setup = Setup { install, schema: 1, app_version: "test".to_owned() };
        let store = MemoryStore::default();
        let (session, effects) = SyncSession::open(setup, reading(0), &store).expect("memory can be read");
        let mut phone = Self {
            session,
            store,
            monotonic_ms: 0,
            due_ms: None,
            outgoing: VecDeque::new(),
            answers: VecDeque::new(),
            last_ticket: 0,
        };
        phone.carry_out(effects);
        phone.tell(Event::SignedIn(identity));
        phone
    }

    /// What the phone knows.
    pub const fn session(&self) -> &SyncSession {
        &self.session
    }

    /// Gives a command, which is stored or refused when this returns.
    ///
    /// # Errors
    ///
    /// The refusal.
    ///
    /// # Panics
    ///
    /// When the session does not answer.
    pub fn give(&mut self, order: OrderId, command: OrderCommand) -> Result<Done, CommandFailed> {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.tell(Event::CommandGiven { ticket, order, command: Box::new(command) });
        let (answered, result) = self.answers.pop_front().expect("a command is answered once it is stored");
        assert_eq!(answered, ticket, "commands are answered in order");
        result
    }

    /// Lets time pass until the session wants to speak, and then neither it nor the server has more to say. Nobody asks
    /// it to. Every finished exchange is shown to `see`.
    ///
    /// # Errors
    ///
    /// How the first exchange that failed did.
    pub async fn sync(&mut self, link: &Link, mut see: impl FnMut(&Exchange)) -> Result<(), Failure> {
        self.monotonic_ms = self.monotonic_ms.max(self.due_ms.unwrap_or(0)) + 1;
        self.tell(Event::Tick);
        let mut failed = None;
        for _ in 0..ROUNDS_MAX {
            let Some(Outgoing { id, request, .. }) = self.outgoing.pop_front() else {
                return failed.map_or(Ok(()), Err);
            };
            let exchange = link.exchange(request).await;
            see(&exchange);
            match exchange.reply {
                Ok(reply) => self.tell(Event::ReplyArrived { request: id, reply: Box::new(reply) }),
                Err(failure) => {
                    failed = failed.or(Some(failure));
                    self.tell(Event::ReplyFailed { request: id, failure });
                }
            }
        }
        panic!("the phone goes on asking without an end");
    }

    /// One order as the phone shows it.
    ///
    /// # Panics
    ///
    /// Never: rows in memory can be read.
    pub fn order(&mut self, order: OrderId) -> Option<Order> {
        let shown = self.session.order(order, &self.store).expect("memory can be read");
        shown.map(|shown| shown.order)
    }

    /// The heads of every order in scope.
    ///
    /// # Panics
    ///
    /// When an order lacks its document.
    pub fn heads(&mut self) -> Vec<(OrderId, Vec<sync_core::ids::ChangeHash>)> {
        let orders = self.session.order_ids();
        let mut heads_of = |order| {
            let document = self.session.document(order, &self.store).expect("memory can be read");
            document.expect("an order in scope has a document").heads()
        };
        orders.into_iter().map(|order| (order, heads_of(order))).collect()
    }

    fn tell(&mut self, event: Event) {
        let effects =
            self.session.handle(reading(self.monotonic_ms), event, &self.store).expect("memory can be read");
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Store(batch) => {
                    self.store.commit(&batch);
                    let stored = Event::Stored { batch: batch.id };
                    let more = self.session.handle(reading(self.monotonic_ms), stored, &self.store);
                    effects.extend(more.expect("memory can be read"));
                }
                Effect::Send(outgoing) => self.outgoing.push_back(*outgoing),
                Effect::Schedule { at_monotonic_ms } => self.due_ms = Some(at_monotonic_ms),
                Effect::Answer { ticket, result } => self.answers.push_back((ticket, result)),
                Effect::Notify(_) => {}
            }
        }
    }
}

const fn reading(monotonic_ms: i64) -> ClockReading {
    ClockReading { wall: WALL_AT_BOOT.plus_millis(monotonic_ms), monotonic_ms, boot: 1 }
}
