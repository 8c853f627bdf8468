//! A published version of a workflow. Never changed: an order that began with it goes on reading it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::workflow::{self, Workflow};

use crate::reference::strict::Strict;
use crate::reference::versions::{next_version, problems_of};
use crate::reference::{OpenTo, ReferenceFields};
use crate::refusal::Refusal;
use crate::store::Tx;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowFields {
    /// Its `version` is given by the server.
    pub workflow: Strict<Workflow>,
}

impl ReferenceFields for WorkflowFields {
    const KIND: &'static str = "workflow";
    const OUTLIVES_ARCHIVING: bool = true;
    const WRITERS: OpenTo = OpenTo::Admins;
    const IS_FIXED: bool = true;
    const UNIQUE_FIELD: &'static str = "workflow";

    fn check(&mut self) -> Result<(), Refusal> {
        problems_of("workflow", &self.workflow.unknown, workflow::validate(&self.workflow.value))
    }

    fn title(&self) -> &str {
        &self.workflow.value.name.en
    }

    fn search_text(&self) -> String {
        let workflow = &self.workflow.value;
        workflow.name.all().chain([workflow.id.as_str()]).collect::<Vec<_>>().join(" ")
    }

    fn unique_key(&self) -> Option<String> {
        Some(self.workflow.value.reference())
    }

    async fn settle(&mut self, tx: &mut Tx) -> Result<(), Refusal> {
        let id = self.workflow.value.id.clone();
        let ours = Workflow::builtins().iter().filter(|builtin| builtin.id == id);
        let newest = ours.map(|builtin| builtin.version).max().unwrap_or(0);
        let published = |fields: &Self| {
            let workflow = &fields.workflow.value;
            (workflow.id == id).then_some(workflow.version)
        };
        self.workflow.value.version = next_version(tx, newest, published).await?;
        Ok(())
    }
}
