//! What a signature covers: the canonical snapshot a signer saw, its hash, and what changed since. Never reads a clock.
//!
//! A signature binds a version of the order ([`Snapshot`]). The version stays readable for ever, because its text is part of
//! the signature entry; whatever the order says later is compared with it field by field ([`differences`]).

mod audit_link;
pub mod covered;
mod difference;
pub mod file;
mod record;
mod signing;
mod snapshot;
pub mod strokes;

pub use audit_link::AuditLink;
pub use difference::{Difference, differences};
pub use record::{seal_text, unsealed_record};
pub use signing::{Signing, changes_since, signing, twice_signed};
pub use snapshot::{Snapshot, SnapshotError};

#[cfg(test)]
mod tests;
