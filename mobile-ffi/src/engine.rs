//! The thread on which a session lives with its storage. Never touches the network.

mod blobs;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use ed25519_dalek::Signer as _;
use sync_core::ids::OrderId;
use sync_core::order::OrderCommand;
use sync_core::order::command::NewSignature;
use sync_core::replica::{ReadFailed, StoreBatch};
use sync_core::session::{
    CommandFailed, Done, Effect, Event, Failure, Identity, Notice, Outgoing, Setup, SyncSession, SyncState,
};
use sync_core::upload::{UploadEvent, UploadQueue, UploadRequest};
use tokio::sync::{mpsc, oneshot};

use crate::blobs::BlobDirectory;
use crate::clock::Clock;
use crate::error::ClientError;
use crate::keys::DeviceKey;
use crate::store::{NotStored, SqliteStore};
use blobs::{BlobMessage, Blobs};

/// The longest wait between two looks at the clock, should it jump.
const LOOK_MAX: Duration = Duration::from_secs(30);

/// What is done on the thread with the session and its storage.
type Look = Box<dyn FnOnce(&mut SyncSession, &SqliteStore) + Send>;
type CommandAnswer = oneshot::Sender<Result<Done, ClientError>>;
type SyncAnswer = oneshot::Sender<Result<SyncState, ClientError>>;

enum Message {
    Event(Box<Event>),
    Execute(OrderId, Box<OrderCommand>, CommandAnswer),
    Sign(OrderId, Box<NewSignature>, Box<DeviceKey>, CommandAnswer),
    Sync(SyncAnswer),
    Look(Look),
    Blob(BlobMessage),
}

/// The way to an engine; when the last one is dropped, the engine ends.
#[derive(Clone)]
pub struct EngineHandle {
    messages: Sender<Message>,
}

/// Where an engine puts what leaves it.
pub struct Outlets {
    /// Requests for the server.
    pub requests: mpsc::UnboundedSender<Outgoing>,
    /// Bytes for the server.
    pub uploads: mpsc::UnboundedSender<UploadRequest>,
    /// What screens may want to know; dropped when nobody reads.
    pub notices: mpsc::Sender<Notice>,
}

/// What a session begins with.
#[derive(Debug, Clone)]
pub struct EngineStart {
    /// What is known of the installation.
    pub setup: Setup,
    /// Who is signed in.
    pub identity: Identity,
    /// Speaks to the server only when asked.
    pub sends_only_when_asked: bool,
    /// Where the bytes of blobs are.
    pub blobs: BlobDirectory,
}

struct Engine {
    session: SyncSession,
    store: SqliteStore,
    blobs: Blobs,
    start: EngineStart,
    clock: Clock,
    outlets: Outlets,
    commands: Vec<(u64, CommandAnswer)>,
    syncs: Vec<SyncAnswer>,
    last_ticket: u64,
    last_failure: Option<ClientError>,
    is_full: bool,
    /// A person's command is being performed.
    is_commanded: bool,
    wake_at_ms: Option<i64>,
}

impl EngineHandle {
    /// Starts a session over a store on a thread of its own.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn start(
        start: EngineStart,
        open_store: impl FnOnce() -> Result<SqliteStore, ClientError> + Send + 'static,
        outlets: Outlets,
    ) -> Result<Self, ClientError> {
        let (messages, inbox) = channel();
        let (started, has_started) = channel();
        let run = move || {
            let opened = open_store().and_then(|store| Engine::open(start, store, outlets));
            match opened {
                Ok((mut engine, effects)) => {
                    drop(started.send(Ok(())));
                    engine.begin(effects);
                    engine.run(&inbox);
                }
                Err(error) => drop(started.send(Err(error))),
            }
        };
        let spawned = std::thread::Builder::new().name("campo-engine".to_owned()).spawn(run);
        spawned.map_err(|error| ClientError::Bug(error.to_string()))?;
        has_started.recv().map_err(|_| ended())??;
        Ok(Self { messages })
    }

    /// Something happened.
    pub fn event(&self, event: Event) {
        // An engine that ended has nobody left to tell.
        drop(self.messages.send(Message::Event(Box::new(event))));
    }

    /// Performs a command; the answer comes when it is durable.
    pub async fn execute(&self, order: OrderId, command: OrderCommand) -> Result<Done, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Execute(order, Box::new(command), answer))?;
        answered.await.map_err(|_| ended())?
    }

    /// Performs a signature that this device seals.
    pub async fn sign(
        &self,
        order: OrderId,
        signature: NewSignature,
        device: DeviceKey,
    ) -> Result<Done, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Sign(order, Box::new(signature), Box::new(device), answer))?;
        answered.await.map_err(|_| ended())?
    }

    /// Sends and fetches until nothing is left to say, or until a request fails.
    pub async fn sync(&self) -> Result<SyncState, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Sync(answer))?;
        answered.await.map_err(|_| ended())?
    }

    /// Reads the session and its storage.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut SyncSession, &SqliteStore) -> Result<T, ReadFailed> + Send + 'static,
    ) -> Result<T, ClientError> {
        let (answer, answered) = oneshot::channel();
        let look = move |session: &mut SyncSession, store: &SqliteStore| {
            drop(answer.send(look(session, store)));
        };
        self.send(Message::Look(Box::new(look)))?;
        Ok(answered.await.map_err(|_| ended())??)
    }

    fn send(&self, message: Message) -> Result<(), ClientError> {
        self.messages.send(message).map_err(|_| ended())
    }
}

