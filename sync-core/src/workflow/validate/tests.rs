//! A workflow for every problem. Never checks the built-ins: their own tests do.

use super::*;
use crate::workflow::Role;

#[test]
fn a_small_workflow_without_problems_is_accepted() {
    assert_eq!(validate(&workflow("new:new open:working closed:closed", "new>open open>closed")), Ok(()));
}

#[test]
fn a_done_state_that_nothing_leaves_ends_an_order() {
    assert_eq!(validate(&workflow("new:new done:done", "new>done")), Ok(()));

    check(workflow("new:new done:done", "new>done done>new"), &[WorkflowProblem::NoEnd]);
}

#[test]
fn a_closed_order_may_be_opened_again() {
    assert_eq!(validate(&workflow("new:new closed:closed", "new>closed closed>new")), Ok(()));
}

#[test]
fn too_many_states_or_transitions_are_refused_before_anything_else() {
    let states: Vec<String> = (0..=STATE_COUNT_MAX).map(|index| format!("s{index}:closed")).collect();
    check(workflow(&states.join(" "), ""), &[WorkflowProblem::TooManyStates { count: 65 }]);

    let steps = "new>closed ".repeat(TRANSITION_COUNT_MAX + 1);
    check(workflow("new:new closed:closed", &steps), &[WorkflowProblem::TooManyTransitions { count: 513 }]);
}

#[test]
fn a_workflow_at_the_limits_is_accepted() {
    let states: Vec<String> = (0..STATE_COUNT_MAX).map(|index| format!("s{index}:closed")).collect();
    let all_pairs = (0..STATE_COUNT_MAX).flat_map(|from| (0..STATE_COUNT_MAX).map(move |to| (from, to)));
    let steps: Vec<String> = all_pairs
        .filter(|(from, to)| from != to)
        .map(|(from, to)| format!("s{from}>s{to}"))
        .take(TRANSITION_COUNT_MAX)
        .collect();

    assert_eq!(validate(&workflow(&states.join(" "), &steps.join(" "))), Ok(()));
}

#[test]
fn keys_hold_only_small_letters_digits_and_dashes() {
    let long = "k".repeat(KEY_LENGTH_MAX + 1);
    for key in ["", "Closed", "is closed", "închis", "a/b", long.as_str()] {
        let mut workflow = workflow("new:new closed:closed", "new>closed");
        workflow.states[1].key = key.into();
        workflow.transitions[0].to = key.into();
        check(workflow, &[WorkflowProblem::KeyMalformed { key: key.into() }]);
    }

    let mut workflow = workflow("new:new closed:closed", "new>closed");
    workflow.id = "Mine".into();
    check(workflow, &[WorkflowProblem::KeyMalformed { key: "Mine".into() }]);
}

#[test]
fn names_need_english_and_fit_a_chip() {
    for name in [
        Names { en: " ".into(), es: Some("Cerrado".into()), ..Names::default() },
        Names { en: "Closed".into(), ro: Some("x".repeat(NAME_LENGTH_MAX + 1)), ..Names::default() },
    ] {
        let mut of_state = workflow("new:new closed:closed", "new>closed");
        of_state.states[1].name = name.clone();
        check(of_state, &[WorkflowProblem::NameMalformed { state: Some("closed".into()) }]);

        let of_workflow = Workflow { name, ..workflow("new:new closed:closed", "new>closed") };
        check(of_workflow, &[WorkflowProblem::NameMalformed { state: None }]);
    }
}

#[test]
fn states_differ_in_key_and_rank() {
    check(
        workflow("new:new closed:closed new:new", "new>closed"),
        &[WorkflowProblem::DuplicateState { state: "new".into() }],
    );

    let mut same_rank = workflow("new:new closed:closed", "new>closed");
    same_rank.states[1].rank = same_rank.states[0].rank;
    check(same_rank, &[WorkflowProblem::DuplicateRank { state: "new".into(), other: "closed".into() }]);
}

#[test]
fn an_order_begins_in_a_state_that_exists() {
    let mut workflow = workflow("new:new closed:closed", "new>closed");
    workflow.initial = "draft".into();

    check(workflow, &[WorkflowProblem::InitialMissing { state: "draft".into() }]);
}

