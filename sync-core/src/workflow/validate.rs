//! Judges a workflow before it is saved. Never repairs one: every problem is told to the person who wrote it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Names, State, StateKey, StatusCategory, Transition, Workflow};

/// States one workflow may have.
pub const STATE_COUNT_MAX: usize = 64;
/// Transitions one workflow may have.
pub const TRANSITION_COUNT_MAX: usize = 512;
/// Characters in the key of a state and in the id of a workflow.
pub const KEY_LENGTH_MAX: usize = 64;
/// Characters in one name.
pub const NAME_LENGTH_MAX: usize = 80;

/// Why a workflow cannot be used. `code` in its JSON is the key of the sentence people read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WorkflowProblem {
    /// There are more states than [`STATE_COUNT_MAX`].
    TooManyStates { count: usize },
    /// There are more transitions than [`TRANSITION_COUNT_MAX`].
    TooManyTransitions { count: usize },
    /// A key or the workflow's id is empty, too long or holds other characters than `a-z 0-9 _ -`.
    KeyMalformed { key: String },
    /// A name has no English text, or one language's text is too long; without a state, the workflow's own name.
    NameMalformed { state: Option<StateKey> },
    /// Two states share a key.
    DuplicateState { state: StateKey },
    /// Two states share a rank, so concurrent steps to them would be settled by chance.
    DuplicateRank { state: StateKey, other: StateKey },
    /// The state orders begin in does not exist.
    InitialMissing { state: StateKey },
    /// A transition begins or ends in a state that does not exist.
    TransitionEndMissing { from: StateKey, to: StateKey, missing: StateKey },
    /// A transition leads to where it begins; repeating a step needs no transition.
    TransitionToItself { state: StateKey },
    /// Two transitions connect the same states.
    DuplicateTransition { from: StateKey, to: StateKey },
    /// Nobody may take the step.
    RoleMissing { from: StateKey, to: StateKey },
    /// No state ends an order.
    NoEnd,
    /// No way leads from the initial state to this one.
    Unreachable { state: StateKey },
    /// No step leaves this state, and it ends nothing.
    DeadState { state: StateKey },
    /// Steps leave this state, but none of the ways ends an order.
    NoWayToEnd { state: StateKey },
}

impl WorkflowProblem {
    /// The key of the sentence people read.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyStates { .. } => "too_many_states",
            Self::TooManyTransitions { .. } => "too_many_transitions",
            Self::KeyMalformed { .. } => "key_malformed",
            Self::NameMalformed { .. } => "name_malformed",
            Self::DuplicateState { .. } => "duplicate_state",
            Self::DuplicateRank { .. } => "duplicate_rank",
            Self::InitialMissing { .. } => "initial_missing",
            Self::TransitionEndMissing { .. } => "transition_end_missing",
            Self::TransitionToItself { .. } => "transition_to_itself",
            Self::DuplicateTransition { .. } => "duplicate_transition",
            Self::RoleMissing { .. } => "role_missing",
            Self::NoEnd => "no_end",
            Self::Unreachable { .. } => "unreachable",
            Self::DeadState { .. } => "dead_state",
            Self::NoWayToEnd { .. } => "no_way_to_end",
        }
    }
}

