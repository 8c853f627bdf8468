//! The road an order travels, as data an organization edits. Never runs a step: `order::status` folds what people did.

mod builtin;
mod guard;
mod lenient;
mod names;
mod role;
mod validate;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use guard::{Guard, GuardFacts};
pub use names::Names;
pub use role::Role;
pub use validate::{
    KEY_LENGTH_MAX, NAME_LENGTH_MAX, STATE_COUNT_MAX, TRANSITION_COUNT_MAX, WorkflowProblem,
    is_well_formed_key, is_well_formed_name, validate,
};

/// A workflow: states, the steps between them, and who may take them. Stored as JSON; unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Workflow {
    /// Names the workflow across its versions: `field-service`.
    pub id: String,
    /// Counts the published versions; an order keeps the version it began with.
    #[serde(default)]
    pub version: u32,
    /// What people call it.
    pub name: Names,
    /// Where an order without status events stands.
    pub initial: StateKey,
    /// Every state an order can stand in.
    pub states: Vec<State>,
    /// Every step between two states.
    pub transitions: Vec<Transition>,
}

/// Names one state within a workflow: lower-case letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateKey(String);

impl StateKey {
    /// Wraps the text of a key; `validate` judges its form.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StateKey {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

impl fmt::Display for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One state of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// Names the state in events and transitions.
    pub key: StateKey,
    /// What people call it.
    pub name: Names,
    /// What reports, colors and the status fold understand by it.
    pub category: StatusCategory,
    /// How far along the road the state is, unique in the workflow: of two concurrent steps the higher rank counts.
    pub rank: u32,
}

/// What a state means, whatever the organization calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum StatusCategory {
    /// Nobody has planned it.
    New,
    /// It has a plan.
    Scheduled,
    /// Somebody is on the way.
    Traveling,
    /// Somebody is at work.
    Working,
    /// It cannot go on until something arrives.
    Waiting,
    /// The work is over.
    Done,
    /// Everything is settled; the order is filed.
    Closed,
    /// It will not be done.
    Cancelled,
}

impl StatusCategory {
    /// The category as stored, which is also the key of its message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Scheduled => "scheduled",
            Self::Traveling => "traveling",
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the order is filed or given up.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether the work itself has been done.
    pub const fn is_work_done(self) -> bool {
        matches!(self, Self::Done | Self::Closed)
    }
}

/// One step from a state to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transition {
    /// Where the order stands before.
    pub from: StateKey,
    /// Where it stands after.
    pub to: StateKey,
    /// Who may take the step; `Role::System` may always.
    #[serde(deserialize_with = "lenient::known_only")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Role>"))]
    pub roles: Vec<Role>,
    /// What must hold before a person may take it.
    #[serde(default, deserialize_with = "lenient::known_only", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Guard>"))]
    pub guards: Vec<Guard>,
    /// What the server does after it was taken.
    #[serde(default, deserialize_with = "lenient::known_only", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Effect>"))]
    pub effects: Vec<Effect>,
    /// Whether the person must say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason_required: bool,
}

impl Transition {
    /// Whether somebody in `role` may take the step.
    pub fn allows(&self, role: Role) -> bool {
        role == Role::System || self.roles.contains(&role)
    }
}

/// What a step sets in motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Effect {
    /// The customer receives a message.
    TellCustomer,
    /// The office receives a message.
    TellOffice,
    /// The customer is asked how it went.
    AskForRating,
    /// The lines of the order become a sale.
    CreateSale,
}

impl Workflow {
    /// Finds a workflow that comes with Campo by its reference, such as `field-service@1`.
    pub fn builtin(reference: &str) -> Option<&'static Self> {
        builtin::workflows().iter().find(|workflow| workflow.reference() == reference)
    }

    /// Every workflow that comes with Campo.
    pub fn builtins() -> &'static [Self] {
        builtin::workflows()
    }

    /// How an order names the workflow and version it follows: `field-service@1`.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Finds a state by its key.
    pub fn state(&self, key: &StateKey) -> Option<&State> {
        self.states.iter().find(|state| state.key == *key)
    }

    /// What a state means; a state this workflow does not have counts as new.
    pub fn category(&self, key: &StateKey) -> StatusCategory {
        self.state(key).map_or(StatusCategory::New, |state| state.category)
    }

    /// Finds the step between two states.
    pub fn transition(&self, from: &StateKey, to: &StateKey) -> Option<&Transition> {
        self.transitions.iter().find(|transition| transition.from == *from && transition.to == *to)
    }

    /// The steps somebody in `role` may take from `state`, in the order the organization wrote them.
    pub fn transitions_from<'a>(&'a self, state: &StateKey, role: Role) -> Vec<&'a Transition> {
        self.transitions.iter().filter(|step| step.from == *state && step.allows(role)).collect()
    }

    /// The guards of a step that `facts` do not meet; none where there is no such step.
    pub fn unmet_guards(&self, from: &StateKey, to: &StateKey, facts: &GuardFacts) -> Vec<Guard> {
        self.transition(from, to)
            .map(|step| step.guards.iter().copied().filter(|guard| !guard.is_met_by(facts)).collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
