//! The hostile matrix and the fuzz corpus, pushed to a technician's order between two honest notes.

use automerge::Automerge;
use sync_core::document::OrderDocument;
use sync_core::document::ingest_guard::RefusalCode;
use sync_core::ids::{ActorId, OrderId};
use sync_core::intake::{Intake, KEPT_MS, OrderState};
use sync_core::message::{HeldReason, Outcome, PushedChange, RejectCode};

use crate::allocations::peak_bytes_of;
use crate::base;
use crate::builder::{hash_of, seal};
use crate::case::Expected;
use crate::corpus::corpus;
use crate::ground::Ground;
use crate::matrix::cases_on;
use crate::pipeline;
use crate::technician::{NOW, does, entry, known, note, offers, pushed};

const ORDER: OrderId = OrderId::from_bytes([1; 16]);
/// What a change is refused with that is sound and writes where it may not.
const POLICY: [RejectCode; 3] = [RejectCode::ForbiddenField, RejectCode::Structure, RejectCode::Immutable];
const EXTRA_BYTES_MAX: isize = 8 * 1024 * 1024;

/// Two notes, neither of which knows of the other.
fn neighbours(document: &OrderDocument) -> [PushedChange; 2] {
    [0xc1, 0xc2]
        .map(|byte| pushed(&does(&mut document.clone(), ActorId::from_bytes([byte; 16]), &note(byte))))
}

fn offered(bytes: &[u8]) -> PushedChange {
    PushedChange { hash: hash_of(bytes), bytes: bytes.to_vec(), voucher: None }
}

/// Pushes a change between the neighbours and asserts that it came to nothing and they to what they would alone.
fn push_between(state: &OrderState, change: PushedChange, name: &str) -> Intake {
    let [first, second] = neighbours(state.document.as_ref().unwrap());
    let alone = offers(state, ORDER, &[first.clone(), second.clone()]);

    let intake = offers(state, ORDER, &[first.clone(), change, second.clone()]);

    assert_eq!((&intake.outcomes[0], &intake.outcomes[2]), (&Outcome::Applied, &Outcome::Applied), "{name}");
    let loaded = OrderDocument::load(intake.save.as_ref().unwrap()).unwrap();
    assert!(loaded.contains(&first.hash) && loaded.contains(&second.hash), "{name}");
    assert_eq!(intake.accepted, alone.accepted, "{name}");
    assert_eq!(intake.save, alone.save, "{name}");
    let order = intake.order.as_ref().unwrap();
    assert!(order.notes.contains_key(&entry(0xc1)) && order.notes.contains_key(&entry(0xc2)), "{name}");
    intake
}

fn is_answered(outcome: &Outcome, expected: Expected) -> bool {
    let held = Outcome::Held { reason: HeldReason::Unsupported, until: NOW.plus_millis(KEPT_MS) };
    match expected {
        Expected::Refused(RefusalCode::Unsupported) => *outcome == held,
        Expected::Refused(expected) => {
            matches!(outcome, Outcome::Rejected { code, .. } if *code == RejectCode::from(expected.as_str()))
        }
        Expected::MissingDeps => matches!(outcome, Outcome::MissingDeps { .. }),
        Expected::Forked => matches!(outcome, Outcome::ActorForked { .. }),
    }
}

#[test]
fn the_change_that_the_matrix_falsifies_is_merged_into_the_order() {
    let ground = Ground::order();
    let honest = ground.template().bytes();

    let intake = offers(&known(ground.document()), ORDER, &[offered(&honest)]);

    assert_eq!(intake.outcomes, [Outcome::Applied]);
}

// covers: T10
#[test]
fn every_hostile_change_gets_its_answer_within_8_mib_and_its_neighbours_are_merged() {
    let ground = Ground::order();
    let state = known(ground.document());
    let mut surprises = Vec::new();
    for case in cases_on(&ground) {
        let change = offered(&case.bytes);
        let (intake, peak) = peak_bytes_of(|| push_between(&state, change.clone(), case.name));

        let outcome = &intake.outcomes[1];
        let kept: Vec<_> = intake
            .held
            .iter()
            .map(|held| &held.change)
            .chain(intake.refused.iter().map(|refused| &refused.change))
            .collect();
        let is_kept = kept.iter().any(|kept| kept.hash == change.hash && kept.bytes == change.bytes);
        let is_asked_for = matches!(outcome, Outcome::MissingDeps { .. });
        if !is_answered(outcome, case.expected) || is_kept == is_asked_for || peak > EXTRA_BYTES_MAX {
            surprises.push(format!("{}: {outcome:?}, expected {:?}, {peak} bytes", case.name, case.expected));
        }
    }

    assert!(surprises.is_empty(), "{surprises:#?}");
}

// covers: T10
#[test]
fn a_change_announced_under_the_name_of_another_is_refused_between_its_neighbours() {
    let ground = Ground::order();
    let change = PushedChange { hash: hash_of(b"another"), ..offered(&ground.template().bytes()) };

    let intake = push_between(&known(ground.document()), change, "another's name");

    let refused = Outcome::Rejected { code: RejectCode::HashMismatch, path: None };
    assert_eq!(intake.outcomes[1], refused);
}

/// The corpus builds on the small document of the fuzz targets, so the order holds that too.
// covers: T9, T10
#[test]
fn whatever_the_fuzz_targets_found_is_not_merged_and_its_neighbours_are() {
    let mut document = Ground::order().document();
    document.apply(base::document().get_changes(&[])[0].raw_bytes()).unwrap();
    let state = known(document.clone());
    for (path, body) in corpus() {
        let name = path.display().to_string();
        let change = offered(&seal(1, &body));
        let mut unjudged = Automerge::load(&document.save()).unwrap();
        let guard = pipeline::ingest(&mut unjudged, &change.bytes, change.hash);

        let intake = push_between(&state, change, &name);

        let outcome = &intake.outcomes[1];
        let is_consistent = match &guard {
            pipeline::Outcome::Refused(refusal) => is_answered(outcome, Expected::Refused(refusal.code)),
            pipeline::Outcome::MissingDeps => is_answered(outcome, Expected::MissingDeps),
            pipeline::Outcome::Forked => is_answered(outcome, Expected::Forked),
            pipeline::Outcome::Applied { .. } => {
                matches!(outcome, Outcome::Rejected { code, .. } if POLICY.contains(code))
            }
            pipeline::Outcome::Duplicate => false,
        };
        assert!(is_consistent, "{name}: the guard says {guard:?}, the decision {outcome:?}");
    }
}
