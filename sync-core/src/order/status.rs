//! The status of an order: what people's status events fold to. Never reads a clock and never takes the last writer.
//!
//! Events form a small causal graph by `after`. An event counts when the workflow has a step from the status settled in
//! its past to its `to` for its role; an event that repeats that status counts for nothing, and any other is void: kept,
//! shown, and put before a person. Where concurrent events meet, `settle` picks one by written rules, and `attention`
//! says which meetings a person must look at. Every replica that holds the same events computes the same answer.

mod attention;
mod bits;
mod cycles;
mod fold;
mod graph;
mod settle;

use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, UserId};
use crate::time::TimeClaim;
use crate::workflow::{Role, StateKey, StatusCategory};

pub use attention::{ATTENTION_COUNT_MAX, StatusAttention};
pub use fold::fold;

/// One step somebody took, as the order document keeps it. Never changed and never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEvent {
    /// Names the event in the order.
    pub id: EntryId,
    /// The status the author saw; told to people, while the fold derives it from `after`.
    pub from: StateKey,
    /// The status the author asked for.
    pub to: StateKey,
    /// The newest events the author knew: `FoldedStatus::heads` at that moment.
    pub after: Vec<EntryId>,
    /// Who took the step.
    pub by: UserId,
    /// In which role.
    pub role: Role,
    /// When, as far as known; decides nothing.
    pub at: TimeClaim,
    /// Why, in the author's words.
    pub reason: Option<String>,
}

/// What the status events of an order amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedStatus {
    /// Where the order stands.
    pub state: StateKey,
    /// What that state means.
    pub category: StatusCategory,
    /// The newest events, sorted: what the next event must name in `after`.
    pub heads: Vec<EntryId>,
    /// When the order came to stand there; `None` while it stands where every order begins.
    pub since: Option<TimeClaim>,
    /// The event that brought it there.
    pub decided_by: Option<EntryId>,
    /// Every event, each after everything its author knew; concurrent ones by id.
    pub history: Vec<HistoryStep>,
    /// The events that count for nothing because a rule forbids them, by id.
    pub void: Vec<VoidEvent>,
    /// What a person must look at, sorted and without repetition.
    pub attention: Vec<StatusAttention>,
}

/// One event as history tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryStep {
    /// The event.
    pub id: EntryId,
    /// The status settled in the event's past.
    pub from: StateKey,
    /// The status asked for.
    pub to: StateKey,
    /// Who took the step.
    pub by: UserId,
    /// In which role.
    pub role: Role,
    /// When, as far as known.
    pub at: TimeClaim,
    /// Why.
    pub reason: Option<String>,
    /// What became of it.
    pub outcome: StepOutcome,
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It moved the order, at least in the eyes of its author.
    Counted,
    /// The order already stood there.
    Repeated,
    /// A rule forbids it.
    Void(VoidReason),
}

/// An event that counts for nothing, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoidEvent {
    /// The event.
    pub id: EntryId,
    /// The rule it broke.
    pub why: VoidReason,
}

/// Why an event is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum VoidReason {
    /// `after` names an event the order does not have; no app writes that.
    UnknownPast,
    /// The event comes after itself; no app writes that.
    CyclicPast,
    /// The workflow has no such state, perhaps because the author's is newer.
    UnknownState,
    /// No step leads there from where the order stood.
    NoTransition,
    /// The step exists, but not for the author's role.
    RoleNotAllowed,
}

#[cfg(test)]
mod tests;
