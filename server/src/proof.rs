//! What proves an order to people outside: the evidence file, the verification link, the audit chain. Never changes anything.

pub mod export_evidence;
pub mod keys;
mod link_token;
pub mod verification_link;
pub mod verify_order;

pub use keys::ProofKeys;
pub(crate) use link_token::{Bond, LinkToken};
