//! What is derived from changes follows from them alone, and an order that cannot be read stands in nobody's way.

use campo::projection::rebuild::{RebuildMode, rebuild};
use campo::store::orders::{self, DerivedOrderRow};
use campo::store::{Store, order_summaries};
use campo::sync::Orders;
use campo::sync::answer_sync::answer_sync;
use harness::databases;
use sync_core::ids::{EntryId, OrderId, UserId};
use sync_core::message::{HeldReason, Outcome};
use sync_core::order::{CrewRole, OrderCommand};
use sync_core::workflow::{Role, StateKey};

use super::phone::{NOW, Phone};
use super::support::{ORGANIZATION, open};

fn order(number: u8) -> OrderId {
    OrderId::from_bytes([number; 16])
}

#[tokio::test]
async fn a_rebuild_makes_exactly_what_is_stored() {
    for database in databases::each_database() {
        let store = open(&database).await;
        some_history(&store).await;

        let checked = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap();
        let written = rebuild(&store, &[ORGANIZATION], RebuildMode::Write).await.unwrap();
        let again = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap();

        assert_eq!(checked.difference, None);
        assert_eq!((checked.order_count, written.order_count), (3, 3));
        assert_eq!(again.difference, None);
    }
}

#[tokio::test]
async fn a_check_names_what_differs_and_a_rebuild_mends_it() {
    for database in databases::each_database() {
        let store = open(&database).await;
        some_history(&store).await;
        let mut tx = store.begin_write(ORGANIZATION).await.unwrap();
        let mut row = order_summaries::find(&mut tx, order(2)).await.unwrap().unwrap();
        row.note_count += 1;
        order_summaries::put(&mut tx, &[&row]).await.unwrap();
        tx.commit().await.unwrap();

        let found = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap().difference.unwrap();
        rebuild(&store, &[ORGANIZATION], RebuildMode::Write).await.unwrap();

        assert_eq!((found.order, found.what), (Some(order(2)), "its summary differs"));
        let again = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap();
        assert_eq!(again.difference, None);
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_set_aside_after_three_failures_and_the_rest_goes_on() {
    // covers: B12
    for database in databases::each_database() {
        let store = open(&database).await;
        some_history(&store).await;
        let mut office = Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101);
        office.sync(&Orders::open(store.clone()).await.unwrap()).await;
        ruin(&store, order(1)).await;
        let orders = Orders::open(store.clone()).await.unwrap();
        let poisoned = office.note(order(1), 70);
        let sound = office.note(order(2), 71);

        let mut replies = Vec::new();
        for _ in 0..4 {
            let reply = answer_sync(&orders, office.reader, office.request(), NOW).await.unwrap();
            replies.push(reply.results);
        }

        let outcome = |round: usize, order: OrderId| {
            let results = replies[round].iter().find(|results| results.order == order)?;
            Some(results.results[0].outcome.clone())
        };
        assert_eq!(outcome(0, order(2)), Some(Outcome::Applied));
        assert_eq!(outcome(1, order(2)), Some(Outcome::Duplicate));
        assert!((0..3).all(|round| outcome(round, order(1)).is_none()), "no result acknowledges nothing");
        let last = outcome(3, order(1));
        assert!(
            matches!(last, Some(Outcome::Held { reason: HeldReason::OrderQuarantined, .. })),
            "{last:?} for {poisoned}, {sound}"
        );
        let mended = rebuild(&store, &[ORGANIZATION], RebuildMode::Write).await.unwrap();
        assert_eq!(mended.order_count, 3);
    }
}

/// Three orders with several authors, lines, a status step and a reassignment.
async fn some_history(store: &Store) {
    let orders = Orders::open(store.clone()).await.unwrap();
    let mut office = Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101);
    let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);
    for number in 1..=3 {
        office.create(order(number), &[2]);
    }
    office.sync(&orders).await;
    ana.sync(&orders).await;
    for number in 0..40 {
        ana.note(order(1), number);
        office.note(order(1), number);
    }
    let step = OrderCommand::ChangeStatus {
        event: EntryId::from_bytes([6; 16]),
        to: StateKey::from("cancelled"),
        reason: Some("no longer needed".to_owned()),
    };
    office.command(order(2), &step);
    office.command(
        order(3),
        &OrderCommand::Assign { technician: UserId::from_bytes([3; 16]), role: CrewRole::Helper },
    );
    office.command(order(3), &OrderCommand::Unassign { technician: UserId::from_bytes([2; 16]) });
    ana.sync(&orders).await;
    office.sync(&orders).await;
}

/// Replaces the saved document of an order by something that is none.
async fn ruin(store: &Store, order: OrderId) {
    let mut tx = store.begin_write(ORGANIZATION).await.unwrap();
    let head = orders::lock(&mut tx, order).await.unwrap().unwrap();
    let row = DerivedOrderRow {
        change_count: head.change_count,
        digest: head.digest,
        heads: head.heads,
        created_at: NOW,
        save: b"not a document".to_vec(),
    };
    orders::replace_derived(&mut tx, order, &row).await.unwrap();
    tx.commit().await.unwrap();
}
