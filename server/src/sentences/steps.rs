//! Tells steps through the workflow. Never judges them: the fold did.

use sync_core::ids::EntryId;
use sync_core::order::Order;
use sync_core::order::status::{HistoryStep, StatusAttention, StepOutcome, VoidReason};
use sync_core::workflow::{StateKey, Workflow};

use super::Wording;
use super::people::Who;
use super::values::when_claimed;
use super::words::{capitalised, say};

/// Tells one step of an order's history.
pub fn history_step(step: &HistoryStep, workflow: &Workflow, wording: &Wording<'_>) -> String {
    let moved = moved(step, workflow, wording);
    let sentence = match (step.outcome, &step.reason) {
        (StepOutcome::Void(why), _) => void(moved, &step.from, why, workflow, wording),
        (StepOutcome::Repeated, _) => say(wording.language, "step-repeated", &[("moved", moved.into())]),
        (StepOutcome::Counted, Some(reason)) => {
            let variables = [("moved", moved.into()), ("reason", reason.as_str().into())];
            say(wording.language, "step-reason", &variables)
        }
        (StepOutcome::Counted, None) => say(wording.language, "step", &[("moved", moved.into())]),
    };
    capitalised(&sentence)
}

/// Tells a meeting of steps that a person must look at.
pub fn status_attention(
    item: StatusAttention,
    order: &Order,
    workflow: &Workflow,
    wording: &Wording<'_>,
) -> String {
    let step = |id: EntryId| order.status.history.iter().find(|step| step.id == id);
    let state = state_name(&order.status.state, workflow, wording);
    let sentence = match item {
        StatusAttention::DoneBeatsCancel { cancel, done } => {
            step(cancel).zip(step(done)).map(|(cancel, done)| done_beats_cancel(cancel, done, wording))
        }
        StatusAttention::StatusOverruled { winner, loser } => step(winner).zip(step(loser)).map(|met| {
            let winner = moved(met.0, workflow, wording);
            let loser = moved(met.1, workflow, wording);
            let variables =
                [("winner", winner.into()), ("loser", loser.into()), ("state", state.as_str().into())];
            say(wording.language, "status-overruled", &variables)
        }),
        StatusAttention::RuleBroken { event, why } => {
            step(event).map(|step| void(moved(step, workflow, wording), &step.from, why, workflow, wording))
        }
    };
    let unclear = || say(wording.language, "status-unclear", &[("state", state.as_str().into())]);
    capitalised(&sentence.unwrap_or_else(unclear))
}

fn done_beats_cancel(cancel: &HistoryStep, done: &HistoryStep, wording: &Wording<'_>) -> String {
    let clause = |key: &str, step: &HistoryStep| {
        let when = when_claimed(&step.at, wording);
        Who::acting(step.by, step.role, wording).clause(key, &[("when", when.into())], wording)
    };
    let (cancelled, finished) = (clause("cancelled", cancel), clause("finished", done));
    let variables = [("cancelled", cancelled.into()), ("finished", finished.into())];
    say(wording.language, "done-beats-cancel", &variables)
}

fn moved(step: &HistoryStep, workflow: &Workflow, wording: &Wording<'_>) -> String {
    let state = state_name(&step.to, workflow, wording);
    let when = when_claimed(&step.at, wording);
    let variables = [("state", state.into()), ("when", when.into())];
    Who::acting(step.by, step.role, wording).clause("moved", &variables, wording)
}

fn void(
    moved: String,
    from: &StateKey,
    why: VoidReason,
    workflow: &Workflow,
    wording: &Wording<'_>,
) -> String {
    let key = match why {
        VoidReason::UnknownPast => "void-unknown_past",
        VoidReason::CyclicPast => "void-cyclic_past",
        VoidReason::UnknownState => "void-unknown_state",
        VoidReason::NoTransition => "void-no_transition",
        VoidReason::RoleNotAllowed => "void-role_not_allowed",
    };
    let why = say(wording.language, key, &[("from", state_name(from, workflow, wording).into())]);
    say(wording.language, "step-void", &[("moved", moved.into()), ("why", why.into())])
}

/// What the workflow calls a state; its key where the workflow has no such state.
pub fn state_name(key: &StateKey, workflow: &Workflow, wording: &Wording<'_>) -> String {
    let name = workflow.state(key).map(|state| state.name.in_language(wording.language.as_str()));
    name.unwrap_or(key.as_str()).to_owned()
}
