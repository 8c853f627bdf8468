//! Folds the status events into one status. Never recurses over events: a long history costs no stack.

use std::collections::BTreeMap;

use super::attention::Meetings;
use super::bits::{self, BitMatrix};
use super::graph::CausalGraph;
use super::settle::{Claim, Step};
use super::{FoldedStatus, HistoryStep, StatusEvent, StepOutcome, VoidEvent, VoidReason};
use crate::ids::EntryId;
use crate::workflow::{Role, State, StateKey, StatusCategory, Transition, Workflow};

/// Computes where an order stands from everything people did to its status.
///
/// The same events give the same answer on every replica, in whatever order they arrived and whatever their clocks
/// said. Damaged or hostile events become void, never a failure. An event that lacks the reason its step requires
/// counts all the same: `rules` ask for it, and recorded work is not thrown away for its absence.
pub fn fold(workflow: &Workflow, events: &BTreeMap<EntryId, StatusEvent>) -> FoldedStatus {
    let graph = CausalGraph::new(events);
    let mut ledger = Ledger::new(workflow, &graph);
    for event in &graph.order {
        ledger.weigh(*event);
    }
    ledger.finish()
}

/// What a set of events comes to.
struct Settled {
    /// The newest counting events among them and their past.
    candidates: Vec<u64>,
    /// The one that decides; `None` where every order begins.
    winner: Option<usize>,
}

struct Ledger<'a> {
    graph: &'a CausalGraph<'a>,
    initial: &'a StateKey,
    states: BTreeMap<&'a StateKey, &'a State>,
    transitions: BTreeMap<(&'a StateKey, &'a StateKey), &'a Transition>,
    /// The events that count.
    steps: Vec<Option<Step<'a>>>,
    /// For each event, the newest counting events among itself and its past.
    newest_steps: BitMatrix,
    meetings: Meetings,
    history: Vec<HistoryStep>,
}

impl<'a> Ledger<'a> {
    fn new(workflow: &'a Workflow, graph: &'a CausalGraph<'a>) -> Self {
        let event_count = graph.ids.len();
        let transitions = workflow.transitions.iter().rev().map(|step| ((&step.from, &step.to), step));
        Self {
            graph,
            initial: &workflow.initial,
            states: workflow.states.iter().rev().map(|state| (&state.key, state)).collect(),
            transitions: transitions.collect(),
            steps: vec![None; event_count],
            newest_steps: BitMatrix::new(event_count),
            meetings: Meetings::new(event_count),
            history: Vec::with_capacity(event_count),
        }
    }

    /// Decides what becomes of one event whose whole past has been weighed.
    fn weigh(&mut self, event: usize) {
        let settled = self.settle(&self.graph.parents[event]);
        self.record_meeting(&settled);
        let from = self.state_key(settled.winner);
        let verdict = self.judge(event, from);
        match verdict {
            Ok(Some(state)) => {
                self.steps[event] = Some(self.step(event, state, settled.winner));
                self.newest_steps.add(event, event);
            }
            Ok(None) | Err(_) => self.newest_steps.add_all(event, &settled.candidates),
        }
        let outcome = match verdict {
            Ok(Some(_)) => StepOutcome::Counted,
            Ok(None) => StepOutcome::Repeated,
            Err(why) => StepOutcome::Void(why),
        };
        self.history.push(history_step(self.graph.ids[event], self.graph.events[event], from, outcome));
    }

    /// The state a counting event leads to; nothing when the order stands there already.
    fn judge(&self, event: usize, from: &StateKey) -> Result<Option<&'a State>, VoidReason> {
        let StatusEvent { to, role, .. } = self.graph.events[event];
        if let Some(why) = self.graph.damage[event] {
            return Err(why);
        }
        if to == from {
            return Ok(None);
        }
        let state = self.states.get(to).ok_or(VoidReason::UnknownState)?;
        let transition = self.transitions.get(&(from, to)).ok_or(VoidReason::NoTransition)?;
        if transition.allows(*role) { Ok(Some(state)) } else { Err(VoidReason::RoleNotAllowed) }
    }

    fn step(&self, event: usize, state: &'a State, before: Option<usize>) -> Step<'a> {
        let StatusEvent { role, reason, .. } = self.graph.events[event];
        let claim = Claim::of(state.category);
        let earlier = before.and_then(|before| self.steps[before]);
        let from = self.states.get(self.state_key(before));
        Step {
            state,
            claim,
            claimed_first_by: earlier
                .filter(|step| step.claim == claim)
                .map_or(event, |step| step.claimed_first_by),
            is_back: from.is_some_and(|from| is_back(from, state)),
            has_reason: reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()),
            is_by_system: *role == Role::System,
        }
    }

    fn settle(&self, events: &[usize]) -> Settled {
        let mut candidates = self.newest_steps.empty_row();
        events.iter().for_each(|event| bits::union(&mut candidates, self.newest_steps.row(*event)));
        self.graph.keep_newest(&mut candidates);
        let winner = bits::members(&candidates)
            .max_by_key(|candidate| self.steps[*candidate].map(|step| step.precedence(*candidate)));
        Settled { candidates, winner }
    }

    fn record_meeting(&mut self, settled: &Settled) {
        if let Some(winner) = settled.winner {
            self.meetings.record(&settled.candidates, winner, &self.steps);
        }
    }

    fn state_key(&self, decided_by: Option<usize>) -> &'a StateKey {
        decided_by.and_then(|event| self.steps[event]).map_or(self.initial, |step| &step.state.key)
    }

    fn finish(mut self) -> FoldedStatus {
        let heads = self.graph.heads();
        let settled = self.settle(&heads);
        self.record_meeting(&settled);
        let state = self.state_key(settled.winner);
        let mut void: Vec<VoidEvent> = self.history.iter().filter_map(void_event).collect();
        void.sort_by_key(|void| void.id);
        FoldedStatus {
            state: state.clone(),
            category: self.states.get(state).map_or(StatusCategory::New, |state| state.category),
            heads: heads.into_iter().map(|event| self.graph.ids[event]).collect(),
            since: settled.winner.map(|event| self.graph.events[event].at),
            decided_by: settled.winner.map(|event| self.graph.ids[event]),
            attention: self.meetings.attention(self.graph, &self.steps, &void),
            history: self.history,
            void,
        }
    }
}

/// Whether a step turns back on the road; going on after a wait does not, wherever it leads.
fn is_back(from: &State, to: &State) -> bool {
    to.rank < from.rank && from.category != StatusCategory::Waiting
}

fn void_event(step: &HistoryStep) -> Option<VoidEvent> {
    match step.outcome {
        StepOutcome::Void(why) => Some(VoidEvent { id: step.id, why }),
        StepOutcome::Counted | StepOutcome::Repeated => None,
    }
}

fn history_step(id: EntryId, event: &StatusEvent, from: &StateKey, outcome: StepOutcome) -> HistoryStep {
    HistoryStep {
        id,
        from: from.clone(),
        to: event.to.clone(),
        by: event.by,
        role: event.role,
        at: event.at,
        reason: event.reason.clone(),
        outcome,
    }
}
