//! A published version of a checklist template. Never changed: an order that began with it goes on asking it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::checklist::{self, ChecklistTemplate};

use crate::reference::ReferenceFields;
use crate::reference::strict::Strict;
use crate::reference::versions::{next_version, problems_of};
use crate::refusal::Refusal;
use crate::store::Tx;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistTemplateFields {
    /// Its `version` is given by the server.
    pub template: Strict<ChecklistTemplate>,
}

impl ReferenceFields for ChecklistTemplateFields {
    const KIND: &'static str = "checklist_template";
    const OUTLIVES_ARCHIVING: bool = true;
    const IS_FIXED: bool = true;
    const UNIQUE_FIELD: &'static str = "template";

    fn check(&mut self) -> Result<(), Refusal> {
        problems_of("template", &self.template.unknown, checklist::validate(&self.template.value))
    }

    fn title(&self) -> &str {
        &self.template.value.name.en
    }

    fn search_text(&self) -> String {
        let template = &self.template.value;
        template.name.all().chain([template.id.as_str()]).collect::<Vec<_>>().join(" ")
    }

    fn unique_key(&self) -> Option<String> {
        Some(self.template.value.reference())
    }

    async fn settle(&mut self, tx: &mut Tx) -> Result<(), Refusal> {
        let id = self.template.value.id.clone();
        let published = |fields: &Self| {
            let template = &fields.template.value;
            (template.id == id).then_some(template.version)
        };
        self.template.value.version = next_version(tx, 0, published).await?;
        Ok(())
    }
}
