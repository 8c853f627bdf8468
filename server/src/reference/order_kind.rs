//! A kind of order: what new orders of it begin with. Never touches an order that exists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;
use sync_core::order::OrderKind;
use sync_core::workflow::{Workflow, is_well_formed_key, is_well_formed_name};

use crate::reference::{
    ChecklistTemplateFields, OpenTo, ReferenceFields, SkillFields, WorkflowFields, strict::Strict,
};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::{Tx, records};

const DURATION_MINUTES_MAX: u32 = 60 * 24 * 365;
const SKILLS_MAX: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderKindFields {
    #[serde(flatten)]
    pub kind: Strict<OrderKind>,
    /// What whoever does it must be able to do.
    #[serde(default)]
    pub skill_ids: Vec<RecordId>,
}

impl ReferenceFields for OrderKindFields {
    const KIND: &'static str = "order_kind";
    const OUTLIVES_ARCHIVING: bool = true;
    const WRITERS: OpenTo = OpenTo::Admins;
    const UNIQUE_FIELD: &'static str = "key";

    fn check(&mut self) -> Result<(), Refusal> {
        let kind = &self.kind.value;
        if self.kind.unknown.iter().any(|place| place != "skill_ids") {
            return Err(Refusal::invalid("body", FieldProblem::Unknown));
        }
        if !is_well_formed_key(&kind.key) {
            return Err(Refusal::invalid("key", FieldProblem::Format));
        }
        if !is_well_formed_name(&kind.name) {
            return Err(Refusal::invalid("name", FieldProblem::Required));
        }
        if kind.duration_minutes.is_some_and(|minutes| !(1..=DURATION_MINUTES_MAX).contains(&minutes)) {
            return Err(Refusal::invalid("duration_minutes", FieldProblem::Range));
        }
        self.skill_ids.sort();
        self.skill_ids.dedup();
        if self.skill_ids.len() > SKILLS_MAX {
            return Err(Refusal::invalid("skill_ids", FieldProblem::TooLong));
        }
        Ok(())
    }

    fn title(&self) -> &str {
        &self.kind.value.name.en
    }

    fn search_text(&self) -> String {
        let kind = &self.kind.value;
        kind.name.all().chain([kind.key.as_str()]).collect::<Vec<_>>().join(" ")
    }

    fn unique_key(&self) -> Option<String> {
        Some(self.kind.value.key.clone())
    }

    async fn check_references(&self, tx: &mut Tx, _id: RecordId) -> Result<(), Refusal> {
        let kind = &self.kind.value;
        if let Some(reference) = &kind.workflow {
            let is_ours = Workflow::builtin(reference).is_some();
            if !is_ours && records::find::<WorkflowFields>(tx, reference).await?.is_none() {
                return Err(Refusal::invalid("workflow", FieldProblem::Unknown));
            }
        }
        if let Some(reference) = &kind.checklist
            && records::find::<ChecklistTemplateFields>(tx, reference).await?.is_none()
        {
            return Err(Refusal::invalid("checklist", FieldProblem::Unknown));
        }
        for skill in &self.skill_ids {
            if SkillFields::get(tx, *skill).await?.is_none() {
                return Err(Refusal::invalid("skill_ids", FieldProblem::Unknown));
            }
        }
        Ok(())
    }
}
