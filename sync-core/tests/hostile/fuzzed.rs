//! What must hold for any bytes at all; the fuzz targets and the replay of their corpus both call it.

use automerge::{Automerge, Change};
use sync_core::document::ingest_guard::verify_loadable;

use crate::base;
use crate::builder::hash_of;
use crate::pipeline::{Outcome, ingest};

/// Refused, or a sound change in its own right: canonical, and the document loads with it.
pub fn is_refused_or_sound(bytes: &[u8]) -> bool {
    let mut document = base::document();
    match ingest(&mut document, bytes, hash_of(bytes)) {
        Outcome::Applied { .. } => {
            let change = Change::from_bytes(bytes.to_vec()).expect("it was applied");
            let saved = verify_loadable(&document).expect("the pipeline verified it");
            let stored = Automerge::load(&saved).expect("the pipeline verified it").get_changes(&[]);
            Change::from(change.decode()).raw_bytes() == bytes
                && stored.iter().any(|other| other.raw_bytes() == bytes)
        }
        Outcome::Refused(_) | Outcome::MissingDeps | Outcome::Forked => true,
        Outcome::Duplicate => false,
    }
}
