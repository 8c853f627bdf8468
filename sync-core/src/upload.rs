//! Blobs on their way to the server: what to send next, and what an answer means. Never reads a file, waits or talks.
//!
//! The loop of a shell, in the order a caller meets it:
//!
//! 1. [`UploadQueue::open`] reads what is kept on this device.
//! 2. Once the bytes of a blob are durable under their SHA-256, the row that [`kept_row`] gives is stored, and
//!    [`UploadEvent::Kept`] says so. A blob whose row is missing is announced in the same way.
//! 3. [`UploadQueue::handle`] takes what happened and returns what is to be done. Each [`UploadEffect::Send`] is
//!    answered with exactly one [`UploadEvent::Answered`].
//! 4. The shell calls back with [`UploadEvent::Tick`] at [`UploadQueue::due_ms`].
//!
//! The server is the one that knows how much of a blob it has: nothing of that is stored here, so there is nothing that
//! can be wrong after a crash.

mod answer;
mod blob;
mod piece;

use std::collections::BTreeMap;

pub use blob::{BlobFate, BlobOnDevice, kept_row};
pub use piece::{PIECE_BYTES_MAX, PIECE_BYTES_MIN};

use crate::ids::BlobHash;
use crate::pace::Pace;
use crate::replica::{ReadFailed, StoreBatch, StoreRead};
use crate::session::Notice;
use crate::time::ClockReading;
use blob::KeptBlob;
use piece::PieceSize;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadEvent {
    /// The bytes of a blob are durable on this device, and so is its row.
    Kept {
        /// Names the bytes.
        sha256: BlobHash,
        /// How many there are.
        size_bytes: u64,
    },
    /// Time has passed.
    Tick,
    /// A person wants to send at once.
    SendAsked,
    /// The network came back.
    NetworkBack,
    /// Changes of orders are on their way, or not any more: they go first.
    OrdersGoFirst(bool),
    /// A person signed in on this device.
    SignedIn,
    /// The server may have lost what it had: everything is offered again.
    ServerRestored,
    /// The answer to a request.
    Answered {
        /// The request.
        request: u64,
        /// What came of it.
        answer: UploadAnswer,
    },
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadAnswer {
    /// The server has so many bytes.
    Has {
        /// Where the upload is, when it was asked for a place.
        location: Option<String>,
        /// How many bytes it has; all of them means that it has checked their hash.
        offset: u64,
    },
    /// No connection, a timeout, or a connection that broke; some bytes may have arrived.
    NoConnection,
    /// The server refused.
    Problem {
        /// HTTP status.
        status: u16,
        /// The stable code.
        code: String,
        /// Do not come back sooner.
        retry_after_s: Option<u32>,
    },
    /// The bytes on this device are gone or are not the ones of this hash.
    Lost,
}

/// Something the shell has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadEffect {
    /// Commit this; should that fail, the server is asked once more after a restart.
    Store(StoreBatch),
    /// Send this to the server.
    Send(UploadRequest),
    /// Something a screen may want to show.
    Notify(Notice),
}

/// A request for `/v1/uploads`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRequest {
    /// Names the request in the event that answers it.
    pub id: u64,
    /// The blob.
    pub sha256: BlobHash,
    /// What to ask.
    pub step: UploadStep,
}

/// One step of tus 1.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadStep {
    /// `POST`: a place for so many bytes.
    Create {
        /// All bytes of the blob.
        size_bytes: u64,
    },
    /// `HEAD`: how many bytes the server has.
    Ask {
        /// Where the upload is.
        location: String,
    },
    /// `PATCH`: some more bytes.
    Append {
        /// Where the upload is.
        location: String,
        /// The first byte of the blob that goes along.
        offset: u64,
        /// How many go along.
        length: u64,
    },
}

/// A request on its way.
#[derive(Debug, Clone)]
struct InFlight {
    id: u64,
    sha256: BlobHash,
    step: UploadStep,
    sent_at_ms: i64,
}

/// The blobs of one person on one device; one request is on its way at a time.
#[derive(Debug)]
pub struct UploadQueue {
    install: [u8; 16],
    blobs: BTreeMap<BlobHash, KeptBlob>,
    pace: Pace,
    piece: PieceSize,
    now: ClockReading,
    in_flight: Option<InFlight>,
    last_id: u64,
    do_orders_go_first: bool,
    awaits_sign_in: bool,
    sends_only_when_asked: bool,
    is_asked: bool,
}