fn ended() -> ClientError {
    ClientError::Bug("the client was closed".to_owned())
}

impl EngineStart {
    fn open(&self, clock: &Clock, store: &SqliteStore) -> Result<(SyncSession, Vec<Effect>), ReadFailed> {
        let (mut session, effects) = SyncSession::open(self.setup.clone(), clock.reading(), store)?;
        if self.sends_only_when_asked {
            session.send_only_when_asked();
        }
        Ok((session, effects))
    }
}

impl Engine {
    fn open(
        start: EngineStart,
        store: SqliteStore,
        outlets: Outlets,
    ) -> Result<(Self, Vec<Effect>), ClientError> {
        let clock = Clock::start();
        let (session, effects) = start.open(&clock, &store)?;
        let mut queue = UploadQueue::open(start.setup.install, clock.reading(), &store)?;
        if start.sends_only_when_asked {
            queue.send_only_when_asked();
        }
        let blobs = Blobs::new(queue, start.blobs.clone(), outlets.uploads.clone());
        let engine = Self {
            session,
            store,
            blobs,
            start,
            clock,
            outlets,
            commands: Vec::new(),
            syncs: Vec::new(),
            last_ticket: 0,
            last_failure: None,
            is_full: false,
            is_commanded: false,
            wake_at_ms: None,
        };
        Ok((engine, effects))
    }

    fn begin(&mut self, effects: Vec<Effect>) {
        if self.store.is_from_later_app() {
            drop(self.outlets.notices.try_send(Notice::UpgradeNeeded));
        }
        self.carry_out(effects);
        if self.store.has_lost_rows() {
            drop(self.outlets.notices.try_send(Notice::StorageDamaged));
            match self.session.rows_were_lost(&self.store) {
                Ok(effects) => self.carry_out(effects),
                Err(_) => self.open_again(),
            }
        }
        let identity = self.start.identity;
        let is_known = self.session.identity() == Some(identity);
        // The tick sends what an earlier run of the app left behind, without anybody asking.
        self.handle(if is_known { Event::Tick } else { Event::SignedIn(identity) });
        self.begin_blobs();
    }

    fn run(&mut self, inbox: &Receiver<Message>) {
        loop {
            match inbox.recv_timeout(self.wait()) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => self.handle(Event::Tick),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.answer_syncs();
            self.follow_session();
        }
    }

