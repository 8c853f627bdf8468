//! A legal hold: a customer's data must be kept, whoever asks for its erasure. Ended by archiving it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::reference::{OpenTo, ReferenceFields};
use crate::refusal::{Refusal, optional_date, require_text};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalHoldFields {
    pub customer_id: RecordId,
    /// The proceeding or the law.
    pub reason: String,
    /// Its last day, `YYYY-MM-DD`; until it is archived when empty.
    #[serde(default)]
    pub until: String,
}

impl LegalHoldFields {
    /// Whether it holds on a day, `YYYY-MM-DD`.
    pub fn holds_on(&self, day: &str) -> bool {
        self.until.is_empty() || self.until.as_str() >= day
    }
}

impl ReferenceFields for LegalHoldFields {
    const KIND: &'static str = "legal_hold";
    const FOR_PHONES: bool = false;
    const READERS: OpenTo = OpenTo::Admins;
    const WRITERS: OpenTo = OpenTo::Admins;

    fn check(&mut self) -> Result<(), Refusal> {
        self.reason = require_text("reason", &self.reason, 500)?;
        self.until = optional_date("until", &self.until)?;
        Ok(())
    }

    fn title(&self) -> &str {
        &self.reason
    }

    fn search_text(&self) -> String {
        self.reason.clone()
    }

    fn customer(&self) -> Option<RecordId> {
        Some(self.customer_id)
    }
}
