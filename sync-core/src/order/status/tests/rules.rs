//! The written rules, one example each. Never generates anything.

use super::super::*;
use super::build::{event, events, field_service, id};
use crate::workflow::Workflow;

#[test]
fn an_order_without_events_stands_where_the_workflow_begins() {
    let folded = fold(field_service(), &events(""));

    assert_eq!(folded.state, "created".into());
    assert_eq!(folded.category, StatusCategory::New);
    assert_eq!((folded.since, folded.decided_by), (None, None));
    assert!(folded.heads.is_empty() && folded.history.is_empty() && folded.attention.is_empty());
}

#[test]
fn steps_one_after_the_other_move_the_order() {
    let events = events(
        "1 office scheduled
         2 tech traveling 1
         3 tech on_site 2",
    );

    let folded = fold(field_service(), &events);

    assert_eq!(folded.state, "on_site".into());
    assert_eq!(folded.category, StatusCategory::Working);
    assert_eq!(folded.since, Some(events[&id(3)].at));
    assert_eq!(folded.decided_by, Some(id(3)));
    assert_eq!(folded.heads, [id(3)]);
    assert_eq!(folded.attention, []);
}

// covers: C2
#[test]
fn work_done_offline_beats_a_cancel_and_the_office_is_told() {
    check(
        "1 office scheduled
         2 office cancelled 1 | customer called it off
         3 tech on_site 1
         4 tech done 3",
        "done",
        &["done_beats_cancel 2 4"],
    );
}

// covers: C2
#[test]
fn done_beats_cancel_whichever_has_the_smaller_id() {
    check("1 tech on_site\n2 tech done 1\n3 office cancelled 1 | gone", "done", &["done_beats_cancel 3 2"]);
    check("1 tech on_site\n2 office cancelled 1 | gone\n3 tech done 1", "done", &["done_beats_cancel 2 3"]);
}

// covers: C2
#[test]
fn what_the_office_does_with_finished_work_keeps_beating_the_cancel_under_the_same_item() {
    for (last, state) in [("", "done"), ("5 office validated 4", "validated")] {
        let events =
            format!("1 office scheduled\n2 office cancelled 1 | x\n3 tech on_site 1\n4 tech done 3\n{last}");

        check(&events, state, &["done_beats_cancel 2 4"]);
    }
}

// covers: C2
#[test]
fn the_item_stays_after_somebody_who_knew_both_went_on() {
    check(
        "1 tech on_site
         2 office cancelled 1 | gone
         3 tech done 1
         4 office validated 2 3
         5 office waiting_for_payment 4",
        "waiting_for_payment",
        &["done_beats_cancel 2 3"],
    );
}

#[test]
fn a_cancel_by_somebody_who_knew_of_the_work_cancels_it() {
    check("1 tech on_site\n2 tech done 1\n3 office cancelled 2 | not accepted", "cancelled", &[]);
}

#[test]
fn a_cancel_after_known_work_gives_way_to_a_step_that_did_not_know_of_it() {
    check(
        "1 tech on_site
         2 tech done 1
         3 office cancelled 2 | not accepted
         4 admin validated 2",
        "validated",
        &["done_beats_cancel 3 4"],
    );
}

#[test]
fn finished_beats_paused_and_the_pause_is_told() {
    check("1 tech on_site\n2 tech done 1\n3 tech waiting_for_material 1", "done", &["status_overruled 2 3"]);
    check("1 tech on_site\n2 tech waiting_for_material 1\n3 tech done 1", "done", &["status_overruled 3 2"]);
}

#[test]
fn a_pause_that_ended_before_the_branches_met_is_not_told() {
    check(
        "1 tech on_site
         2 tech waiting_for_material 1
         3 tech on_site 2
         4 tech done 1",
        "done",
        &[],
    );
}

#[test]
fn two_people_finishing_at_once_are_one_transition() {
    let events = events("1 tech on_site\n2 tech done 1\n3 tech done 1\n4 office validated 2 3");

    let folded = fold(field_service(), &events);

    assert_eq!(folded.state, "validated".into());
    assert_eq!(folded.attention, []);
    assert_eq!(folded.void, []);
}