#[test]
fn a_workflow_without_states_is_refused() {
    check(
        Workflow { states: vec![], ..workflow("new:new", "") },
        &[WorkflowProblem::InitialMissing { state: "new".into() }],
    );
}

#[test]
fn transitions_connect_two_states_that_exist() {
    check(
        workflow("new:new closed:closed", "new>closed new>lost"),
        &[WorkflowProblem::TransitionEndMissing {
            from: "new".into(),
            to: "lost".into(),
            missing: "lost".into(),
        }],
    );
    check(
        workflow("new:new closed:closed", "new>closed lost>new"),
        &[WorkflowProblem::TransitionEndMissing {
            from: "lost".into(),
            to: "new".into(),
            missing: "lost".into(),
        }],
    );
    check(
        workflow("new:new closed:closed", "new>closed new>new"),
        &[WorkflowProblem::TransitionToItself { state: "new".into() }],
    );
    check(
        workflow("new:new closed:closed", "new>closed new>closed"),
        &[WorkflowProblem::DuplicateTransition { from: "new".into(), to: "closed".into() }],
    );
}

#[test]
fn somebody_may_take_every_step() {
    let mut workflow = workflow("new:new closed:closed", "new>closed");
    workflow.transitions[0].roles.clear();

    check(workflow, &[WorkflowProblem::RoleMissing { from: "new".into(), to: "closed".into() }]);
}

#[test]
fn every_state_is_on_a_way_from_the_beginning_to_an_end() {
    check(workflow("new:new open:working", "new>open open>new"), &[WorkflowProblem::NoEnd]);
    check(
        workflow("new:new closed:closed far:waiting", "new>closed far>closed"),
        &[WorkflowProblem::Unreachable { state: "far".into() }],
    );
    check(
        workflow("new:new closed:closed pit:waiting", "new>closed new>pit"),
        &[WorkflowProblem::DeadState { state: "pit".into() }],
    );
    check(
        workflow("new:new closed:closed a:waiting b:waiting", "new>closed new>a a>b b>a"),
        &[
            WorkflowProblem::NoWayToEnd { state: "a".into() },
            WorkflowProblem::NoWayToEnd { state: "b".into() },
        ],
    );
}

#[test]
fn every_problem_is_told_at_once() {
    check(
        workflow("new:new Bad:closed island:waiting", "new>Bad new>lost"),
        &[
            WorkflowProblem::KeyMalformed { key: "Bad".into() },
            WorkflowProblem::TransitionEndMissing {
                from: "new".into(),
                to: "lost".into(),
                missing: "lost".into(),
            },
        ],
    );
}

#[test]
fn a_problem_carries_the_code_of_its_sentence() {
    let problem = WorkflowProblem::DeadState { state: "pit".into() };

    assert_eq!(serde_json::to_string(&problem).unwrap(), r#"{"code":"dead_state","state":"pit"}"#);
    assert_eq!(problem.code(), "dead_state");
}

fn check(workflow: Workflow, expected: &[WorkflowProblem]) {
    assert_eq!(validate(&workflow), Err(expected.to_vec()));
}

/// Builds a workflow from `key:category` and `from>to` words; the first state is the initial one.
fn workflow(states: &str, steps: &str) -> Workflow {
    let name = |text: &str| Names { en: text.into(), ..Names::default() };
    let states: Vec<State> = (1..)
        .zip(states.split_whitespace())
        .map(|(rank, word)| {
            let (key, category) = word.split_once(':').unwrap();
            let category = serde_json::from_value(category.into()).unwrap();
            State { key: key.into(), name: name(key), category, rank }
        })
        .collect();
    let transitions = steps
        .split_whitespace()
        .map(|word| {
            let (from, to) = word.split_once('>').unwrap();
            Transition {
                from: from.into(),
                to: to.into(),
                roles: vec![Role::Admin],
                guards: vec![],
                effects: vec![],
                reason_required: false,
            }
        })
        .collect();
    let initial = states[0].key.clone();
    Workflow { id: "mine".into(), version: 1, name: name("Mine"), initial, states, transitions }
}
