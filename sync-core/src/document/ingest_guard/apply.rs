//! Tries changes on a copy of a document; never on the document itself or on a copy that once panicked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, ChangeHash, LoadOptions};

use super::GuardedChange;

/// The document cannot be saved and loaded again with the same heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document does not survive being saved and loaded")]
pub struct Unloadable;

/// Applies changes, in order, to a copy of `document`.
///
/// A change is applied only when all it depends on is: nothing waits inside the document.
///
/// # Errors
///
/// The position of the first change that could not be applied. The copy is lost with it.
pub fn apply_guarded(document: &Automerge, changes: &[&GuardedChange]) -> Result<Automerge, usize> {
    let mut copy = document.clone();
    for (index, guarded) in changes.iter().enumerate() {
        // Moved in and out, so that a copy left half-changed by a panic is dropped inside.
        let applied = catch_unwind(AssertUnwindSafe(move || apply_one(copy, guarded)));
        copy = applied.ok().flatten().ok_or(index)?;
    }
    Ok(copy)
}

fn apply_one(mut copy: Automerge, guarded: &GuardedChange) -> Option<Automerge> {
    copy.apply_changes([guarded.change.clone()]).ok()?;
    let hash = ChangeHash(*guarded.header.hash.as_bytes());
    copy.get_change_meta_by_hash(&hash).is_some().then_some(copy)
}

/// Saves a document, loads the bytes and compares the heads. Returns the saved bytes.
///
/// # Errors
///
/// [`Unloadable`] when any step fails or panics.
pub fn verify_loadable(document: &Automerge) -> Result<Vec<u8>, Unloadable> {
    catch_unwind(AssertUnwindSafe(|| {
        let saved = document.save();
        let options = LoadOptions::new().text_encoding(document.text_encoding());
        let loaded = Automerge::load_with_options(&saved, options).map_err(|_| Unloadable)?;
        if loaded.get_heads() == document.get_heads() { Ok(saved) } else { Err(Unloadable) }
    }))
    .unwrap_or(Err(Unloadable))
}