#[test]
fn finishing_again_after_hearing_of_it_changes_nothing() {
    let events = events("1 tech on_site\n2 tech done 1\n3 tech done 2");

    let folded = fold(field_service(), &events);

    assert_eq!(folded.decided_by, Some(id(2)));
    assert_eq!(folded.heads, [id(3)]);
    assert_eq!(folded.history[2].outcome, StepOutcome::Repeated);
    assert_eq!((folded.void, folded.attention), (vec![], vec![]));
}

#[test]
fn a_repeated_step_does_not_stand_against_what_followed_the_first() {
    check(
        "1 tech on_site
         2 tech done 1
         3 tech done 2
         4 office on_site 2 | the pump still leaks",
        "on_site",
        &[],
    );
}

#[test]
fn of_two_open_states_the_one_further_along_counts() {
    check("1 office scheduled\n2 tech traveling 1\n3 tech on_site 1", "on_site", &[]);
    check("1 office scheduled\n2 tech on_site 1\n3 tech waiting_for_material 1", "waiting_for_material", &[]);
}

#[test]
fn a_cancel_beats_an_open_order_and_tells_when_somebody_was_under_way() {
    check("1 office scheduled\n2 office cancelled | x", "cancelled", &[]);
    check("1 tech traveling\n2 office cancelled | x", "cancelled", &["status_overruled 2 1"]);
    check("1 tech on_site\n2 office cancelled | x", "cancelled", &["status_overruled 2 1"]);
    check("1 office waiting_for_material\n2 office cancelled | x", "cancelled", &["status_overruled 2 1"]);
}

#[test]
fn work_sent_back_by_one_and_validated_by_another_is_told() {
    check(
        "1 tech on_site
         2 tech done 1
         3 office on_site 2 | the pump still leaks
         4 admin validated 2",
        "validated",
        &["status_overruled 4 3"],
    );
}

#[test]
fn a_step_with_a_reason_or_backwards_that_gives_way_is_told() {
    check(
        "1 tech traveling\n2 office scheduled 1 | moved\n3 tech on_site 1",
        "on_site",
        &["status_overruled 3 2"],
    );
    check("1 office scheduled\n2 office created 1\n3 tech on_site 1", "on_site", &["status_overruled 3 2"]);
    check("1 tech traveling | early\n2 tech on_site", "on_site", &["status_overruled 2 1"]);
    check("1 tech traveling |  \n2 tech on_site", "on_site", &[]);
}

#[test]
fn a_step_of_campo_itself_that_gives_way_is_not_told() {
    check("1 tech on_site\n2 system waiting_for_material | late\n3 tech done 1", "done", &[]);
}

#[test]
fn three_branches_settle_as_one_and_each_cancel_is_told_of_each_work() {
    check(
        "1 tech on_site
         2 office cancelled 1 | x
         3 tech done 1
         4 tech done 1
         5 tech waiting_for_material 1",
        "done",
        &["done_beats_cancel 2 3", "done_beats_cancel 2 4", "status_overruled 3 5"],
    );
}

#[test]
fn a_step_the_workflow_does_not_have_is_void_and_told() {
    check_void("1 tech done", "created", 1, VoidReason::NoTransition);
    check_void("1 tech cancelled | tired", "created", 1, VoidReason::RoleNotAllowed);
    check_void("1 viewer on_site", "created", 1, VoidReason::RoleNotAllowed);
    check_void("1 tech lunch", "created", 1, VoidReason::UnknownState);
    check_void("1 tech on_site\n2 tech done 1 99", "on_site", 2, VoidReason::UnknownPast);
}

#[test]
fn what_follows_a_void_step_is_judged_from_where_the_order_stood() {
    check(
        "1 tech on_site
         2 tech closed 1
         3 tech done 2",
        "done",
        &["rule_broken 2"],
    );
}

