//! Histories no app writes. The fold must answer, the same everywhere, and never panic, loop or forget honest work.

use proptest::prelude::*;

use super::super::*;
use super::build::{Events, event, events, field_service, id};
use super::reference::{reference_fold, summary_of};

#[test]
fn an_event_after_itself_is_void() {
    check("1 tech on_site 1", "created", &[(1, VoidReason::CyclicPast)], &[1]);
}

#[test]
fn a_circle_of_events_is_void_and_what_follows_it_counts() {
    check(
        "1 tech traveling 2
         2 tech on_site 1
         3 tech on_site 2",
        "on_site",
        &[(1, VoidReason::CyclicPast), (2, VoidReason::CyclicPast)],
        &[1, 3],
    );
}

#[test]
fn an_honest_event_between_two_circles_counts() {
    check(
        "1 tech traveling 2
         2 tech traveling 1
         3 tech on_site 2
         4 tech done 3 5
         5 tech done 4",
        "on_site",
        &[
            (1, VoidReason::CyclicPast),
            (2, VoidReason::CyclicPast),
            (4, VoidReason::CyclicPast),
            (5, VoidReason::CyclicPast),
        ],
        &[1, 4, 5],
    );
}

#[test]
fn a_named_event_that_does_not_exist_voids_only_who_named_it() {
    check(
        "1 tech on_site
         2 tech scheduled 1 77 | x
         3 tech done 2",
        "done",
        &[(2, VoidReason::UnknownPast)],
        &[3],
    );
}

#[test]
fn an_event_is_known_by_the_key_it_is_stored_under() {
    let mut events = events("1 tech on_site");
    events.insert(id(2), event(1, Role::Technician, "done", &[1]));

    let folded = fold(field_service(), &events);

    assert_eq!((folded.state, folded.decided_by), ("done".into(), Some(id(2))));
}

#[test]
fn a_workflow_without_its_initial_state_folds() {
    let mut workflow = field_service().clone();
    workflow.initial = "draft".into();

    let folded = fold(&workflow, &events("1 tech on_site\n2 tech draft"));

    assert_eq!((folded.state, folded.category), ("draft".into(), StatusCategory::New));
}

#[test]
fn a_history_of_thousands_of_steps_folds_without_depth() {
    let steps = (0..4_000).map(|n| {
        let to = if n % 2 == 0 { "on_site" } else { "waiting_for_material" };
        event(n, Role::Technician, to, if n == 0 { vec![] } else { vec![n - 1] }.as_slice())
    });
    let history: Events = steps.map(|event| (event.id, event)).collect();

    let folded = fold(field_service(), &history);

    assert_eq!((folded.state, folded.decided_by), ("waiting_for_material".into(), Some(id(3_999))));
    assert_eq!(folded.attention, []);
}

#[test]
fn one_circle_of_thousands_of_events_folds_without_depth() {
    let circle: Events = (0..2_000)
        .map(|n| event(n, Role::System, "done", &[(n + 1) % 2_000]))
        .map(|event| (event.id, event))
        .collect();

    let folded = fold(field_service(), &circle);

    assert_eq!((folded.state, folded.void.len()), ("created".into(), 2_000));
}

#[test]
fn a_flood_of_concurrent_steps_settles_and_reports_a_bounded_list() {
    let mut flood = events("0 tech on_site");
    for n in 1..=1_000 {
        flood.insert(id(n), event(n, Role::Technician, "done", &[0]));
        flood.insert(id(5_000 + n), event(5_000 + n, Role::Dispatcher, "cancelled", &[0]));
    }

    let folded = fold(field_service(), &flood);

    assert_eq!((folded.state, folded.decided_by), ("done".into(), Some(id(1))));
    assert_eq!(folded.heads.len(), 2_000);
    assert_eq!(folded.attention.len(), ATTENTION_COUNT_MAX);
}

/// Any words in any shape: events may name themselves, each other and strangers.
fn any_events() -> impl Strategy<Value = Events> {
    let states = [
        "created",
        "traveling",
        "on_site",
        "waiting_for_material",
        "done",
        "validated",
        "cancelled",
        "lunch",
    ];
    let one = (
        prop::sample::select(Role::ALL.to_vec()),
        prop::sample::select(states.to_vec()),
        prop::collection::vec(0..9_u32, 0..3),
        prop::option::of(prop::sample::select(vec!["", "why"])),
    );
    prop::collection::vec(one, 0..8).prop_map(|drafts| {
        let drafts = (0..).zip(drafts);
        let events = drafts.map(|(n, (role, to, after, reason))| StatusEvent {
            reason: reason.map(str::to_owned),
            ..event(n, role, to, &after)
        });
        events.map(|event| (event.id, event)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_stored_folds_as_defined(events in any_events()) {
        let folded = fold(field_service(), &events);

        prop_assert_eq!(summary_of(&folded), reference_fold(field_service(), &events));
        prop_assert_eq!(folded.history.len(), events.len());
    }
}

fn check(lines: &str, state: &str, void: &[(u32, VoidReason)], heads: &[u32]) {
    let folded = fold(field_service(), &events(lines));

    assert_eq!(folded.state, state.into());
    let expected: Vec<VoidEvent> = void.iter().map(|(n, why)| VoidEvent { id: id(*n), why: *why }).collect();
    assert_eq!(folded.void, expected);
    assert_eq!(folded.heads, heads.iter().map(|n| id(*n)).collect::<Vec<EntryId>>());
}
