//! What happens to a client and what it wants done. Plain data; never decides anything.

use super::author::CommandFailed;
use super::center::SyncState;
use super::identity::Identity;
use crate::ids::{BlobHash, ChangeHash, OrderId};
use crate::message::{SyncRequest, SyncResponse};
use crate::order::OrderCommand;
use crate::replica::StoreBatch;
use crate::time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A person wants an order changed.
    CommandGiven {
        /// Names the answer.
        ticket: u64,
        /// The order.
        order: OrderId,
        /// What to do.
        command: Box<OrderCommand>,
    },
    /// Time has passed.
    Tick,
    /// A person wants to send and fetch at once.
    SyncAsked,
    /// The network came back.
    NetworkBack,
    /// The server said over the live socket how far the scope's feed is.
    Poke {
        /// The newest entry of the scope's feed.
        seq: u64,
    },
    /// The server answered a request.
    ReplyArrived {
        /// The request.
        request: u64,
        /// The answer.
        reply: Box<SyncResponse>,
    },
    /// The server took a deposit.
    DepositTaken {
        /// The request.
        request: u64,
        /// Until when it keeps it at least.
        until: Timestamp,
    },
    /// A request came to nothing.
    ReplyFailed {
        /// The request.
        request: u64,
        /// How.
        failure: Failure,
    },
    /// The batch is durable.
    Stored {
        /// Its id.
        batch: u64,
    },
    /// Nothing of the batch is durable.
    StoreFailed {
        /// Its id.
        batch: u64,
    },
    /// A person signed in on this device.
    SignedIn(Identity),
    /// The server ended this person's access; what is unsent can only be deposited.
    SessionRevoked,
    /// A person wants a refused entry tried again.
    EntryRetried {
        /// The order.
        order: OrderId,
        /// The entry's number.
        number: u64,
    },
    /// A person gives up a refused entry.
    EntryDiscarded {
        /// The order.
        order: OrderId,
        /// The entry's number.
        number: u64,
    },
}

/// How a request came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection, a timeout, or a connection that broke.
    NoConnection,
    /// The server cannot answer at present.
    Unavailable {
        /// Do not come back sooner.
        retry_after_s: Option<u32>,
    },
    /// The request is larger than the server takes.
    TooLarge,
    /// The server could not read the request, or the device not the answer.
    Malformed,
    /// The app is too old to read.
    AppTooOld,
    /// The session is not accepted; a person has to sign in again.
    SignInAgain,
}

/// Something the shell has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Commit these writes together and say whether that worked.
    Store(StoreBatch),
    /// Send this to the server.
    Send(Box<Outgoing>),
    /// Come back with a tick at this reading of the monotonic clock, not later.
    Schedule {
        /// Milliseconds of the monotonic clock.
        at_monotonic_ms: i64,
    },
    /// The answer to a command; it is durable.
    Answer {
        /// The command's ticket.
        ticket: u64,
        /// What became of it.
        result: Result<Done, CommandFailed>,
    },
    /// Something a screen may want to show.
    Notify(Notice),
}

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The order.
    pub order: OrderId,
    /// The change that was made; `None` when everything was so already.
    pub change: Option<ChangeHash>,
}

/// A request for `POST /v1/sync`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Names the request in the event that answers it.
    pub id: u64,
    /// What to send.
    pub request: SyncRequest,
    /// To be sent without an access token, sealed with the device key.
    pub is_deposit: bool,
}

/// Something a screen may want to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// These orders read differently.
    OrdersChanged(Vec<OrderId>),
    /// The sync strip reads differently.
    StateChanged(SyncState),
    /// An entry came to or left the list of refused and held work.
    CenterChanged,
    /// Customers, sites, catalogue or workflows changed.
    ReferenceChanged,
    /// A person must sign in for sending to go on.
    SignInNeeded,
    /// This installation has to be enrolled as a device: it is new, or was restored or copied.
    EnrollNeeded,
    /// The store belongs to another person and stays closed to this one.
    AnotherPersonsStore,
    /// The app is too old to read what the server has; work made here was sent all the same.
    UpgradeNeeded,
    /// The server does not understand this app, repeatedly.
    NotUnderstood,
    /// Something could not be saved; it was not done.
    StorageFailed,
    /// A part of what was stored here could not be read: it is fetched again, and the damaged file is kept.
    StorageDamaged,
    /// After the end of access, everything unsent was handed over.
    DepositComplete,
    /// The list of blobs kept here reads differently.
    BlobsChanged,
    /// The server has more of a blob than before.
    BlobProgress {
        /// The blob.
        sha256: BlobHash,
        /// How many bytes the server has.
        sent_bytes: u64,
        /// How many there are.
        size_bytes: u64,
    },
}