/// Checks that every order following the workflow can reach an end, and that no rule is left to chance.
///
/// An end is a closed or cancelled state, or a done state that no transition leaves.
///
/// # Errors
///
/// Every problem found. What the graph looks like is judged only when every state and transition is well formed.
pub fn validate(workflow: &Workflow) -> Result<(), Vec<WorkflowProblem>> {
    let mut problems = limit_problems(workflow);
    if problems.is_empty() {
        problems.extend(state_problems(workflow));
        problems.extend(transition_problems(workflow));
    }
    if problems.is_empty() {
        problems.extend(graph_problems(workflow));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn limit_problems(workflow: &Workflow) -> Vec<WorkflowProblem> {
    let (states, transitions) = (workflow.states.len(), workflow.transitions.len());
    let mut problems = Vec::new();
    if states > STATE_COUNT_MAX {
        problems.push(WorkflowProblem::TooManyStates { count: states });
    }
    if transitions > TRANSITION_COUNT_MAX {
        problems.push(WorkflowProblem::TooManyTransitions { count: transitions });
    }
    problems
}

fn state_problems(workflow: &Workflow) -> Vec<WorkflowProblem> {
    let mut problems = Vec::new();
    if !is_well_formed_key(&workflow.id) {
        problems.push(WorkflowProblem::KeyMalformed { key: workflow.id.clone() });
    }
    if !is_well_formed_name(&workflow.name) {
        problems.push(WorkflowProblem::NameMalformed { state: None });
    }
    let mut keys = BTreeSet::new();
    let mut ranks = BTreeMap::new();
    for State { key, name, rank, category: _ } in &workflow.states {
        if !is_well_formed_key(key.as_str()) {
            problems.push(WorkflowProblem::KeyMalformed { key: key.as_str().to_owned() });
        }
        if !is_well_formed_name(name) {
            problems.push(WorkflowProblem::NameMalformed { state: Some(key.clone()) });
        }
        if !keys.insert(key) {
            problems.push(WorkflowProblem::DuplicateState { state: key.clone() });
        } else if let Some(first) = ranks.insert(*rank, key) {
            problems.push(WorkflowProblem::DuplicateRank { state: first.clone(), other: key.clone() });
        }
    }
    if !keys.contains(&workflow.initial) {
        problems.push(WorkflowProblem::InitialMissing { state: workflow.initial.clone() });
    }
    problems
}

fn transition_problems(workflow: &Workflow) -> Vec<WorkflowProblem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for Transition { from, to, roles, .. } in &workflow.transitions {
        let ends = [from, to];
        let missing = ends.into_iter().find(|end| workflow.state(end).is_none());
        if let Some(missing) = missing.cloned() {
            problems.push(WorkflowProblem::TransitionEndMissing {
                from: from.clone(),
                to: to.clone(),
                missing,
            });
        }
        if from == to {
            problems.push(WorkflowProblem::TransitionToItself { state: from.clone() });
        }
        if !seen.insert(ends) {
            problems.push(WorkflowProblem::DuplicateTransition { from: from.clone(), to: to.clone() });
        }
        if roles.is_empty() {
            problems.push(WorkflowProblem::RoleMissing { from: from.clone(), to: to.clone() });
        }
    }
    problems
}

fn graph_problems(workflow: &Workflow) -> Vec<WorkflowProblem> {
    let forward = |step: &'_ Transition| (step.from.clone(), step.to.clone());
    let backward = |step: &'_ Transition| (step.to.clone(), step.from.clone());
    let ends: BTreeSet<StateKey> = workflow
        .states
        .iter()
        .filter(|state| is_end(workflow, state))
        .map(|state| state.key.clone())
        .collect();
    if ends.is_empty() {
        return vec![WorkflowProblem::NoEnd];
    }
    let reachable = closure(workflow, BTreeSet::from([workflow.initial.clone()]), forward);
    let can_end = closure(workflow, ends, backward);
    let mut problems = Vec::new();
    for State { key: state, .. } in &workflow.states {
        if !reachable.contains(state) {
            problems.push(WorkflowProblem::Unreachable { state: state.clone() });
        }
        if can_end.contains(state) {
            continue;
        }
        problems.push(if has_exit(workflow, state) {
            WorkflowProblem::NoWayToEnd { state: state.clone() }
        } else {
            WorkflowProblem::DeadState { state: state.clone() }
        });
    }
    problems
}

/// Whether an order may rest in the state for good.
fn is_end(workflow: &Workflow, state: &State) -> bool {
    state.category.is_final() || (state.category == StatusCategory::Done && !has_exit(workflow, &state.key))
}

fn has_exit(workflow: &Workflow, state: &StateKey) -> bool {
    workflow.transitions.iter().any(|step| step.from == *state)
}

/// Everything reachable from `states` along the edges, the starting states included.
fn closure(
    workflow: &Workflow,
    mut states: BTreeSet<StateKey>,
    edge: impl Fn(&Transition) -> (StateKey, StateKey),
) -> BTreeSet<StateKey> {
    // Each pass over the edges that adds something adds a state, so there are at most STATE_COUNT_MAX passes.
    loop {
        let count = states.len();
        for (from, to) in workflow.transitions.iter().map(&edge) {
            if states.contains(&from) {
                states.insert(to);
            }
        }
        if states.len() == count {
            return states;
        }
    }
}

/// Whether a key is a plain word, short enough.
pub fn is_well_formed_key(key: &str) -> bool {
    let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    !key.is_empty() && key.len() <= KEY_LENGTH_MAX && key.bytes().all(is_allowed)
}

/// Whether a name has an English text and every text is short enough.
pub fn is_well_formed_name(name: &Names) -> bool {
    !name.en.trim().is_empty() && name.all().all(|text| text.chars().count() <= NAME_LENGTH_MAX)
}

#[cfg(test)]
mod tests;
