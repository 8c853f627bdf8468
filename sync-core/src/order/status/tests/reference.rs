//! The same fold by its definition: sets, recursion and no care for time. Never shares code with the real one.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Events;
use crate::ids::EntryId;
use crate::order::status::{FoldedStatus, StatusAttention, VoidReason};
use crate::workflow::{Role, StateKey, StatusCategory, Workflow};

/// What both folds must agree on.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    pub state: StateKey,
    pub decided_by: Option<EntryId>,
    pub heads: Vec<EntryId>,
    pub void: Vec<(EntryId, VoidReason)>,
    pub attention: BTreeSet<String>,
}

pub fn summary_of(folded: &FoldedStatus) -> Summary {
    Summary {
        state: folded.state.clone(),
        decided_by: folded.decided_by,
        heads: folded.heads.clone(),
        void: folded.void.iter().map(|void| (void.id, void.why)).collect(),
        attention: folded.attention.iter().map(StatusAttention::key).collect(),
    }
}

pub fn reference_fold(workflow: &Workflow, events: &Events) -> Summary {
    let mut definition = Definition { workflow, events, pasts: BTreeMap::new(), verdicts: BTreeMap::new() };
    for id in events.keys() {
        let past = definition.past(*id);
        definition.pasts.insert(*id, past);
    }
    let everything: BTreeSet<EntryId> = events.keys().copied().collect();
    let heads = definition.newest(&everything);
    let void: Vec<(EntryId, VoidReason)> =
        everything.iter().filter_map(|id| Some((*id, definition.verdict(*id).err()?))).collect();
    let decided_by = definition.decider(&everything);
    Summary {
        state: definition.state_after(&everything),
        decided_by,
        heads: heads.into_iter().collect(),
        attention: definition.attention(&void),
        void,
    }
}

type Verdict = Result<bool, VoidReason>;

struct Definition<'a> {
    workflow: &'a Workflow,
    events: &'a Events,
    pasts: BTreeMap<EntryId, BTreeSet<EntryId>>,
    verdicts: BTreeMap<EntryId, Verdict>,
}

