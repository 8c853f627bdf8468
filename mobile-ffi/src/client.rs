//! What an app calls. Never blocks the caller's thread for longer than a look at local storage.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::document::SCHEMA;
use sync_core::ids::{BlobHash, OrderId};
use sync_core::order::OrderCommand;
use sync_core::order::command::NewSignature;
use sync_core::projection::OrderSummary;
use sync_core::session::{
    CenterEntry, Done, Event, Identity, Notice, OrderOnDevice, Outgoing, ReferenceOnDevice, Setup, SyncState,
    ToSign,
};
use sync_core::upload::BlobOnDevice;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};

use crate::blobs::{BlobDirectory, KeptBlob};
use crate::engine::{EngineHandle, EngineStart, Outlets};
use crate::error::ClientError;
use crate::keys::Keys;
use crate::live;
use crate::server::Server;
use crate::store::SqliteStore;
use crate::transport::{SignedIn, Transport, sign_in};
use crate::uploads::carry_blobs;

/// Notices that wait for a screen; more are dropped.
const NOTICES_MAX: usize = 1_024;

/// Where a client keeps things and whom it talks to.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// For the databases, one for each person; may be part of a backup of the phone.
    pub directory: PathBuf,
    /// For keys and tokens; must not be part of a backup.
    pub keys_directory: PathBuf,
    /// Such as `https://campo.example`.
    pub server_url: String,
    /// The app's version, for the operator's eyes.
    pub app_version: String,
    /// How the device is called in lists.
    pub device_name: String,
    /// Speaks to the server only in [`Client::sync_now`].
    pub sends_only_when_asked: bool,
}

/// One order in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order.
    pub id: OrderId,
    /// What lists show of it.
    pub summary: OrderSummary,
}

/// A person's work on this device: local at once, on the server when there is network.
pub struct Client {
    config: ClientConfig,
    keys: Keys,
    server: Server,
    /// `None` only while the client is being dropped.
    runtime: Option<Runtime>,
    desk: Mutex<Option<Desk>>,
    notices: AsyncMutex<mpsc::Receiver<Notice>>,
    notices_in: mpsc::Sender<Notice>,
}

/// The engine of the person who signed in last. What works for it ends with it: a person who is not signed in any more
/// neither sends nor hears.
#[derive(Clone)]
struct Desk {
    identity: Identity,
    engine: EngineHandle,
    transport: Arc<Transport>,
    blobs: BlobDirectory,
    is_manned: Arc<watch::Sender<()>>,
}

/// Sixteen random bytes for the id of an order or of anything in it.
pub fn fresh_id() -> [u8; 16] {
    rand::random()
}

impl Client {
    /// Opens the client; whoever signed in last may work at once.
    ///
    /// # Errors
    ///
    /// `StorageFull`, or a bug when a directory or database cannot be used.
    pub fn open(config: ClientConfig) -> Result<Self, ClientError> {
        std::fs::create_dir_all(&config.directory)
            .map_err(|error| ClientError::Bug(format!("the directory cannot be used: {error}")))?;
        let keys = Keys::open(&config.keys_directory)?;
        let server = Server::new(&config.server_url)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("campo-network")
            .enable_all()
            .build()
            .map_err(|error| ClientError::Bug(error.to_string()))?;
        let (notices_in, notices) = mpsc::channel(NOTICES_MAX);
        let client = Self {
            config,
            keys,
            server,
            runtime: Some(runtime),
            desk: Mutex::new(None),
            notices: AsyncMutex::new(notices),
            notices_in,
        };
        if let Some(kept) = client.keys.session()
            && let Some(device) = client.keys.device_key(kept.user)
        {
            let desk = client.start(SignedIn { kept, device, access_token: None })?;
            *client.desk_slot() = Some(desk);
        }
        Ok(client)
    }

