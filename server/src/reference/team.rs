//! A team: people who work together, and who answers for them. Never says what one of them may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{RecordId, UserId};

use crate::reference::ReferenceFields;
use crate::reference::people::require_users;
use crate::refusal::{FieldProblem, Refusal, optional_text, require_text};
use crate::store::Tx;

const MEMBERS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamFields {
    pub name: String,
    /// The districts or customers it looks after, in the organization's own words.
    #[serde(default)]
    pub zone: String,
    #[serde(default)]
    pub manager_id: Option<UserId>,
    #[serde(default)]
    pub member_ids: Vec<UserId>,
}

impl ReferenceFields for TeamFields {
    const KIND: &'static str = "team";

    fn check(&mut self) -> Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.zone = optional_text("zone", &self.zone, 400)?;
        self.member_ids.sort();
        self.member_ids.dedup();
        if self.member_ids.len() > MEMBERS_MAX {
            return Err(Refusal::invalid("member_ids", FieldProblem::TooLong));
        }
        Ok(())
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        [&self.name, &self.zone].map(String::as_str).join(" ")
    }

    async fn check_references(&self, tx: &mut Tx, _id: RecordId) -> Result<(), Refusal> {
        require_users(tx, "manager_id", self.manager_id).await?;
        require_users(tx, "member_ids", self.member_ids.iter().copied()).await
    }
}
