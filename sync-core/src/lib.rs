//! The order document, its rules and the sync protocol. Pure: no I/O, no clock, no randomness of its own.

pub mod checklist;
pub mod document;
pub mod equipment_label;
pub mod evidence;
pub mod ids;
pub mod intake;
pub mod message;
pub mod order;
pub mod outbox;
mod pace;
pub mod projection;
pub mod replica;
pub mod rules;
pub mod session;
pub mod tax_id;
pub mod time;
pub mod upload;
pub mod voucher;
pub mod workflow;