impl UploadQueue {
    /// Reads what is kept; `install` spreads retries of many phones.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn open(install: [u8; 16], reading: ClockReading, store: &dyn StoreRead) -> Result<Self, ReadFailed> {
        Ok(Self {
            install,
            blobs: blob::read_rows(store)?,
            pace: Pace::default(),
            piece: PieceSize::default(),
            now: reading,
            in_flight: None,
            last_id: 0,
            do_orders_go_first: false,
            awaits_sign_in: false,
            sends_only_when_asked: false,
            is_asked: false,
        })
    }

    /// From now on speaks to the server only after [`UploadEvent::SendAsked`].
    pub const fn send_only_when_asked(&mut self) {
        self.sends_only_when_asked = true;
    }

    /// Takes one event and returns what is to be done.
    pub fn handle(&mut self, reading: ClockReading, event: UploadEvent) -> Vec<UploadEffect> {
        self.pace.follow_boot(self.now, reading);
        self.now = reading;
        let mut effects = Vec::new();
        match event {
            UploadEvent::Kept { sha256, size_bytes } => {
                self.blobs.entry(sha256).or_insert_with(|| KeptBlob::new(size_bytes));
                self.pace.due_now_unless_failing(self.now);
                effects.push(UploadEffect::Notify(Notice::BlobsChanged));
            }
            UploadEvent::Tick => {}
            UploadEvent::SendAsked => {
                self.is_asked = true;
                self.pace.due_now(self.now);
                self.blobs.values_mut().for_each(KeptBlob::hold_no_longer);
            }
            UploadEvent::NetworkBack => self.pace.network_back(self.now, &self.install),
            UploadEvent::OrdersGoFirst(do_they) => self.do_orders_go_first = do_they,
            UploadEvent::SignedIn => {
                self.awaits_sign_in = false;
                self.pace.due_now(self.now);
            }
            UploadEvent::ServerRestored => self.blobs.values_mut().for_each(KeptBlob::offer_again),
            UploadEvent::Answered { request, answer } => self.answered(request, answer, &mut effects),
        }
        self.send_if_due(&mut effects);
        effects
    }

    /// When to call back with a tick, by the monotonic clock; `None` while there is nothing to wait for.
    pub fn due_ms(&self) -> Option<i64> {
        if self.in_flight.is_some() || self.do_orders_go_first || !self.may_send() {
            return None;
        }
        let ready =
            self.blobs.values().filter(|blob| blob.is_waiting()).map(|blob| blob.held_until_ms).min()?;
        Some(ready.unwrap_or(i64::MIN).max(self.pace.due_ms().unwrap_or(i64::MIN)).max(self.now.monotonic_ms))
    }

    /// Whether a request is on its way or is going to be without anybody asking.
    pub fn is_busy(&self) -> bool {
        self.in_flight.is_some()
            || (self.do_orders_go_first && self.next().is_some())
            || self.due_ms().is_some_and(|due_ms| due_ms <= self.now.monotonic_ms)
    }

    /// What is kept here, as screens show it, sorted by hash.
    pub fn blobs(&self) -> Vec<BlobOnDevice> {
        let sending = self.in_flight.as_ref().map(|sent| sent.sha256);
        self.blobs.iter().map(|(sha256, blob)| blob.shown(*sha256, sending == Some(*sha256))).collect()
    }

    /// How many blobs the server has not confirmed, refused ones among them.
    pub fn unsent_count(&self) -> usize {
        self.blobs.values().filter(|blob| blob.fate != Some(BlobFate::Sent)).count()
    }

    /// Whether these bytes are known here.
    pub fn knows(&self, sha256: BlobHash) -> bool {
        self.blobs.contains_key(&sha256)
    }

    const fn may_send(&self) -> bool {
        !self.awaits_sign_in && (self.is_asked || !self.sends_only_when_asked)
    }

    fn send_if_due(&mut self, effects: &mut Vec<UploadEffect>) {
        let is_free = self.in_flight.is_none() && !self.do_orders_go_first;
        if !is_free || !self.may_send() || !self.pace.is_due(self.now) {
            return;
        }
        let Some((sha256, blob)) = self.next() else {
            self.is_asked = false;
            return;
        };
        let step = blob.next_step(self.piece.bytes());
        self.last_id += 1;
        let request = UploadRequest { id: self.last_id, sha256, step };
        self.in_flight = Some(InFlight {
            id: request.id,
            sha256,
            step: request.step.clone(),
            sent_at_ms: self.now.monotonic_ms,
        });
        effects.push(UploadEffect::Send(request));
    }

    /// What was begun goes on; then the smallest, so that a signature does not wait behind photos.
    fn next(&self) -> Option<(BlobHash, &KeptBlob)> {
        let ready = self.blobs.iter().filter(|(_, blob)| blob.is_ready(self.now.monotonic_ms));
        let next = ready.min_by_key(|(sha256, blob)| (!blob.is_begun(), blob.size_bytes, **sha256));
        next.map(|(sha256, blob)| (*sha256, blob))
    }
}

#[cfg(test)]
mod tests;
