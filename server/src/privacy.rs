//! What is kept of one person: a copy for them, and its erasure. Never touches what was signed; it says what stays and why.
//!
//! LGPD art. 18, GDPR 15 to 20. Personal data sits in records that can be erased; orders name people by id. What an order
//! itself says (its reason, notes, photos, the names of its signers) is evidence of work done, and stays with it.

mod customer_copy;
mod erase_customer;
mod erase_user;

pub use customer_copy::{CustomerCopy, copy_of_customer};
pub use erase_customer::{ErasureReport, erase_customer};
pub use erase_user::{UserErasure, erase_user};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::refusal::{Refusal, require_text};

const REASON_LENGTH_MAX: usize = 500;

/// Why something is erased; the audit keeps it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// Such as the request's date and number; nothing about the person.
    pub reason: String,
}

impl ErasureRequest {
    fn checked(&self) -> Result<String, Refusal> {
        require_text("reason", &self.reason, REASON_LENGTH_MAX)
    }
}
