//! Decides whether bytes from a device may reach Automerge; never hands over what it has not read itself.
//!
//! Cheapest checks first, each its own submodule: [`prescan`] counts what a change would expand to without
//! expanding it, [`parse`] decodes it and insists on its canonical form, [`check_structure`] holds it against
//! the document, and [`apply_guarded`] with [`verify_loadable`] tries it on a copy. A change that passes all
//! of them leaves a document that can be saved and loaded again. Whether its author was *allowed* to write
//! those fields is decided elsewhere.

mod apply;
mod parse;
mod prescan;
mod structure;

pub use apply::{Unloadable, apply_guarded, verify_loadable};
pub use parse::{GuardedChange, RawAction, RawObject, RawOp, parse};
pub use prescan::{ScannedHeader, prescan};
pub use structure::{ResolvedOp, StructureVerdict, check_structure, document_max_op};

/// How far above the largest operation counter of its order a change may begin.
pub const START_OP_AHEAD_MAX: u64 = 1_000_000;

/// What one change may contain. The defaults are the start values of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the whole change in bytes.
    pub change_bytes_max: usize,
    /// Operations after every run is expanded.
    pub operations_max: u64,
    /// Predecessors of all operations together.
    pub predecessors_max: u64,
    /// Sum of the key lengths of all operations, in bytes.
    pub expanded_key_bytes_max: u64,
    /// Length of one key in bytes.
    pub key_bytes_max: usize,
    /// Length of one text value, or of the commit message, in bytes.
    pub string_bytes_max: u64,
    /// Operation counters stay below this.
    pub op_counter_end: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            change_bytes_max: 256 * 1024,
            operations_max: 10_000,
            predecessors_max: 10_000,
            expanded_key_bytes_max: 1024 * 1024,
            key_bytes_max: 256,
            string_bytes_max: 64 * 1024,
            op_counter_end: 1 << 31,
        }
    }
}

/// Why a change is never accepted in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalCode {
    /// The bytes are a sound change, but not the one that was announced.
    HashMismatch,
    /// The bytes are damaged: no chunk, not all of it, or its checksum differs.
    Checksum,
    /// A document, compressed or bundle chunk.
    ChunkType,
    /// It would expand to more operations, predecessors or key bytes than allowed.
    TooManyOps,
    /// More bytes than allowed.
    TooLarge,
    /// Another encoding of the same change exists and is the right one.
    NotCanonical,
    /// Malformed, or at odds with the document.
    Structure,
    /// Its operation counters would collide with the past or exhaust the future.
    StartOp,
    /// The document could not be applied, saved or loaded with it.
    Unloadable,
    /// Well formed, but of a kind that this schema does not use: held, not rejected.
    Unsupported,
}

impl RefusalCode {
    /// The stable word sent to devices.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HashMismatch => "hash_mismatch",
            Self::Checksum => "checksum",
            Self::ChunkType => "chunk_type",
            Self::TooManyOps => "too_many_ops",
            Self::TooLarge => "too_large",
            Self::NotCanonical => "not_canonical",
            Self::Structure => "structure",
            Self::StartOp => "start_op",
            Self::Unloadable => "unloadable",
            Self::Unsupported => "unsupported",
        }
    }
}

/// A refused change: the code, and the place in the order where one operation was to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("change refused: {}", code.as_str())]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// The touched path, its keys joined by `/`, when one operation is to blame.
    pub path: Option<String>,
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self { code, path: None }
    }
}
