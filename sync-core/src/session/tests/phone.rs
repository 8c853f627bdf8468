//! A phone for tests: a session over a store in memory that can be killed, restored and damaged.

use crate::ids::{DeviceId, EntryId, OrderId, UserId};
use crate::order::OrderCommand;
use crate::replica::{MemoryStore, StoreBatch};
use crate::session::{CommandFailed, Done, Effect, Event, Identity, Notice, Outgoing, Setup, SyncSession};
use crate::time::{ClockReading, Timestamp};
use crate::workflow::Role;

pub const ANA: UserId = UserId::from_bytes([0xa; 16]);

/// What happens to a batch the session wants stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    Works,
    Fails,
}

pub struct Phone {
    pub session: SyncSession,
    pub store: MemoryStore,
    pub storage: Storage,
    pub sent: Vec<Outgoing>,
    pub notices: Vec<Notice>,
    pub answers: Vec<Result<Done, CommandFailed>>,
    pub batches: Vec<StoreBatch>,
    pub now_ms: i64,
    install: [u8; 16],
}

impl Phone {
    /// A phone on which Ana signed in.
    pub fn new(device: u8) -> Self {
        let mut phone = Self::unenrolled([device; 16], MemoryStore::default());
        phone.sign_in(device);
        phone
    }

    /// An installation that finds `store` and has not been enrolled.
    pub fn unenrolled(install: [u8; 16], store: MemoryStore) -> Self {
        let setup = Setup { install, schema: 1, app_version: "1.0.0".to_owned() };
        let reading = ClockReading { wall: Timestamp(0), monotonic_ms: 0, boot: 1 };
        let (session, effects) = SyncSession::open(setup, reading, &store).unwrap();
        let mut phone = Self {
            session,
            store,
            storage: Storage::Works,
            sent: Vec::new(),
            notices: Vec::new(),
            answers: Vec::new(),
            batches: Vec::new(),
            now_ms: 0,
            install,
        };
        phone.carry_out(effects);
        phone
    }

    /// A phone that speaks only when a person asks.
    pub fn asked_only(device: u8) -> Self {
        let mut phone = Self::unenrolled([device; 16], MemoryStore::default());
        phone.session.send_only_when_asked();
        phone.sign_in(device);
        phone
    }

    /// The process dies and starts again: nothing but the store remains.
    pub fn restart(&mut self) {
        let mut again = Self::unenrolled(self.install, self.store.clone());
        again.now_ms = self.now_ms;
        *self = again;
    }

    pub fn sign_in(&mut self, device: u8) {
        let device = DeviceId::from_bytes([device; 16]);
        self.event(Event::SignedIn(Identity { device, user: ANA, role: Role::Technician }));
    }

    pub fn event(&mut self, event: Event) {
        let effects = self.handle(event);
        self.carry_out(effects);
    }

    fn handle(&mut self, event: Event) -> Vec<Effect> {
        let reading = ClockReading { wall: Timestamp(0), monotonic_ms: self.now_ms, boot: 1 };
        self.session.handle(reading, event, &self.store).unwrap()
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store(batch) => {
                    let event = match self.storage {
                        Storage::Works => {
                            self.store.commit(&batch);
                            Event::Stored { batch: batch.id }
                        }
                        Storage::Fails => Event::StoreFailed { batch: batch.id },
                    };
                    self.batches.push(batch);
                    self.event(event);
                }
                Effect::Send(outgoing) => self.sent.push(*outgoing),
                Effect::Answer { result, .. } => self.answers.push(result),
                Effect::Notify(notice) => self.notices.push(notice),
                Effect::Schedule { .. } => {}
            }
        }
    }

    /// Gives a command and returns its answer.
    pub fn command(&mut self, order: OrderId, command: OrderCommand) -> Result<Done, CommandFailed> {
        self.event(Event::CommandGiven { ticket: 1, order, command: Box::new(command) });
        self.answers.pop().expect("a command is answered once it is stored")
    }

    pub fn create(&mut self, order: OrderId) {
        self.command(order, OrderCommand::CreateOrder(Box::default())).unwrap();
    }

    pub fn note(&mut self, order: OrderId, byte: u8) {
        self.command(order, note(byte)).unwrap();
    }

    /// Lets time pass.
    pub fn wait_ms(&mut self, duration_ms: i64) {
        self.now_ms += duration_ms;
        self.event(Event::Tick);
    }

    /// The notes an order shows, by the byte of their id.
    pub fn notes(&mut self, order: OrderId) -> Vec<u8> {
        let shown = self.session.order(order, &self.store).unwrap();
        shown.map_or_else(Vec::new, |shown| shown.order.notes.keys().map(|id| id.as_bytes()[0]).collect())
    }
}

pub fn order(byte: u8) -> OrderId {
    OrderId::from_bytes([byte; 16])
}

pub fn note(byte: u8) -> OrderCommand {
    OrderCommand::AddNote {
        note: EntryId::from_bytes([byte; 16]),
        text: format!("note {byte}"),
        is_internal: false,
    }
}
