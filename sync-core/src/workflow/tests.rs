//! What the built-in workflows allow, and how workflows read. Never folds events.

use std::collections::BTreeSet;

use super::*;

fn builtin(reference: &str) -> &'static Workflow {
    Workflow::builtin(reference).unwrap()
}

#[test]
fn every_builtin_workflow_is_valid_and_speaks_four_languages() {
    for workflow in Workflow::builtins() {
        assert_eq!(validate(workflow), Ok(()), "{}", workflow.id);

        for name in workflow.states.iter().map(|state| &state.name).chain([&workflow.name]) {
            assert_eq!(name.all().filter(|text| !text.is_empty()).count(), 4, "{}", name.en);
        }
    }
}

#[test]
fn a_builtin_workflow_is_found_by_its_reference_only() {
    assert_eq!(builtin("field-service@1").initial, StateKey::from("created"));
    assert_eq!(builtin("workshop@1").initial, StateKey::from("received"));

    for reference in ["", "field-service", "field-service@2", "field-service@", "@1"] {
        assert_eq!(Workflow::builtin(reference), None, "{reference:?}");
    }
}

#[test]
fn a_workflow_reads_back_what_it_writes() {
    for workflow in Workflow::builtins() {
        let text = serde_json::to_string(workflow).unwrap();

        assert_eq!(serde_json::from_str::<Workflow>(&text).unwrap(), *workflow);
    }
}

#[test]
fn words_of_a_newer_version_are_left_out() {
    let workflow: Workflow = serde_json::from_str(
        r#"{"id": "x", "version": 1, "name": {"en": "X", "de": "X"}, "initial": "a", "color": "red",
            "states": [{"key": "a", "name": {"en": "A"}, "category": "closed", "rank": 1, "icon": "van"}],
            "transitions": [{"from": "a", "to": "a", "roles": ["auditor", "admin"], "hint": 1,
                "guards": ["paid", {"minimum_photos": 3}, "weather_is_good", {"minimum_weight": 2}],
                "effects": ["ring_bell", "create_sale"]}]}"#,
    )
    .unwrap();

    let step = &workflow.transitions[0];
    assert_eq!(step.roles, [Role::Admin]);
    assert_eq!(step.guards, [Guard::Paid, Guard::MinimumPhotos(3)]);
    assert_eq!(step.effects, [Effect::CreateSale]);
    assert!(!step.reason_required);
}

#[test]
fn a_technician_works_in_the_field_without_the_office() {
    check_steps(
        "field-service@1",
        Role::Technician,
        &[
            ("created", "scheduled traveling on_site"),
            ("scheduled", "traveling on_site waiting_for_material"),
            ("traveling", "on_site scheduled waiting_for_material"),
            ("on_site", "scheduled waiting_for_material done"),
            ("waiting_for_material", "scheduled traveling on_site"),
            ("done", ""),
            ("validated", ""),
            ("waiting_for_payment", ""),
            ("closed", ""),
            ("cancelled", ""),
        ],
    );
}

#[test]
fn the_office_plans_cancels_sends_back_and_reopens() {
    check_steps(
        "field-service@1",
        Role::Dispatcher,
        &[
            ("created", "scheduled traveling on_site waiting_for_material cancelled"),
            ("scheduled", "created traveling on_site waiting_for_material cancelled"),
            ("traveling", "on_site scheduled waiting_for_material cancelled"),
            ("on_site", "scheduled waiting_for_material done cancelled"),
            ("waiting_for_material", "scheduled traveling on_site cancelled"),
            ("done", "validated on_site cancelled"),
            ("validated", "waiting_for_payment closed on_site cancelled"),
            ("waiting_for_payment", "closed on_site cancelled"),
            ("closed", "validated scheduled"),
            ("cancelled", "created"),
        ],
    );
}

#[test]
fn the_customer_of_a_workshop_decides_about_the_quote() {
    check_steps(
        "workshop@1",
        Role::Customer,
        &[("received", ""), ("quoted", "approved cancelled"), ("approved", ""), ("ready", "")],
    );
}

#[test]
fn a_technician_runs_the_workshop_but_neither_cancels_nor_reopens() {
    check_steps(
        "workshop@1",
        Role::Technician,
        &[
            ("received", "quoted approved"),
            ("quoted", "received approved"),
            ("approved", "quoted at_external_lab ready"),
            ("at_external_lab", "approved ready"),
            ("ready", "approved delivered"),
            ("delivered", ""),
            ("cancelled", ""),
        ],
    );
}

