//! A skill: what a kind of order asks of the person who does it. Never who has it, which is in staff profiles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reference::ReferenceFields;
use crate::refusal::{Refusal, optional_text, require_text};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkillFields {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// Nobody has it without a certificate that names its last day.
    #[serde(default)]
    pub certificate_required: bool,
}

impl ReferenceFields for SkillFields {
    const KIND: &'static str = "skill";
    const UNIQUE_FIELD: &'static str = "name";

    fn check(&mut self) -> Result<(), Refusal> {
        self.name = require_text("name", &self.name, 100)?;
        self.description = optional_text("description", &self.description, 1_000)?;
        Ok(())
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        [&self.name, &self.description].map(String::as_str).join(" ")
    }

    fn unique_key(&self) -> Option<String> {
        Some(crate::search_text::fold(&self.name))
    }
}
