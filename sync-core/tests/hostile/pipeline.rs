//! The guard as the server runs it, without the policy on who may write what.

use automerge::Automerge;
use sync_core::document::ingest_guard::{
    Limits, Refusal, RefusalCode, StructureVerdict, apply_guarded, check_structure, parse, verify_loadable,
};
use sync_core::ids::ChangeHash;

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Applied { operations: u64 },
    Duplicate,
    MissingDeps,
    Forked,
    Refused(Refusal),
}

impl Outcome {
    pub fn refused(code: RefusalCode) -> Self {
        Self::Refused(code.into())
    }

    pub fn code(&self) -> Option<RefusalCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            Self::Applied { .. } | Self::Duplicate | Self::MissingDeps | Self::Forked => None,
        }
    }
}

/// Takes one change through every step; replaces `document` only when all of them pass.
pub fn ingest(document: &mut Automerge, bytes: &[u8], claimed: ChangeHash) -> Outcome {
    let change = match parse(bytes, claimed, &Limits::default()) {
        Ok(change) => change,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    match check_structure(document, &change) {
        StructureVerdict::Ok(_) => {}
        StructureVerdict::Duplicate => return Outcome::Duplicate,
        StructureVerdict::MissingDeps(_) => return Outcome::MissingDeps,
        StructureVerdict::Forked => return Outcome::Forked,
        StructureVerdict::Refused(refusal) => return Outcome::Refused(refusal),
    }
    let Ok(applied) = apply_guarded(document, &[&change]) else {
        return Outcome::refused(RefusalCode::Unloadable);
    };
    if verify_loadable(&applied).is_err() {
        return Outcome::refused(RefusalCode::Unloadable);
    }
    *document = applied;
    Outcome::Applied { operations: change.header.operation_count }
}