#[test]
fn admins_step_like_dispatchers_campo_takes_every_step_and_viewers_none() {
    for workflow in Workflow::builtins() {
        for State { key, .. } in &workflow.states {
            let steps = |role| workflow.transitions_from(key, role);

            assert_eq!(steps(Role::Admin), steps(Role::Dispatcher));
            assert!(steps(Role::Viewer).is_empty());
            let all: Vec<&Transition> =
                workflow.transitions.iter().filter(|step| step.from == *key).collect();
            assert_eq!(steps(Role::System), all);
        }
    }
}

#[test]
fn every_unfinished_order_can_be_cancelled_with_a_reason() {
    for workflow in Workflow::builtins() {
        for state in workflow.states.iter().filter(|state| !state.category.is_final()) {
            let cancel = workflow.transition(&state.key, &"cancelled".into()).unwrap();

            assert!(cancel.reason_required, "{}", state.key);
            assert!(cancel.allows(Role::Dispatcher) && !cancel.allows(Role::Technician));
        }
    }
}

#[test]
fn turning_done_work_back_needs_a_reason() {
    for workflow in Workflow::builtins() {
        for step in &workflow.transitions {
            let is_back =
                workflow.category(&step.from).is_work_done() && !workflow.category(&step.to).is_work_done();

            assert!(step.reason_required || !is_back, "{} to {}", step.from, step.to);
        }
    }
}

#[test]
fn each_guard_asks_for_exactly_one_fact() {
    type StateFact = fn(&mut GuardFacts);
    let cases: [(Guard, StateFact); 9] = [
        (Guard::ChecklistComplete, |facts| facts.is_checklist_complete = true),
        (Guard::Signed, |facts| facts.is_signed = true),
        (Guard::MinimumPhotos(3), |facts| facts.photo_count = 3),
        (Guard::QuoteApproved, |facts| facts.is_quote_approved = true),
        (Guard::CheckedOut, |facts| facts.is_checked_out = true),
        (Guard::ReportText, |facts| facts.has_report_text = true),
        (Guard::Paid, |facts| facts.is_paid = true),
        (Guard::HasAssignee, |facts| facts.has_assignee = true),
        (Guard::HasWindow, |facts| facts.has_window = true),
    ];
    let mut met = BTreeSet::new();
    let mut facts = GuardFacts::default();

    for (guard, state_fact) in &cases {
        state_fact(&mut facts);
        met.insert(*guard);

        for (guard, _) in &cases {
            assert_eq!(guard.is_met_by(&facts), met.contains(guard), "{guard:?} with {facts:?}");
        }
    }
    assert!(!Guard::MinimumPhotos(4).is_met_by(&facts));
}

#[test]
fn a_step_tells_which_of_its_guards_are_unmet() {
    let workflow = builtin("field-service@1");
    let unmet = |facts| workflow.unmet_guards(&"on_site".into(), &"done".into(), &facts);

    assert_eq!(unmet(GuardFacts::default()), [Guard::ChecklistComplete, Guard::CheckedOut]);
    assert_eq!(
        unmet(GuardFacts { is_checked_out: true, ..GuardFacts::default() }),
        [Guard::ChecklistComplete]
    );
    assert_eq!(workflow.unmet_guards(&"created".into(), &"done".into(), &GuardFacts::default()), []);
}

#[test]
fn a_name_missing_in_a_language_reads_as_english() {
    let name = Names { en: "Ready".into(), pt_br: Some("Pronto".into()), es: Some(" ".into()), ro: None };

    for (tag, text) in [
        ("pt-BR", "Pronto"),
        ("pt", "Pronto"),
        ("es-MX", "Ready"),
        ("ro", "Ready"),
        ("en", "Ready"),
        ("", "Ready"),
    ] {
        assert_eq!(name.in_language(tag), text, "{tag}");
    }
}

#[test]
fn roles_and_categories_read_back_what_they_print() {
    for role in Role::ALL {
        assert_eq!(Role::from_name(role.as_str()), Some(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
    for state in Workflow::builtins().iter().flat_map(|workflow| &workflow.states) {
        assert_eq!(serde_json::to_value(state.category).unwrap(), state.category.as_str());
    }
    assert_eq!(Role::from_name("auditor"), None);
}

fn check_steps(reference: &str, role: Role, expected: &[(&str, &str)]) {
    let workflow = builtin(reference);
    for (from, expected) in expected {
        let steps = workflow.transitions_from(&(*from).into(), role);
        let ends: Vec<&str> = steps.iter().map(|step| step.to.as_str()).collect();

        assert_eq!(ends.join(" "), *expected, "{} from {from}", role.as_str());
    }
}
