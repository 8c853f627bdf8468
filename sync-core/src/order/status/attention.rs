//! Says which meetings of status events a person must look at. Never decides for that person.
//!
//! Events meet where a later event names both branches in `after`, and at the heads. A meeting that an event recorded
//! stays one, so its item stays until a person decides, however the order goes on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bits::{self, BitMatrix};
use super::graph::CausalGraph;
use super::settle::{Claim, Step};
use super::{VoidEvent, VoidReason};
use crate::ids::EntryId;
use crate::workflow::StatusCategory;

/// Items one order reports; only a flood of hostile events reaches it.
pub const ATTENTION_COUNT_MAX: usize = 1_000;

/// Something about the status that a person must decide or should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum StatusAttention {
    /// One person cancelled and another finished, neither knowing of the other; the work counts.
    DoneBeatsCancel {
        /// The cancel that gave way.
        cancel: EntryId,
        /// The event that first said the work was done.
        done: EntryId,
    },
    /// A step somebody took on purpose gave way to a concurrent one.
    StatusOverruled {
        /// The step that counts.
        winner: EntryId,
        /// The step that gave way.
        loser: EntryId,
    },
    /// A step counts for nothing.
    RuleBroken {
        /// The void event.
        event: EntryId,
        /// The rule it broke.
        why: VoidReason,
    },
}

impl StatusAttention {
    /// Names the item: the same on every replica, and for as long as the same events met.
    pub fn key(&self) -> String {
        match self {
            Self::DoneBeatsCancel { cancel, done } => format!("done_beats_cancel/{cancel}/{done}"),
            Self::StatusOverruled { winner, loser } => format!("status_overruled/{winner}/{loser}"),
            Self::RuleBroken { event, why: _ } => format!("rule_broken/{event}"),
        }
    }
}

/// Whether a person is told that `loser` gave way to `winner`, which leads to another state.
///
/// | the loser's state | open order won | cancel won | done work won |
/// |---|---|---|---|
/// | new, scheduled | progress, not told | not told | not told |
/// | traveling, working | progress, not told | told: somebody works for nothing | progress, not told |
/// | waiting | told | told | told |
/// | cancelled | cannot be | told | told as done beats cancel |
/// | done, closed | cannot be | cannot be | progress, not told |
///
/// A step that turns back or gives a reason was taken on purpose and is always told; a step of Campo itself never is.
/// Going on after a wait is no turning back.
pub fn is_told(winner: &Step<'_>, loser: &Step<'_>) -> bool {
    if loser.is_by_system || winner.state.key == loser.state.key || is_done_against_cancel(winner, loser) {
        return false;
    }
    if loser.is_back || loser.has_reason {
        return true;
    }
    match loser.state.category {
        StatusCategory::New | StatusCategory::Scheduled | StatusCategory::Done | StatusCategory::Closed => {
            false
        }
        StatusCategory::Traveling | StatusCategory::Working => winner.claim == Claim::Cancelled,
        StatusCategory::Waiting | StatusCategory::Cancelled => true,
    }
}

fn is_done_against_cancel(winner: &Step<'_>, loser: &Step<'_>) -> bool {
    winner.claim == Claim::WorkDone && loser.claim == Claim::Cancelled
}

/// Which concurrent steps met.
pub struct Meetings {
    /// Against each winner, the steps that gave way.
    overruled: BitMatrix,
    /// Against each cancel, the steps that say the work was done.
    done: BitMatrix,
}

impl Meetings {
    pub fn new(event_count: usize) -> Self {
        Self { overruled: BitMatrix::new(event_count), done: BitMatrix::new(event_count) }
    }

    /// Records that `candidates` met and `winner` was settled on.
    pub fn record(&mut self, candidates: &[u64], winner: usize, steps: &[Option<Step<'_>>]) {
        self.overruled.add_all(winner, candidates);
        let with_claim = |claim| {
            bits::members(candidates)
                .filter(move |event| steps[*event].is_some_and(|step| step.claim == claim))
        };
        let mut done = self.done.empty_row();
        with_claim(Claim::WorkDone).for_each(|event| bits::insert(&mut done, event));
        with_claim(Claim::Cancelled).for_each(|cancel| self.done.add_all(cancel, &done));
    }

    /// Everything a person must look at, sorted; past [`ATTENTION_COUNT_MAX`] items, what matters least is left out.
    pub fn attention(
        &self,
        graph: &CausalGraph<'_>,
        steps: &[Option<Step<'_>>],
        void: &[VoidEvent],
    ) -> Vec<StatusAttention> {
        let broken = void.iter().map(|void| StatusAttention::RuleBroken { event: void.id, why: void.why });
        let mut items = BTreeSet::new();
        for item in self.cancels(graph, steps).chain(broken).chain(self.overruled(graph, steps)) {
            items.insert(item);
            if items.len() == ATTENTION_COUNT_MAX {
                break;
            }
        }
        items.into_iter().collect()
    }

    fn cancels<'a>(
        &'a self,
        graph: &'a CausalGraph<'_>,
        steps: &'a [Option<Step<'_>>],
    ) -> impl Iterator<Item = StatusAttention> + 'a {
        pairs(&self.done).map(|(cancel, done)| StatusAttention::DoneBeatsCancel {
            cancel: graph.ids[first_unknown_to(done, cancel, graph, steps)],
            done: graph.ids[first_unknown_to(cancel, done, graph, steps)],
        })
    }

    fn overruled<'a>(
        &'a self,
        graph: &'a CausalGraph<'_>,
        steps: &'a [Option<Step<'_>>],
    ) -> impl Iterator<Item = StatusAttention> + 'a {
        let is_told = |(winner, loser): &(usize, usize)| match (&steps[*winner], &steps[*loser]) {
            (Some(winner), Some(loser)) => is_told(winner, loser),
            _ => false,
        };
        pairs(&self.overruled).filter(is_told).map(|(winner, loser)| StatusAttention::StatusOverruled {
            winner: graph.ids[winner],
            loser: graph.ids[loser],
        })
    }
}

/// The step that first made the claim `event` makes, or `event` itself when the other party knew of that first step.
fn first_unknown_to(
    other: usize,
    event: usize,
    graph: &CausalGraph<'_>,
    steps: &[Option<Step<'_>>],
) -> usize {
    let first = steps[event].map_or(event, |step| step.claimed_first_by);
    if graph.past.holds(other, first) { event } else { first }
}

fn pairs(matrix: &BitMatrix) -> impl Iterator<Item = (usize, usize)> + '_ {
    (0..matrix.event_count())
        .flat_map(|event| bits::members(matrix.row(event)).map(move |member| (event, member)))
}
