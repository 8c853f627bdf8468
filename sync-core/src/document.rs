//! One order's document: the only place that names automerge. Never judges who may write what.

mod ingest;
pub mod ingest_guard;
mod read;
pub mod value;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, LoadOptions, ObjType, ReadDoc, ScalarValue};

pub use ingest::Examined;
pub use value::{Node, Path, Scalar, Write};

use crate::ids::{ActorId, ChangeHash};
use crate::time::Timestamp;

/// The schema that this version writes.
pub const SCHEMA: u32 = 1;

/// The actor of the constant initial change and of constant migrations; refused as an author.
pub const INIT_ACTOR: ActorId = ActorId::from_bytes([0; 16]);

/// The initial change of schema 1: a stored format, fixed for ever (test `the_initial_change_is_golden`).
///
/// Every device starts a new order from these bytes, so that two devices that create the same order offline
/// share the maps they write into.
const GENESIS_1: &[u8] = include_bytes!("document/genesis_1.bin");

/// The maps that the initial change makes, from the root down.
#[cfg(test)]
pub(crate) const GENESIS_MAPS: [&str; 20] = [
    "approvals",
    "attention",
    "authors",
    "checklist",
    "decisions",
    "expenses",
    "materials",
    "notes",
    "payments",
    "photos",
    "plan",
    "plan/assignees",
    "plan/equipment",
    "quote",
    "ratings",
    "services",
    "signatures",
    "status",
    "visits",
    "extra",
];

/// Why bytes or writes could not become part of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The bytes are not a document of ours, or are damaged.
    #[error("the stored document cannot be read")]
    Damaged,
    /// A change builds on changes that the document does not have.
    #[error("the change builds on {} unknown changes", .0.len())]
    MissingDependencies(Vec<ChangeHash>),
    /// The same actor wrote another change with the same sequence number.
    #[error("two installs write as the same actor")]
    ActorForked,
    /// A write names a map that is not there.
    #[error("there is no map to write {0} into")]
    NoSuchMap(String),
}

/// One immutable edit of one order.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// SHA-256 of the change's content.
    pub hash: ChangeHash,
    /// The encoded change as it is stored and sent.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({}, {} bytes)", self.hash, self.bytes.len())
    }
}

/// What a change says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeHeader {
    /// Its name.
    pub hash: ChangeHash,
    /// Who wrote it.
    pub actor: ActorId,
    /// Its place among the changes of its actor, from 1.
    pub seq: u64,
    /// The estimated time its author gave.
    pub time: Timestamp,
    /// The changes it builds on.
    pub deps: Vec<ChangeHash>,
}

/// One of the values that were written to a field by people who did not know of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Competing {
    /// The value.
    pub value: Scalar,
    /// The change that wrote it.
    pub change: ChangeHash,
    /// Its author.
    pub actor: ActorId,
    /// When its author says it was written.
    pub time: Timestamp,
}

/// The document of one order: mergeable, small, loaded on demand.
#[derive(Clone, Debug)]
pub struct OrderDocument {
    inner: Automerge,
}

impl Default for OrderDocument {
    fn default() -> Self {
        Self::new()
    }
}

impl OrderDocument {
    /// The empty order: the constant initial change alone.
    pub fn new() -> Self {
        Self::load(GENESIS_1).expect("the committed initial change loads; a test asserts its bytes")
    }

