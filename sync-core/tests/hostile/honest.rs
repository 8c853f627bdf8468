//! What honest replicas write is accepted, all of it.

use automerge::Automerge;
use proptest::prelude::*;
use sync_core::ids::ChangeHash;

use crate::fleet::{self, Fleet};
use crate::pipeline::{Outcome, ingest};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    // covers: T12
    #[test]
    fn every_honest_change_is_accepted_with_automerges_own_operation_count(steps in fleet::steps()) {
        let mut server = Automerge::new();
        let changes = Fleet::play(&steps).changes();

        for change in &changes {
            let outcome = ingest(&mut server, change.raw_bytes(), ChangeHash::from_bytes(change.hash().0));
            prop_assert_eq!(outcome, Outcome::Applied { operations: change.len() as u64 });
        }

        prop_assert_eq!(server.get_changes(&[]).len(), changes.len());
    }

    // covers: B4
    #[test]
    fn changes_in_any_order_wait_outside_the_document_and_all_arrive(
        steps in fleet::steps(),
        order in any::<prop::sample::Index>(),
    ) {
        let mut server = Automerge::new();
        let mut waiting = Fleet::play(&steps).changes();
        let changes = waiting.len();
        waiting.reverse();
        if changes > 0 {
            waiting.rotate_left(order.index(changes));
        }

        while !waiting.is_empty() {
            let waiting_before = waiting.len();
            waiting.retain(|change| {
                let saved = server.save();
                let outcome = ingest(&mut server, change.raw_bytes(), ChangeHash::from_bytes(change.hash().0));
                let is_missing_deps = outcome == Outcome::MissingDeps;
                assert!(is_missing_deps || matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
                assert!(!is_missing_deps || server.save() == saved);
                is_missing_deps
            });
            prop_assert!(waiting.len() < waiting_before);
        }

        prop_assert_eq!(server.get_changes(&[]).len(), changes);
    }

    #[test]
    fn an_accepted_change_offered_again_is_a_duplicate(steps in fleet::steps()) {
        let mut server = Automerge::new();
        let changes = Fleet::play(&steps).changes();

        for round in 0..2 {
            for change in &changes {
                let outcome = ingest(&mut server, change.raw_bytes(), ChangeHash::from_bytes(change.hash().0));
                prop_assert_eq!(outcome == Outcome::Duplicate, round == 1);
            }
        }
    }
}
