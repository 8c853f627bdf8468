//! Every known way to harm a document through one change: refused by name, cheaply, and alone.

use std::collections::BTreeSet;

use automerge::Automerge;
use automerge::sync::Message;
use sync_core::document::ingest_guard::verify_loadable;

use crate::allocations::peak_bytes_of;
use crate::base;
use crate::builder::hash_of;
use crate::case::{Case, survives_unguarded};
use crate::ground::Ground;
use crate::pipeline::{Outcome, ingest};
use crate::{cases_bombs, cases_encoding, cases_structure};

const EXTRA_BYTES_MAX: isize = 8 * 1024 * 1024;

/// Every case, aimed at a document.
pub fn cases_on(ground: &Ground) -> Vec<Case> {
    [cases_encoding::cases, cases_structure::cases, cases_bombs::cases]
        .into_iter()
        .flat_map(|kind| kind(ground))
        .collect()
}

fn cases() -> Vec<Case> {
    cases_on(&Ground::small())
}

fn offer(document: &mut Automerge, bytes: &[u8]) -> Outcome {
    ingest(document, bytes, hash_of(bytes))
}

#[test]
fn the_change_that_the_matrix_falsifies_is_accepted() {
    for chunk in [base::template(), base::neighbour(1), base::neighbour(2)] {
        let outcome = offer(&mut base::document(), &chunk.bytes());

        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    }
}

#[test]
fn cases_have_names_of_their_own() {
    let names: BTreeSet<_> = cases().iter().map(|case| case.name).collect();

    assert_eq!(names.len(), cases().len());
}

// covers: F5
// covers: F6
// covers: F10
// covers: F11
// covers: T9
// covers: T10
#[test]
fn every_hostile_change_is_refused_by_name_within_8_mib() {
    let document = base::document();
    let mut surprises = Vec::new();
    for case in cases() {
        let mut target = document.clone();
        let (outcome, peak) = peak_bytes_of(|| offer(&mut target, &case.bytes));

        if !case.describes(&outcome) || peak > EXTRA_BYTES_MAX {
            surprises.push(format!("{}: {outcome:?}, expected {:?}, {peak} bytes", case.name, case.expected));
        }
        assert_eq!(target.get_heads(), document.get_heads(), "{}", case.name);
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

// covers: T10
#[test]
fn the_rest_of_a_batch_is_accepted_around_every_hostile_change() {
    for case in cases() {
        let mut document = base::document();
        let batch = [base::neighbour(1).bytes(), case.bytes, base::neighbour(2).bytes()];

        let outcomes: Vec<_> = batch.iter().map(|bytes| offer(&mut document, bytes)).collect();

        let honest = Outcome::Applied { operations: 1 };
        assert_eq!((&outcomes[0], &outcomes[2]), (&honest, &honest), "{}", case.name);
        let saved = verify_loadable(&document).unwrap();
        assert_eq!(Automerge::load(&saved).unwrap().get_changes(&[]).len(), 3, "{}", case.name);
    }
}

/// Otherwise the matrix would prove nothing: these pass Automerge and ruin the document.
#[test]
fn without_the_guard_the_ruinous_changes_do_ruin_the_document() {
    let harmless: Vec<_> = cases()
        .into_iter()
        .filter(|case| case.ruins_unguarded && survives_unguarded(&case.bytes))
        .map(|case| case.name)
        .collect();

    assert!(harmless.is_empty(), "{harmless:#?}");
}

/// Nothing of ours reads sync messages; bytes that stock Automerge would read as one are not even a chunk.
#[test]
fn the_sync_messages_of_the_matrix_are_what_automerge_itself_would_read() {
    let messages: Vec<_> = cases().into_iter().filter(|case| case.bytes.first() == Some(&0x42)).collect();

    assert_eq!(messages.len(), 2);
    for case in messages {
        assert!(case.bytes.len() <= 16, "{}", case.name);
        assert!(Message::decode(&case.bytes).is_ok(), "{}", case.name);
    }
}

#[test]
fn a_change_announced_under_another_hash_is_refused() {
    let bytes = base::template().bytes();
    let announced = hash_of(&base::neighbour(1).bytes());

    let outcome = ingest(&mut base::document(), &bytes, announced);

    assert_eq!(outcome, Outcome::refused(sync_core::document::ingest_guard::RefusalCode::HashMismatch));
}

// covers: F8
#[test]
fn changes_whose_dependency_never_comes_leave_nothing_behind() {
    let mut document = base::document();
    let saved = document.save();
    for number in 0..=255 {
        let orphan = crate::builder::Chunk { deps: vec![[number; 32]], ..base::neighbour(0) };

        assert_eq!(offer(&mut document, &orphan.bytes()), Outcome::MissingDeps);
    }

    assert_eq!(document.save(), saved);
}
