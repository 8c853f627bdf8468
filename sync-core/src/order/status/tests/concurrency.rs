//! Every pair of states with every pair of steps taken there at once, against the definition. Never samples.

use std::collections::{BTreeMap, VecDeque};

use super::build::{Events, event, id};
use super::reference::{reference_fold, summary_of};
use crate::order::status::{StatusEvent, fold};
use crate::workflow::{Role, StateKey, Workflow};

// covers: C3
#[test]
fn every_two_steps_from_every_two_states_of_the_field_settle_by_the_written_rules() {
    check_matrix(Workflow::builtin("field-service@1").unwrap());
}

// covers: C3
#[test]
fn every_two_steps_from_every_two_states_of_the_workshop_settle_by_the_written_rules() {
    check_matrix(Workflow::builtin("workshop@1").unwrap());
}

/// Two parties go their ways to two states without hearing of each other, then each asks for any state.
fn check_matrix(workflow: &Workflow) {
    for (left_role, right_role) in [
        (Role::Technician, Role::Dispatcher),
        (Role::Technician, Role::Technician),
        (Role::Dispatcher, Role::Dispatcher),
        (Role::Customer, Role::Technician),
    ] {
        check_roles(workflow, left_role, right_role);
    }
}

fn check_roles(workflow: &Workflow, left_role: Role, right_role: Role) {
    let ways = ways(workflow);
    for (left_way, right_way) in ways.values().flat_map(|left| ways.values().map(move |right| (left, right)))
    {
        for (left_to, right_to) in ways.keys().flat_map(|left| ways.keys().map(move |right| (left, right))) {
            for (left_first, right_first) in [(100, 200), (200, 100)] {
                let left = branch(left_way, left_to, left_role, left_first);
                let right = branch(right_way, right_to, right_role, right_first);

                check_replicas(workflow, &left, &right);
            }
        }
    }
}

/// Delivers each branch to the other party event by event; both must end with what the definition says.
fn check_replicas(workflow: &Workflow, left: &[StatusEvent], right: &[StatusEvent]) {
    let all: Events = left.iter().chain(right).map(|event| (event.id, event.clone())).collect();
    let expected = reference_fold(workflow, &all);

    let mut left_first = Events::new();
    for event in left.iter().chain(right) {
        left_first.insert(event.id, event.clone());
    }
    let mut right_first = Events::new();
    for event in right.iter().chain(left) {
        right_first.insert(event.id, event.clone());
    }

    let folded = fold(workflow, &left_first);
    assert_eq!(summary_of(&folded), expected, "{all:#?}");
    assert_eq!(fold(workflow, &right_first), folded);
}

/// The shortest way to each state, as the states passed; Campo itself may go it.
fn ways(workflow: &Workflow) -> BTreeMap<StateKey, Vec<StateKey>> {
    let mut ways = BTreeMap::from([(workflow.initial.clone(), vec![])]);
    let mut queue = VecDeque::from([workflow.initial.clone()]);
    while let Some(state) = queue.pop_front() {
        for step in workflow.transitions_from(&state, Role::System) {
            if !ways.contains_key(&step.to) {
                let way = ways[&state].iter().chain([&step.to]).cloned().collect();
                ways.insert(step.to.clone(), way);
                queue.push_back(step.to.clone());
            }
        }
    }
    ways
}

/// A chain of events along a way, and one more step at its end.
fn branch(way: &[StateKey], last: &StateKey, role: Role, first: u32) -> Vec<StatusEvent> {
    let steps = way.iter().map(|to| (Role::System, to)).chain([(role, last)]);
    let mut branch: Vec<StatusEvent> = Vec::new();
    for (n, (role, to)) in (first..).zip(steps) {
        let after: &[u32] = if n == first { &[] } else { &[n - 1] };
        branch.push(event(n, role, to.as_str(), after));
    }
    assert_eq!(branch[0].id, id(first));
    branch
}
