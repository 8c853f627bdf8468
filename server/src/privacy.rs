//! What is kept of one person: a copy for them, and its erasure. Never touches what was signed; it says what stays and why.
//!
//! LGPD art. 18, GDPR 15 to 20. Personal data sits in records that can be erased; orders name people by id. What an order
//! itself says (its reason, notes, photos, the names of its signers) is evidence of work done, and stays with it.

mod customer_copy;
mod erase_customer;
mod erase_user;
mod user_copy;

pub use customer_copy::{CustomerCopy, copy_of_customer};
pub use erase_customer::{ErasureReport, erase_customer};
pub use erase_user::{UserErasure, erase_user};
pub use user_copy::{UserCopy, copy_of_user};

use schemars::JsonSchema;
use serde::Deserialize;

use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use crate::reference::{LegalHoldFields, Record};
use crate::refusal::{Refusal, require_text};
use crate::store::{StoreError, Tx, records};

const REASON_LENGTH_MAX: usize = 500;

/// Why something is erased; the audit keeps it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// Such as the request's date and number; nothing about the person.
    pub reason: String,
}

/// The holds on somebody who works here, ended ones too.
async fn holds_on_user(tx: &mut Tx, user: UserId) -> Result<Vec<Record<LegalHoldFields>>, StoreError> {
    let holds = records::all::<LegalHoldFields>(tx).await?;
    Ok(holds.into_iter().filter(|hold| hold.fields.user_id == Some(user)).collect())
}

/// Whether any of these holds is in force.
fn is_held(holds: &[Record<LegalHoldFields>], now: Timestamp) -> bool {
    let today = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let today = today.strftime("%Y-%m-%d").to_string();
    holds.iter().any(|hold| !hold.archived && hold.fields.holds_on(&today))
}

impl ErasureRequest {
    fn checked(&self) -> Result<String, Refusal> {
        require_text("reason", &self.reason, REASON_LENGTH_MAX)
    }
}
