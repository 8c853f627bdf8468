//! One blob kept on this device: its row, how far it is, and what became of it. Never counts on what it believes the
//! server has.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::UploadStep;
use crate::ids::BlobHash;
use crate::replica::{ReadFailed, StoreBatch, StoreRead, record};

/// What became of a blob. A stored format.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum BlobFate {
    /// The server has it whole and has checked its hash.
    #[n(0)]
    Sent,
    /// The server does not take it, with its code; the bytes are kept here.
    #[n(1)]
    Refused(#[n(0)] String),
    /// Its bytes are not on this device any more.
    #[n(2)]
    Lost,
}

/// A blob as screens show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobOnDevice {
    /// Names its bytes.
    pub sha256: BlobHash,
    /// How many there are.
    pub size_bytes: u64,
    /// How many of them the server is known to have.
    pub sent_bytes: u64,
    /// Whether some are on their way now.
    pub is_sending: bool,
    /// What became of it; `None` while it waits.
    pub fate: Option<BlobFate>,
}

/// The stored form; what is not here is asked of the server.
#[derive(Encode, Decode)]
#[cbor(map)]
struct BlobRow {
    #[n(0)]
    size_bytes: u64,
    #[n(1)]
    fate: Option<BlobFate>,
}

/// Where an upload is, and how many bytes the server said it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub location: String,
    pub offset: u64,
    /// What the server has is not known since a request broke off.
    pub is_in_doubt: bool,
}

#[derive(Debug, Clone)]
pub(super) struct KeptBlob {
    pub size_bytes: u64,
    pub fate: Option<BlobFate>,
    pub place: Option<Place>,
    /// How many times the server found another hash.
    pub mismatches: u32,
    /// Not to be tried sooner, by the monotonic clock.
    pub held_until_ms: Option<i64>,
}

/// The row that makes a blob known; to be stored after its bytes.
pub fn kept_row(sha256: BlobHash, size_bytes: u64) -> StoreBatch {
    row(sha256, size_bytes, None)
}

fn row(sha256: BlobHash, size_bytes: u64, fate: Option<BlobFate>) -> StoreBatch {
    let key = record::blob_key(sha256);
    let mut batch = StoreBatch::default();
    batch.put(key.clone(), record::seal_row(&key, &BlobRow { size_bytes, fate }));
    batch
}

/// Every blob with a row that can be read; of the others the bytes are still there, and the shell announces them.
pub(super) fn read_rows(store: &dyn StoreRead) -> Result<BTreeMap<BlobHash, KeptBlob>, ReadFailed> {
    let rows = store.scan(record::BLOBS)?.into_iter().filter_map(|(key, value)| {
        let row = record::open_row::<BlobRow>(&key, &value)?;
        Some((record::blob_of_key(&key)?, KeptBlob { fate: row.fate, ..KeptBlob::new(row.size_bytes) }))
    });
    Ok(rows.collect())
}

impl KeptBlob {
    pub const fn new(size_bytes: u64) -> Self {
        Self { size_bytes, fate: None, place: None, mismatches: 0, held_until_ms: None }
    }

    pub const fn is_waiting(&self) -> bool {
        self.fate.is_none()
    }

    pub fn is_ready(&self, now_ms: i64) -> bool {
        self.is_waiting() && self.held_until_ms.is_none_or(|until_ms| until_ms <= now_ms)
    }

    pub const fn is_begun(&self) -> bool {
        self.place.is_some()
    }

    pub fn hold_no_longer(&mut self) {
        self.held_until_ms = None;
    }

    /// The server was restored: whether it has the bytes is asked again.
    pub fn offer_again(&mut self) {
        if self.fate == Some(BlobFate::Sent) {
            self.fate = None;
        }
        self.place = None;
    }

    pub fn next_step(&self, piece_bytes: u64) -> UploadStep {
        match &self.place {
            None => UploadStep::Create { size_bytes: self.size_bytes },
            Some(Place { location, is_in_doubt: true, .. }) => UploadStep::Ask { location: location.clone() },
            Some(Place { location, offset, .. }) => UploadStep::Append {
                location: location.clone(),
                offset: *offset,
                length: piece_bytes.min(self.size_bytes.saturating_sub(*offset)),
            },
        }
    }

    /// Sets what became of it and returns the row that says so.
    pub fn settle(&mut self, sha256: BlobHash, fate: BlobFate) -> StoreBatch {
        self.fate = Some(fate.clone());
        self.place = None;
        row(sha256, self.size_bytes, Some(fate))
    }

    pub fn shown(&self, sha256: BlobHash, is_sending: bool) -> BlobOnDevice {
        let sent_bytes = match (&self.fate, &self.place) {
            (Some(BlobFate::Sent), _) => self.size_bytes,
            (_, Some(place)) => place.offset,
            (_, None) => 0,
        };
        BlobOnDevice { sha256, size_bytes: self.size_bytes, sent_bytes, is_sending, fate: self.fate.clone() }
    }
}