#[test]
fn a_void_step_does_not_bring_back_what_another_has_left() {
    check(
        "1 tech on_site
         2 office scheduled 1 | moved to Monday
         3 tech closed 1",
        "scheduled",
        &["rule_broken 3"],
    );
}

#[test]
fn a_step_that_lacks_its_reason_counts_all_the_same() {
    check("1 office cancelled", "cancelled", &[]);
}

#[test]
fn history_tells_every_event_after_its_past_with_its_outcome() {
    let folded = fold(
        field_service(),
        &events("9 office scheduled\n5 tech traveling 9\n3 tech closed 9\n7 tech scheduled 9"),
    );

    let told: Vec<(EntryId, &str, &str, StepOutcome)> = folded
        .history
        .iter()
        .map(|step| (step.id, step.from.as_str(), step.to.as_str(), step.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (id(9), "created", "scheduled", StepOutcome::Counted),
            (id(3), "scheduled", "closed", StepOutcome::Void(VoidReason::NoTransition)),
            (id(5), "scheduled", "traveling", StepOutcome::Counted),
            (id(7), "scheduled", "scheduled", StepOutcome::Repeated),
        ]
    );
    assert_eq!(folded.heads, [id(3), id(5), id(7)]);
}

#[test]
fn naming_an_event_and_its_past_is_naming_the_event() {
    check("1 tech on_site\n2 tech done 1\n3 office validated 2 1", "validated", &[]);
}

#[test]
fn each_role_takes_exactly_the_steps_the_workflow_gives_it() {
    for workflow in Workflow::builtins() {
        for (from, to) in
            workflow.states.iter().flat_map(|from| workflow.states.iter().map(move |to| (from, to)))
        {
            for role in Role::ALL {
                let start = Workflow { initial: from.key.clone(), ..workflow.clone() };
                let step = event(1, role, to.key.as_str(), &[]);

                let folded = fold(&start, &[(id(1), step)].into());

                let is_allowed =
                    workflow.transitions_from(&from.key, role).iter().any(|step| step.to == to.key);
                let expected = if is_allowed { to } else { from };
                assert_eq!(folded.state, expected.key, "{} by {}", from.key, role.as_str());
                assert_eq!(folded.void.is_empty(), is_allowed || from.key == to.key);
            }
        }
    }
}

#[test]
fn an_item_reads_as_data_and_has_a_name() {
    let item = StatusAttention::RuleBroken { event: id(1), why: VoidReason::NoTransition };

    assert_eq!(item.key(), "rule_broken/00000001-0000-0000-0000-000000000000");
    assert_eq!(
        serde_json::to_string(&item).unwrap(),
        r#"{"kind":"rule_broken","event":"00000001-0000-0000-0000-000000000000","why":"no_transition"}"#
    );
}

/// Items as `kind number number`.
fn keys(folded: &FoldedStatus) -> Vec<String> {
    let number = |id: &EntryId| u32::from_be_bytes(id.as_bytes()[..4].try_into().unwrap());
    let key = |item: &StatusAttention| match item {
        StatusAttention::DoneBeatsCancel { cancel, done } => {
            format!("done_beats_cancel {} {}", number(cancel), number(done))
        }
        StatusAttention::StatusOverruled { winner, loser } => {
            format!("status_overruled {} {}", number(winner), number(loser))
        }
        StatusAttention::RuleBroken { event, .. } => format!("rule_broken {}", number(event)),
    };
    folded.attention.iter().map(key).collect()
}

fn check(lines: &str, state: &str, attention: &[&str]) {
    let folded = fold(field_service(), &events(lines));

    assert_eq!(folded.state, state.into(), "{lines}");
    assert_eq!(keys(&folded), attention, "{lines}");
}

fn check_void(lines: &str, state: &str, void: u32, why: VoidReason) {
    let folded = fold(field_service(), &events(lines));

    assert_eq!(folded.state, state.into(), "{lines}");
    assert_eq!(folded.void, [VoidEvent { id: id(void), why }]);
    assert_eq!(folded.attention, [StatusAttention::RuleBroken { event: id(void), why }]);
}