    /// Signs a person in and makes this installation known as their device.
    ///
    /// # Errors
    ///
    /// `Rejected` with the server's code, `RetryLater` without a connection.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Identity, ClientError> {
        let (server, keys) = (self.server.clone(), self.keys.clone());
        let name = self.config.device_name.clone();
        let (email, password) = (email.to_owned(), password.to_owned());
        let signing_in = async move { sign_in(&server, &keys, (&email, &password), &name).await };
        let session = self.on_network(signing_in).await?;
        let identity = identity_of(&session);
        let present = self.desk_slot().clone().filter(|desk| desk.identity.user == identity.user);
        match present {
            Some(desk) => {
                desk.transport.adopt(session).await;
                desk.engine.event(Event::SignedIn(identity));
                *self.desk_slot() = Some(Desk { identity, ..desk });
            }
            None => {
                let desk = self.start(session)?;
                *self.desk_slot() = Some(desk);
            }
        }
        Ok(identity)
    }

    /// Who works here, if anybody ever signed in.
    pub fn identity(&self) -> Option<Identity> {
        self.desk_slot().as_ref().map(|desk| desk.identity)
    }

    /// Performs a command on the local replica; durable when this returns.
    ///
    /// # Errors
    ///
    /// `Rejected` with the rule's code; `StorageFull` when nothing could be saved.
    pub async fn execute(&self, order: OrderId, command: OrderCommand) -> Result<Done, ClientError> {
        self.engine()?.execute(order, command).await
    }

    /// What somebody is about to sign of an order; `None` when it is not on this device.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn to_sign(
        &self,
        order: OrderId,
        language: &str,
        terms: &str,
    ) -> Result<Option<ToSign>, ClientError> {
        let (language, terms) = (language.to_owned(), terms.to_owned());
        self.engine()?.look(move |session, store| session.to_sign(order, &language, &terms, store)).await
    }

    /// Records a signature or a refusal, sealed by this device; durable when this returns.
    ///
    /// # Errors
    ///
    /// As [`Self::execute`].
    pub async fn sign(&self, order: OrderId, signature: NewSignature) -> Result<Done, ClientError> {
        let Desk { engine, transport, .. } = self.desk()?;
        engine.sign(order, signature, transport.device().await).await
    }

    /// Keeps the bytes of a file, such as a photo just taken; durable when this returns, and sent by itself. To be called
    /// before the command that names them.
    ///
    /// # Errors
    ///
    /// `StorageFull`, or a bug when the file cannot be read.
    pub async fn keep_file(&self, path: &Path) -> Result<KeptBlob, ClientError> {
        let path = path.to_owned();
        self.keep(move |blobs| {
            let mut file = File::open(&path)
                .map_err(|error| ClientError::Bug(format!("the file cannot be read: {error}")))?;
            blobs.keep(&mut file)
        })
        .await
    }

    /// Keeps bytes in memory, such as the strokes of a signature; otherwise as [`Self::keep_file`].
    ///
    /// # Errors
    ///
    /// `StorageFull`, or a bug.
    pub async fn keep_bytes(&self, bytes: Vec<u8>) -> Result<KeptBlob, ClientError> {
        self.keep(move |blobs| blobs.keep(&mut bytes.as_slice())).await
    }

    /// The blobs kept on this device and how far each is, sorted by hash.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub async fn blobs(&self) -> Result<Vec<BlobOnDevice>, ClientError> {
        self.engine()?.blobs().await
    }

    /// Where the bytes of a blob kept on this device are, to be shown.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub fn blob_path(&self, sha256: BlobHash) -> Result<Option<PathBuf>, ClientError> {
        let path = self.desk()?.blobs.path(sha256);
        Ok(path.exists().then_some(path))
    }

    /// Sends blobs until none is left or the server cannot be reached, and says how many are left.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub async fn send_blobs(&self) -> Result<usize, ClientError> {
        self.engine()?.send_blobs().await
    }

    /// Sends and fetches until nothing is left to say.
    ///
    /// # Errors
    ///
    /// Says what has to happen first; what was recorded stays and is sent later.
    pub async fn sync_now(&self) -> Result<SyncState, ClientError> {
        self.engine()?.sync().await
    }

    /// Keeps up with the server for as long as this is awaited, or until somebody else signs in.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub async fn run(&self) -> Result<(), ClientError> {
        let Desk { engine, transport, is_manned, .. } = self.desk()?;
        let left = is_manned.subscribe();
        drop(is_manned);
        self.on_network(while_manned(left, live::listen(transport, engine))).await;
        Ok(())
    }

    /// The orders on this device, as lists show them.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn orders(&self) -> Result<Vec<OrderRow>, ClientError> {
        let read = |session: &mut sync_core::session::SyncSession, store: &SqliteStore| {
            let mut rows = Vec::new();
            for id in session.order_ids() {
                if let Some(shown) = session.order(id, store)? {
                    rows.push(OrderRow { id, summary: OrderSummary::of(&shown.order, session.workflows()) });
                }
            }
            Ok(rows)
        };
        self.engine()?.look(read).await
    }

    /// One order; `None` when it is not on this device.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn order(&self, id: OrderId) -> Result<Option<OrderOnDevice>, ClientError> {
        self.engine()?.look(move |session, store| session.order(id, store)).await
    }

    /// The newest changes of an order as this device has it, sorted; empty when it is not here.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn heads(&self, id: OrderId) -> Result<Vec<sync_core::ids::ChangeHash>, ClientError> {
        let read = move |session: &mut sync_core::session::SyncSession, store: &SqliteStore| {
            Ok(session.document(id, store)?.map_or_else(Vec::new, |document| document.heads()))
        };
        self.engine()?.look(read).await
    }

    /// Every reference row of a kind.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn reference(&self, kind: &str) -> Result<Vec<ReferenceOnDevice>, ClientError> {
        let kind = kind.to_owned();
        self.engine()?.look(move |session, store| session.reference(&kind, store)).await
    }

    /// What the sync strip says.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub async fn state(&self) -> Result<SyncState, ClientError> {
        self.engine()?.look(|session, _| Ok(session.state())).await
    }

    /// How many changes the server has not answered.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub async fn unsent_count(&self) -> Result<usize, ClientError> {
        self.engine()?.look(|session, _| Ok(session.unsent_count())).await
    }

    /// The work that waits for a person, here or in the office.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn center(&self) -> Result<Vec<CenterEntry>, ClientError> {
        self.engine()?.look(|session, store| session.center(store)).await
    }

    /// Tries a refused entry again.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub fn retry_entry(&self, order: OrderId, number: u64) -> Result<(), ClientError> {
        self.engine()?.event(Event::EntryRetried { order, number });
        Ok(())
    }

    /// Gives up a refused entry, as a person asked.
    ///
    /// # Errors
    ///
    /// `SignInAgain` when nobody has signed in.
    pub fn discard_entry(&self, order: OrderId, number: u64) -> Result<(), ClientError> {
        self.engine()?.event(Event::EntryDiscarded { order, number });
        Ok(())
    }

    /// Everything that is not on the server, as text to keep or hand over.
    ///
    /// # Errors
    ///
    /// A bug when the storage cannot be read.
    pub async fn rescue_file(&self) -> Result<String, ClientError> {
        self.engine()?.look(|session, store| session.rescue_file(store)).await
    }

    /// The phone's network came back.
    pub fn network_back(&self) {
        if let Some(desk) = self.desk_slot().as_ref() {
            desk.engine.event(Event::NetworkBack);
        }
    }

    /// Waits for the next thing a screen may want to show.
    pub async fn next_event(&self) -> Option<Notice> {
        self.notices.lock().await.recv().await
    }

    fn start(&self, session: SignedIn) -> Result<Desk, ClientError> {
        let identity = identity_of(&session);
        let setup = Setup {
            install: self.keys.install()?,
            schema: SCHEMA,
            app_version: self.config.app_version.clone(),
        };
        let path = self.config.directory.join(format!("{}.db", identity.user));
        let blobs = BlobDirectory::open(self.config.directory.join(format!("{}.blobs", identity.user)))?;
        let (requests, outgoing) = mpsc::unbounded_channel();
        let (uploads, outgoing_blobs) = mpsc::unbounded_channel();
        let outlets = Outlets { requests, uploads, notices: self.notices_in.clone() };
        let start = EngineStart {
            setup,
            identity,
            sends_only_when_asked: self.config.sends_only_when_asked,
            blobs: blobs.clone(),
        };
        let engine = EngineHandle::start(start, move || SqliteStore::open(&path), outlets)?;
        let transport = Arc::new(Transport::new(self.server.clone(), self.keys.clone(), session));
        let (is_manned, left) = watch::channel(());
        let carrying_blobs = carry_blobs(outgoing_blobs, transport.clone(), blobs.clone(), engine.clone());
        self.runtime().spawn(while_manned(left.clone(), carrying_blobs));
        self.runtime().spawn(while_manned(left, carry(outgoing, transport.clone(), engine.clone())));
        Ok(Desk { identity, engine, transport, blobs, is_manned: Arc::new(is_manned) })
    }

    /// First the bytes, then the row.
    async fn keep(
        &self,
        write: impl FnOnce(&BlobDirectory) -> Result<KeptBlob, ClientError> + Send + 'static,
    ) -> Result<KeptBlob, ClientError> {
        let Desk { engine, blobs, .. } = self.desk()?;
        let writing = self.runtime().spawn_blocking(move || write(&blobs));
        let kept = writing.await.expect("writing a file does not panic")?;
        engine.keep(kept).await?;
        Ok(kept)
    }

    fn desk_slot(&self) -> MutexGuard<'_, Option<Desk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> Result<Desk, ClientError> {
        self.desk_slot().clone().ok_or(ClientError::SignInAgain)
    }

    fn engine(&self) -> Result<EngineHandle, ClientError> {
        self.desk().map(|desk| desk.engine)
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("the runtime is there until the client is dropped")
    }

    /// Runs network work where its timers and sockets live, for callers on any executor.
    async fn on_network<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let mut task = AbortOnDrop(self.runtime().spawn(work));
        (&mut task.0).await.expect("network work neither panics nor is cancelled while it is awaited")
    }
}

/// Ends a task when nobody awaits it any more.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

const fn identity_of(session: &SignedIn) -> Identity {
    Identity { device: session.device.device, user: session.kept.user, role: session.kept.role }
}

/// Does some work until it ends or the desk is left.
async fn while_manned(mut left: watch::Receiver<()>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        // Nothing is ever sent on the channel: this is the end of the desk.
        _ = left.changed() => {}
    }
}

/// Carries requests one after the other; the session has one on its way at a time.
async fn carry(
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    transport: Arc<Transport>,
    engine: EngineHandle,
) {
    while let Some(request) = outgoing.recv().await {
        fail::fail_point!("request.before_send", |_| std::process::abort());
        let outcomes = transport.deliver(&request).await;
        fail::fail_point!("reply.before_store", |_| std::process::abort());
        if let Some(first) = outcomes.first {
            engine.event(first);
        }
        engine.event(outcomes.answer);
    }
}
