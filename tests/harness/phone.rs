//! A phone as a test drives it: the real client engine, a store that can be killed, real HTTP. Never reads a clock.

mod die;
mod link;
mod memory_store;
mod speech;
mod sqlite_store;

use std::collections::VecDeque;
use std::future::Future;
use std::io;

use sync_core::ids::OrderId;
use sync_core::order::{Order, OrderCommand};
use sync_core::replica::{StoreBatch, StoreRead};
use sync_core::session::{
    CommandFailed, Done, Effect, Event, Failure, Identity, Outgoing, Setup, SyncSession,
};
use sync_core::time::{ClockReading, Timestamp};

pub use die::{DieAt, LocalPoint};
pub use link::{Exchange, Link};
pub use memory_store::VolatileStore;
pub use speech::{Asked, PhoneSettings, Said};
pub use sqlite_store::SqliteStore;

const WALL_AT_BOOT: Timestamp = Timestamp(1_795_000_000_000);
/// A phone speaks again at once this many times; a test that needs more has found a loop.
const ROUNDS_MAX: usize = 1_000;

/// What a phone keeps its rows in.
pub trait PhoneStore: StoreRead + Send {
    /// Makes a batch durable, wholly or not at all.
    fn commit(&mut self, batch: &StoreBatch) -> impl Future<Output = io::Result<()>> + Send;
}

/// A client session and its surroundings. Its clock stands still except where the session asks to wait.
#[derive(Debug)]
pub struct Phone<S> {
    session: SyncSession,
    store: S,
    monotonic_ms: i64,
    due_ms: Option<i64>,
    outgoing: VecDeque<Outgoing>,
    answers: VecDeque<(u64, Result<Done, CommandFailed>)>,
    last_ticket: u64,
}

impl<S: PhoneStore> Phone<S> {
    /// Opens the app on what its store holds; an installation that nobody signed in on yet gets this identity.
    ///
    /// # Panics
    ///
    /// When the store cannot be read or written.
    pub async fn open(store: S, install: [u8; 16], identity: Identity) -> Self {
        let setup = Setup { install, schema: 1, app_version: "test".to_owned() };
        let (session, effects) =
            SyncSession::open(setup, reading(0), &store).expect("the store of a test phone is readable");
        let mut phone = Self {
            session,
            store,
            monotonic_ms: 0,
            due_ms: None,
            outgoing: VecDeque::new(),
            answers: VecDeque::new(),
            last_ticket: 0,
        };
        phone.carry_out(effects).await;
        if phone.session.identity().is_none() {
            phone.tell(Event::SignedIn(identity)).await;
        }
        phone
    }

    /// What the phone knows.
    pub const fn session(&self) -> &SyncSession {
        &self.session
    }

    /// Gives a command and waits until it is stored or refused.
    ///
    /// # Errors
    ///
    /// The refusal.
    ///
    /// # Panics
    ///
    /// When the session does not answer.
    pub async fn give(&mut self, order: OrderId, command: OrderCommand) -> Result<Done, CommandFailed> {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.tell(Event::CommandGiven { ticket, order, command: Box::new(command) }).await;
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
        self.tell(Event::Tick).await;
        let mut failed = None;
        for _ in 0..ROUNDS_MAX {
            let Some(Outgoing { id, request, .. }) = self.outgoing.pop_front() else {
                return failed.map_or(Ok(()), Err);
            };
            let exchange = link.exchange(request).await;
            see(&exchange);
            match exchange.reply {
                Ok(reply) => self.tell(Event::ReplyArrived { request: id, reply: Box::new(reply) }).await,
                Err(failure) => {
                    failed = failed.or(Some(failure));
                    self.tell(Event::ReplyFailed { request: id, failure }).await;
                }
            }
        }
        panic!("the phone goes on asking without an end");
    }

    /// One order as the phone shows it.
    ///
    /// # Panics
    ///
    /// When the store cannot be read.
    pub fn order(&mut self, order: OrderId) -> Option<Order> {
        let shown = self.session.order(order, &self.store).expect("the store of a test phone is readable");
        shown.map(|shown| shown.order)
    }

    /// The heads of every order in scope.
    ///
    /// # Panics
    ///
    /// When the store cannot be read or lacks a document.
    pub fn heads(&mut self) -> Vec<(OrderId, Vec<sync_core::ids::ChangeHash>)> {
        let orders = self.session.order_ids();
        let mut heads_of = |order| {
            let document = self.session.document(order, &self.store).expect("the store is readable");
            document.expect("an order in scope has a document").heads()
        };
        orders.into_iter().map(|order| (order, heads_of(order))).collect()
    }

    async fn tell(&mut self, event: Event) {
        let effects = self
            .session
            .handle(reading(self.monotonic_ms), event, &self.store)
            .expect("the store of a test phone is readable");
        self.carry_out(effects).await;
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Store(batch) => {
                    self.store.commit(&batch).await.expect("a test phone has space to write");
                    let stored = Event::Stored { batch: batch.id };
                    let more = self.session.handle(reading(self.monotonic_ms), stored, &self.store);
                    effects.extend(more.expect("the store of a test phone is readable"));
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