    fn wait(&self) -> Duration {
        let now_ms = self.clock.reading().monotonic_ms;
        let at_ms = [self.wake_at_ms, self.blobs.due_ms()].into_iter().flatten().min();
        let wait_ms = at_ms.map_or(i64::MAX, |at_ms| at_ms.saturating_sub(now_ms).max(1));
        Duration::from_millis(u64::try_from(wait_ms).unwrap_or(1)).min(LOOK_MAX)
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => {
                let is_reply = matches!(*event, Event::ReplyArrived { .. });
                self.note_failure(&event);
                if matches!(*event, Event::NetworkBack) {
                    self.upload_event(UploadEvent::NetworkBack);
                } else if matches!(*event, Event::SignedIn(_)) {
                    self.upload_event(UploadEvent::SignedIn);
                }
                self.handle(*event);
                if is_reply {
                    fail::fail_point!("reply.after_store", |_| std::process::abort());
                }
            }
            Message::Execute(order, command, answer) => self.execute(order, command, answer),
            Message::Sign(order, signature, device, answer) => {
                self.sign(order, *signature, &device, answer);
            }
            Message::Blob(BlobMessage::Keep(_, answer)) if self.cannot_record().is_some() => {
                drop(answer.send(self.cannot_record().map_or(Ok(()), Err)));
            }
            Message::Blob(message) => self.take_blob(message),
            Message::Sync(answer) => {
                self.last_failure = None;
                self.syncs.push(answer);
                self.handle(Event::SyncAsked);
            }
            Message::Look(look) => look(&mut self.session, &self.store),
        }
    }

    /// Why nothing new can be recorded here at present.
    fn cannot_record(&self) -> Option<ClientError> {
        if self.store.is_from_later_app() {
            return Some(ClientError::UpdateApp);
        }
        (!self.store.has_space()).then_some(ClientError::StorageFull)
    }

    fn execute(&mut self, order: OrderId, command: Box<OrderCommand>, answer: CommandAnswer) {
        if let Some(reason) = self.cannot_record() {
            drop(answer.send(Err(reason)));
            return;
        }
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.commands.push((ticket, answer));
        self.is_commanded = true;
        self.handle(Event::CommandGiven { ticket, order, command });
        self.is_commanded = false;
    }

    /// The moment and the seal are made here, so that they are those of the command that follows.
    fn sign(&mut self, order: OrderId, signature: NewSignature, device: &DeviceKey, answer: CommandAnswer) {
        let Some(unsealed) = self.session.unsealed(order, signature, device.device, self.clock.reading())
        else {
            drop(answer.send(Err(ClientError::SignInAgain)));
            return;
        };
        let seal = device.key.sign(unsealed.text.as_bytes()).to_bytes();
        let signature = unsealed.sealed_with(device.device, &seal);
        self.execute(order, Box::new(OrderCommand::Sign(Box::new(signature))), answer);
    }

    fn note_failure(&mut self, event: &Event) {
        if let Event::ReplyFailed { failure, .. } = event {
            self.last_failure = Some(match failure {
                Failure::SignInAgain => ClientError::SignInAgain,
                Failure::AppTooOld => ClientError::UpdateApp,
                Failure::NoConnection
                | Failure::Unavailable { .. }
                | Failure::TooLarge
                | Failure::Malformed => ClientError::RetryLater,
            });
        }
    }

    fn handle(&mut self, event: Event) {
        match self.session.handle(self.clock.reading(), event, &self.store) {
            Ok(effects) => self.carry_out(effects),
            Err(_) => self.open_again(),
        }
    }

    /// The storage could not be read: what is in memory is not trusted.
    fn open_again(&mut self) {
        for (_, answer) in self.commands.drain(..) {
            drop(answer.send(Err(ClientError::Bug("the storage cannot be read".to_owned()))));
        }
        if let Ok((session, effects)) = self.start.open(&self.clock, &self.store) {
            self.session = session;
            self.carry_out(effects);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store(batch) => {
                    let committed = self.commit(&batch);
                    self.is_full = committed == Err(NotStored::Full);
                    if self.is_full && !self.is_commanded {
                        self.last_failure = Some(ClientError::StorageFull);
                    }
                    let event = match committed {
                        Ok(()) => Event::Stored { batch: batch.id },
                        Err(_) => Event::StoreFailed { batch: batch.id },
                    };
                    self.handle(event);
                }
                // A transport that ended has closed the client.
                Effect::Send(outgoing) => drop(self.outlets.requests.send(*outgoing)),
                Effect::Schedule { at_monotonic_ms } => self.wake_at_ms = Some(at_monotonic_ms),
                Effect::Answer { ticket, result } => self.answer(ticket, result),
                // A screen that does not read reads the orders themselves later.
                Effect::Notify(notice) => drop(self.outlets.notices.try_send(notice)),
            }
        }
    }

    /// What the server says is stored on a full disk too, in the space that was kept back for it.
    fn commit(&self, batch: &StoreBatch) -> Result<(), NotStored> {
        let committed = self.store.commit(batch);
        let is_for_reserve = committed == Err(NotStored::Full) && !self.is_commanded;
        if is_for_reserve && self.store.give_up_reserve() { self.store.commit(batch) } else { committed }
    }

    fn answer(&mut self, ticket: u64, result: Result<Done, CommandFailed>) {
        let Some(at) = self.commands.iter().position(|(of, _)| *of == ticket) else { return };
        let (_, answer) = self.commands.swap_remove(at);
        let result = result.map_err(|failed| {
            let is_full = self.is_full && matches!(failed, CommandFailed::NotStored);
            if is_full { ClientError::StorageFull } else { ClientError::from(failed) }
        });
        drop(answer.send(result));
    }

    fn answer_syncs(&mut self) {
        if self.syncs.is_empty() || (self.session.is_busy() && self.last_failure.is_none()) {
            return;
        }
        for answer in self.syncs.drain(..) {
            let result = match &self.last_failure {
                Some(failure) => Err(failure.clone()),
                None if self.session.needs_sign_in() => Err(ClientError::SignInAgain),
                None => Ok(self.session.state()),
            };
            drop(answer.send(result));
        }
    }
}
