//! Two nodes on one database, each with a memory of how orders stood. Never an answer that rests on memory alone.

use campo::projection::rebuild::{RebuildMode, rebuild};
use campo::store::orders;
use campo::sync::Orders;
use campo::sync::answer_sync::answer_sync;
use harness::databases;
use sync_core::ids::OrderId;
use sync_core::message::{HeldReason, Outcome};
use sync_core::workflow::Role;

use super::phone::{NOW, Phone};
use super::support::{ORGANIZATION, open};

const ORDER: OrderId = OrderId::from_bytes([7; 16]);

fn phones() -> [Phone; 2] {
    [Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101), Phone::new(ORGANIZATION, 2, Role::Technician, 102)]
}

#[tokio::test]
async fn a_node_merges_what_builds_on_changes_that_another_node_took() {
    for database in databases::each_database() {
        let store = open(&database).await;
        let here = Orders::open(store.clone()).await.unwrap();
        let there = Orders::open(store.clone()).await.unwrap();
        let [mut office, mut ana] = phones();
        office.create(ORDER, &[2]);
        office.sync(&here).await;
        ana.sync(&here).await;

        for number in 0..4 {
            office.note(ORDER, number);
            office.sync(&there).await;
            // Ana hears of it elsewhere, then pushes what builds on it to a node that has not.
            ana.sync(&there).await;
            ana.note(ORDER, number);
            let outcomes = ana.sync(&here).await.outcomes;
            assert!(outcomes.values().all(|outcome| *outcome == Outcome::Applied), "{outcomes:?}");
        }
        office.sync(&there).await;

        assert_eq!(office.digest(), ana.digest());
        assert_eq!(office.order(ORDER).notes.len(), 8);
        let checked = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap();
        assert_eq!(checked.difference, None);
    }
}

#[tokio::test]
async fn a_node_holds_what_comes_for_an_order_that_another_node_set_aside() {
    for database in databases::each_database() {
        let store = open(&database).await;
        let here = Orders::open(store.clone()).await.unwrap();
        let [mut office, _] = phones();
        office.create(ORDER, &[]);
        office.sync(&here).await;
        let mut tx = store.begin_write(ORGANIZATION).await.unwrap();
        for _ in 0..3 {
            orders::count_failure(&mut tx, ORDER, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();

        office.note(ORDER, 1);
        let reply = answer_sync(&here, office.reader, office.request(), NOW).await.unwrap();

        let outcome = &reply.results[0].results[0].outcome;
        assert!(matches!(outcome, Outcome::Held { reason: HeldReason::OrderQuarantined, .. }), "{outcome:?}");
    }
}