    /// Reads a document that this software saved.
    ///
    /// # Errors
    ///
    /// `Damaged` when the bytes do not load whole or do not begin with the initial change.
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        let options = LoadOptions::new();
        let inner = Automerge::load_with_options(bytes, options).map_err(|_| DocumentError::Damaged)?;
        let document = Self { inner };
        let is_ours = document.inner.get_change_by_hash(&genesis_hash()).is_some();
        if is_ours { Ok(document) } else { Err(DocumentError::Damaged) }
    }

    /// The compact form for storage and for a device that has nothing yet.
    pub fn save(&self) -> Vec<u8> {
        self.inner.save()
    }

    /// The newest changes, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<_> = self.inner.get_heads().into_iter().map(from_am_hash).collect();
        heads.sort_unstable();
        heads
    }

    /// Whether a change is part of this document.
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.inner.get_change_meta_by_hash(&am_hash(hash)).is_some()
    }

    /// The encoded form of a change that is part of this document.
    pub fn change(&self, hash: &ChangeHash) -> Option<Change> {
        let change = self.inner.get_change_by_hash(&am_hash(hash))?;
        Some(Change { hash: *hash, bytes: change.raw_bytes().to_vec() })
    }

    /// The headers of all changes after `heads` in an order in which they can be applied, without the initial one.
    pub fn headers_since(&self, heads: &[ChangeHash]) -> Vec<ChangeHeader> {
        let have: Vec<_> = heads.iter().map(am_hash).collect();
        let initial = genesis_hash();
        self.inner
            .get_changes_meta(&have)
            .into_iter()
            .filter(|meta| meta.hash != initial)
            .map(|meta| ChangeHeader {
                hash: from_am_hash(meta.hash),
                actor: from_am_actor(&meta.actor),
                seq: meta.seq,
                time: Timestamp(meta.timestamp),
                deps: meta.deps.iter().copied().map(from_am_hash).collect(),
            })
            .collect()
    }

    /// The header of one change.
    pub fn header(&self, hash: &ChangeHash) -> Option<ChangeHeader> {
        let meta = self.inner.get_change_meta_by_hash(&am_hash(hash))?;
        Some(ChangeHeader {
            hash: *hash,
            actor: from_am_actor(&meta.actor),
            seq: meta.seq,
            time: Timestamp(meta.timestamp),
            deps: meta.deps.iter().copied().map(from_am_hash).collect(),
        })
    }

    /// How many operations the document holds.
    pub fn operation_count(&self) -> u64 {
        self.inner.stats().num_ops
    }

    /// Applies one change that the server accepted or that this device wrote. Known changes are left alone.
    ///
    /// # Errors
    ///
    /// `MissingDependencies` and `ActorForked` leave the document as it was; so does `Damaged`.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<ChangeHash, DocumentError> {
        let change = automerge::Change::from_bytes(bytes.to_vec()).map_err(|_| DocumentError::Damaged)?;
        let hash = from_am_hash(change.hash());
        if self.contains(&hash) {
            return Ok(hash);
        }
        let missing: Vec<_> =
            change.deps().iter().copied().map(from_am_hash).filter(|dep| !self.contains(dep)).collect();
        if !missing.is_empty() {
            return Err(DocumentError::MissingDependencies(missing));
        }
        let mut next = self.inner.clone();
        next.apply_changes([change]).map_err(|_| DocumentError::ActorForked)?;
        self.inner = next;
        Ok(hash)
    }

    /// Takes in everything another copy of the same order knows.
    ///
    /// # Errors
    ///
    /// `Damaged` when the copy cannot be read, `ActorForked` when it holds another history of an actor of ours.
    pub fn merge_saved(&mut self, bytes: &[u8]) -> Result<(), DocumentError> {
        let mut other = Self::load(bytes)?;
        let mut next = self.inner.clone();
        next.merge(&mut other.inner).map_err(|_| DocumentError::ActorForked)?;
        self.inner = next;
        Ok(())
    }

    /// Makes one change of these writes; `None` when they change nothing.
    ///
    /// A field that already has the value, and no competing one, is not written again.
    ///
    /// # Errors
    ///
    /// `NoSuchMap` when a write leads into a map that is neither there nor made by an earlier write.
    pub fn commit(
        &mut self,
        actor: ActorId,
        time: Timestamp,
        writes: &[Write],
    ) -> Result<Option<Change>, DocumentError> {
        let mut next = self.inner.clone();
        next.set_actor(automerge::ActorId::from(actor.as_bytes().as_slice()));
        let mut transaction = next.transaction();
        for write in writes {
            perform(&mut transaction, write)?;
        }
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(time.0));
        let Some(hash) = hash else { return Ok(None) };
        self.inner = next;
        Ok(self.change(&from_am_hash(hash)))
    }
}

fn perform<T: Transactable + ReadDoc>(transaction: &mut T, write: &Write) -> Result<(), DocumentError> {
    let (parent, key) =
        write.path().split_last().ok_or_else(|| DocumentError::NoSuchMap(write.path().to_string()))?;
    let missing = || DocumentError::NoSuchMap(write.path().to_string());
    let object = read::object_at(transaction, &parent.keys()).ok_or_else(missing)?;
    match write {
        Write::Make(_) => {
            let exists =
                transaction.get(&object, key).ok().flatten().is_some_and(|(value, _)| value.is_object());
            if !exists {
                transaction.put_object(&object, key, ObjType::Map).map_err(|_| missing())?;
            }
        }
        Write::Put(_, scalar) => {
            let value = to_am_scalar(scalar);
            let present = transaction.get_all(&object, key).map_err(|_| missing())?;
            let is_same = match present.as_slice() {
                [(found, _)] => found.as_scalar() == Some(&value),
                [] => *scalar == Scalar::Null,
                _ => false,
            };
            if !is_same {
                transaction.put(&object, key, value).map_err(|_| missing())?;
            }
        }
        Write::Delete(_) => transaction.delete(&object, key).map_err(|_| missing())?,
    }
    Ok(())
}

fn genesis_hash() -> automerge::ChangeHash {
    static HASH: std::sync::OnceLock<automerge::ChangeHash> = std::sync::OnceLock::new();
    *HASH.get_or_init(|| {
        let document = Automerge::load(GENESIS_1).expect("the committed initial change loads");
        document.get_heads().first().copied().expect("it holds one change")
    })
}

/// The heads of the empty order, which every first change builds on.
pub fn genesis_heads() -> Vec<ChangeHash> {
    vec![from_am_hash(genesis_hash())]
}

fn am_hash(hash: &ChangeHash) -> automerge::ChangeHash {
    automerge::ChangeHash(*hash.as_bytes())
}

const fn from_am_hash(hash: automerge::ChangeHash) -> ChangeHash {
    ChangeHash::from_bytes(hash.0)
}

fn from_am_actor(actor: &automerge::ActorId) -> ActorId {
    ActorId::from_slice(actor.to_bytes()).expect("the guard admits only actors of 16 bytes")
}

fn to_am_scalar(scalar: &Scalar) -> ScalarValue {
    match scalar {
        Scalar::Null => ScalarValue::Null,
        Scalar::Bool(value) => ScalarValue::Boolean(*value),
        Scalar::Int(value) => ScalarValue::Int(*value),
        Scalar::Uint(value) => ScalarValue::Uint(*value),
        Scalar::Float(value) => ScalarValue::F64(*value),
        Scalar::Text(value) => ScalarValue::Str(value.as_str().into()),
        Scalar::Bytes(value) => ScalarValue::Bytes(value.clone()),
        Scalar::Timestamp(value) => ScalarValue::Timestamp(*value),
    }
}

#[cfg(test)]
mod tests;
