//! One hostile change and what must become of it.

use automerge::{Automerge, Change};
use sync_core::document::ingest_guard::{RefusalCode, verify_loadable};

use crate::base;
use crate::builder::Chunk;
use crate::pipeline::Outcome;

pub struct Case {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub expected: Expected,
    /// Whether Automerge alone accepts it and is left with a document that panics or cannot be loaded.
    pub ruins_unguarded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Refused(RefusalCode),
    MissingDeps,
    Forked,
}

impl Case {
    pub fn refused(name: &'static str, code: RefusalCode, chunk: &Chunk) -> Self {
        Self::of_bytes(name, code, chunk.bytes())
    }

    pub fn of_bytes(name: &'static str, code: RefusalCode, bytes: Vec<u8>) -> Self {
        Self { name, bytes, expected: Expected::Refused(code), ruins_unguarded: false }
    }

    pub fn ruinous(self) -> Self {
        Self { ruins_unguarded: true, ..self }
    }

    pub fn describes(&self, outcome: &Outcome) -> bool {
        match (outcome, self.expected) {
            (Outcome::Refused(refusal), Expected::Refused(code)) => refusal.code == code,
            (Outcome::MissingDeps, Expected::MissingDeps) | (Outcome::Forked, Expected::Forked) => true,
            _ => false,
        }
    }
}

/// Hands a change to Automerge without the guard. Whether the document survived.
pub fn survives_unguarded(bytes: &[u8]) -> bool {
    let change = Change::from_bytes(bytes.to_vec()).expect("the matrix claims that Automerge reads it");
    let mut document: Automerge = base::document();
    let applied = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        document.apply_changes([change]).map(|()| document)
    }));
    applied.is_ok_and(|applied| applied.is_ok_and(|document| verify_loadable(&document).is_ok()))
}
