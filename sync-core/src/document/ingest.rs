//! What the ingest guard does for one order document. Never judges who may write what.

use automerge::ReadDoc;

use super::ingest_guard::{
    GuardedChange, RawAction, Refusal, StructureVerdict, apply_guarded, check_structure, verify_loadable,
};
use super::{OrderDocument, Path, Write};
use crate::ids::ChangeHash;

/// What a document says of a change that is sound by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Examined {
    /// It fits, and writes these fields.
    Fits(Vec<Write>),
    /// It is part of the document.
    Duplicate,
    /// It builds on changes the document does not have.
    MissingDependencies(Vec<ChangeHash>),
    /// Another change has its actor and sequence number.
    Forked,
    /// It can never fit.
    Refused(Refusal),
}

impl OrderDocument {
    /// Holds a change against this document and names the fields it writes.
    pub fn examine(&self, change: &GuardedChange) -> Examined {
        match check_structure(self.automerge(), change) {
            StructureVerdict::Ok(operations) => {
                let write = |path: Vec<String>, action: &RawAction| {
                    let path = Path::new(path);
                    match action {
                        RawAction::MakeMap => Write::Make(path),
                        RawAction::Put(value) => Write::Put(path, value.clone()),
                        RawAction::Delete => Write::Delete(path),
                    }
                };
                let writes =
                    operations.into_iter().map(|resolved| write(resolved.path, &resolved.operation.action));
                Examined::Fits(writes.collect())
            }
            StructureVerdict::Duplicate => Examined::Duplicate,
            StructureVerdict::MissingDeps(hashes) => Examined::MissingDependencies(hashes),
            StructureVerdict::Forked => Examined::Forked,
            StructureVerdict::Refused(refusal) => Examined::Refused(refusal),
        }
    }

    /// A copy of this document with one examined change; `None` when it cannot be applied after all.
    pub fn with_change(&self, change: &GuardedChange) -> Option<Self> {
        apply_guarded(self.automerge(), &[change]).ok().map(|inner| Self { inner })
    }

    /// The saved document, loaded once to prove that it can be read; `None` when it cannot.
    pub fn verified_save(&self) -> Option<Vec<u8>> {
        verify_loadable(self.automerge()).ok()
    }

    /// How many actors have written.
    pub fn actor_count(&self) -> u64 {
        self.inner.stats().num_actors
    }
}
