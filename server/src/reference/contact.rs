//! A contact: a person at a customer. Never a user of Campo.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::messages::Language;
use crate::reference::{Record, ReferenceFields};
use crate::refusal::{Refusal, optional_email, optional_phone, optional_text, require_text};
use crate::store::{self, ListPage, Result, Tx};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactFields {
    pub customer_id: RecordId,
    pub name: String,
    /// What the person is there: owner, caretaker, accounts.
    #[serde(default)]
    pub position: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub language: Option<Language>,
}

impl ReferenceFields for ContactFields {
    const KIND: &'static str = "contact";

    fn check(&mut self) -> std::result::Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.position = optional_text("position", &self.position, 100)?;
        self.email = optional_email("email", &self.email)?;
        self.phone = optional_phone("phone", &self.phone)?;
        Ok(())
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        [&self.name, &self.position, &self.email, &self.phone].map(String::as_str).join(" ")
    }

    fn customer(&self) -> Option<RecordId> {
        Some(self.customer_id)
    }

    async fn save(tx: &mut Tx, record: &Record<Self>) -> Result<bool> {
        store::contacts::save(tx, record).await
    }

    async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Record<Self>>> {
        store::contacts::get(tx, id).await
    }

    async fn list(tx: &mut Tx, page: &ListPage) -> Result<Vec<Record<Self>>> {
        store::contacts::list(tx, page).await
    }
}