impl Definition<'_> {
    /// Everything named, directly or not, whether or not it forms a circle.
    fn named(&self, id: EntryId, found: &mut BTreeSet<EntryId>) {
        for parent in &self.events[&id].after {
            if self.events.contains_key(parent) && found.insert(*parent) {
                self.named(*parent, found);
            }
        }
    }

    fn all_named(&self, id: EntryId) -> BTreeSet<EntryId> {
        let mut found = BTreeSet::new();
        self.named(id, &mut found);
        found
    }

    /// Everything reached by names that do not lead into the event's own circle.
    fn past(&self, id: EntryId) -> BTreeSet<EntryId> {
        let named = self.events[&id].after.iter().filter(|parent| self.events.contains_key(parent));
        let earlier = named.filter(|parent| **parent != id && !self.all_named(**parent).contains(&id));
        earlier.flat_map(|parent| self.past(*parent).into_iter().chain([*parent])).collect()
    }

    fn damage(&self, id: EntryId) -> Option<VoidReason> {
        if self.all_named(id).contains(&id) {
            return Some(VoidReason::CyclicPast);
        }
        let is_unknown = |parent: &EntryId| !self.events.contains_key(parent);
        self.events[&id].after.iter().any(is_unknown).then_some(VoidReason::UnknownPast)
    }

    /// `Ok(true)` when the event counts, `Ok(false)` when it repeats.
    fn verdict(&mut self, id: EntryId) -> Verdict {
        if let Some(verdict) = self.verdicts.get(&id) {
            return *verdict;
        }
        let from = self.state_after(&self.pasts[&id].clone());
        let event = &self.events[&id];
        let verdict = if let Some(why) = self.damage(id) {
            Err(why)
        } else if event.to == from {
            Ok(false)
        } else if self.workflow.states.iter().all(|state| state.key != event.to) {
            Err(VoidReason::UnknownState)
        } else {
            match self.workflow.transition(&from, &event.to) {
                None => Err(VoidReason::NoTransition),
                Some(step) if step.roles.contains(&event.role) || event.role == Role::System => Ok(true),
                Some(_) => Err(VoidReason::RoleNotAllowed),
            }
        };
        self.verdicts.insert(id, verdict);
        verdict
    }

    /// Those of a set that no other of the set comes after.
    fn newest(&self, set: &BTreeSet<EntryId>) -> BTreeSet<EntryId> {
        set.iter().copied().filter(|id| set.iter().all(|other| !self.pasts[other].contains(id))).collect()
    }

    fn candidates(&mut self, set: &BTreeSet<EntryId>) -> BTreeSet<EntryId> {
        let counting: BTreeSet<EntryId> =
            set.iter().copied().filter(|id| self.verdict(*id) == Ok(true)).collect();
        self.newest(&counting)
    }

    fn decider(&mut self, set: &BTreeSet<EntryId>) -> Option<EntryId> {
        let candidates = self.candidates(set);
        candidates
            .iter()
            .copied()
            .find(|one| candidates.iter().all(|other| one == other || self.beats(*one, *other)))
    }

    fn state_after(&mut self, set: &BTreeSet<EntryId>) -> StateKey {
        self.decider(set).map_or_else(|| self.workflow.initial.clone(), |id| self.events[&id].to.clone())
    }

    fn category(&self, id: EntryId) -> StatusCategory {
        self.workflow.category(&self.events[&id].to)
    }

    fn rank(&self, id: EntryId) -> u32 {
        self.workflow.state(&self.events[&id].to).unwrap().rank
    }

    fn beats(&self, one: EntryId, other: EntryId) -> bool {
        let (a, b) = (self.category(one), self.category(other));
        if a.is_work_done() != b.is_work_done() {
            return a.is_work_done();
        }
        if (a == StatusCategory::Cancelled) != (b == StatusCategory::Cancelled) {
            return a == StatusCategory::Cancelled;
        }
        if self.rank(one) != self.rank(other) {
            return self.rank(one) > self.rank(other);
        }
        one < other
    }

    fn attention(&mut self, void: &[(EntryId, VoidReason)]) -> BTreeSet<String> {
        let mut items: BTreeSet<String> = void.iter().map(|(id, _)| format!("rule_broken/{id}")).collect();
        let mut sets: Vec<BTreeSet<EntryId>> = self.pasts.values().cloned().collect();
        sets.push(self.events.keys().copied().collect());
        for set in sets {
            let candidates = self.candidates(&set);
            let Some(winner) = self.decider(&set) else { continue };
            for one in &candidates {
                if self.is_told(winner, *one) {
                    items.insert(format!("status_overruled/{winner}/{one}"));
                }
                for other in &candidates {
                    if self.category(*one) == StatusCategory::Cancelled
                        && self.category(*other).is_work_done()
                    {
                        let cancel = self.first_of_run(*one, *other);
                        let done = self.first_of_run(*other, *one);
                        items.insert(format!("done_beats_cancel/{cancel}/{done}"));
                    }
                }
            }
        }
        items
    }

    /// Walks back over steps that make the same claim; a first one the other party knew does not count.
    fn first_of_run(&mut self, id: EntryId, other: EntryId) -> EntryId {
        let claim =
            |category: StatusCategory| (category.is_work_done(), category == StatusCategory::Cancelled);
        let mut first = id;
        while let Some(earlier) = self.decider(&self.pasts[&first].clone()) {
            if claim(self.category(earlier)) != claim(self.category(id)) {
                break;
            }
            first = earlier;
        }
        if self.pasts[&other].contains(&first) { id } else { first }
    }

    fn is_told(&mut self, winner: EntryId, loser: EntryId) -> bool {
        let event = &self.events[&loser];
        if event.role == Role::System || event.to == self.events[&winner].to {
            return false;
        }
        let cancelled = StatusCategory::Cancelled;
        if self.category(loser) == cancelled && self.category(winner).is_work_done() {
            return false;
        }
        if event.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()) {
            return true;
        }
        let from = self.state_after(&self.pasts[&loser].clone());
        let is_resumed = self.workflow.category(&from) == StatusCategory::Waiting;
        if !is_resumed && self.workflow.state(&from).is_some_and(|from| from.rank > self.rank(loser)) {
            return true;
        }
        match self.category(loser) {
            StatusCategory::Waiting => true,
            StatusCategory::Cancelled => self.category(winner) == cancelled,
            StatusCategory::Traveling | StatusCategory::Working => self.category(winner) == cancelled,
            StatusCategory::New
            | StatusCategory::Scheduled
            | StatusCategory::Done
            | StatusCategory::Closed => false,
        }
    }
}
