//! A kind of order: what an order of that kind begins with. Never changes an order that exists.

use serde::{Deserialize, Serialize};

use super::command::NewOrder;
use super::plan::{Place, Priority};
use crate::workflow::Names;

/// What an order of a kind begins with. Stored as JSON; unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderKind {
    /// Names the kind in orders: lower-case letters, digits, `_` and `-`.
    pub key: String,
    /// What people call it.
    pub name: Names,
    /// The workflow and its version, such as `repair@2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The checklist template and its version, such as `chiller@3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<String>,
    /// How soon such an order usually matters.
    #[serde(default)]
    pub priority: Priority,
    /// Where it is usually done.
    #[serde(default)]
    pub place: Place,
    /// How long it usually takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_minutes: Option<u32>,
}

impl OrderKind {
    /// Fills in what a new order of this kind leaves open. What it pins, it pins for good.
    pub fn fill(&self, new: &mut NewOrder) {
        new.workflow = new.workflow.take().or_else(|| self.workflow.clone());
        new.checklist = new.checklist.take().or_else(|| self.checklist.clone());
        new.duration_minutes = new.duration_minutes.or(self.duration_minutes);
        if new.priority == Priority::default() {
            new.priority = self.priority;
        }
        if new.place == Place::default() {
            new.place = self.place;
        }
    }
}
