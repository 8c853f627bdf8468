//! A legal hold: a person's data must be kept, whoever asks for its erasure. Ended by archiving it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{RecordId, UserId};

use crate::reference::{OpenTo, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal, optional_date, require_text};
use crate::store::{Tx, users};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalHoldFields {
    /// Whose data it is: a customer's,
    #[serde(default)]
    pub customer_id: Option<RecordId>,
    /// or that of somebody who works here.
    #[serde(default)]
    pub user_id: Option<UserId>,
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
        match (self.customer_id, self.user_id) {
            (None, None) => Err(Refusal::invalid("customer_id", FieldProblem::Required)),
            (Some(_), Some(_)) => Err(Refusal::invalid("user_id", FieldProblem::Range)),
            (Some(_), None) | (None, Some(_)) => Ok(()),
        }
    }

    fn title(&self) -> &str {
        &self.reason
    }

    fn search_text(&self) -> String {
        self.reason.clone()
    }

    fn customer(&self) -> Option<RecordId> {
        self.customer_id
    }

    async fn check_references(&self, tx: &mut Tx, _: RecordId) -> Result<(), Refusal> {
        match self.user_id {
            Some(user) if users::get(tx, user).await?.is_none() => {
                Err(Refusal::invalid("user_id", FieldProblem::Unknown))
            }
            Some(_) | None => Ok(()),
        }
    }
}
