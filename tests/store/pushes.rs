//! What becomes of pushed changes, on both databases. Never looks at pages.

use campo::sync::Orders;
use harness::databases;
use sync_core::ids::{OrderId, UserId};
use sync_core::message::{Outcome, RejectCode};
use sync_core::order::{CrewRole, OrderCommand};
use sync_core::workflow::Role;

use super::phone::Phone;
use super::support::{ORGANIZATION, open};

const ORDER: OrderId = OrderId::from_bytes([5; 16]);

fn office() -> Phone {
    Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101)
}

fn ana() -> Phone {
    Phone::new(ORGANIZATION, 2, Role::Technician, 102)
}

#[tokio::test]
async fn work_of_several_people_meets_in_every_copy() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(ORDER, &[2]);
        office.sync(&orders).await;
        ana.sync(&orders).await;

        ana.note(ORDER, 1);
        office.note(ORDER, 2);
        ana.sync(&orders).await;
        office.sync(&orders).await;
        ana.sync(&orders).await;

        assert_eq!(ana.documents[&ORDER].heads(), office.documents[&ORDER].heads());
        assert_eq!(ana.order(ORDER).notes.len(), 2);
        assert_eq!(ana.order(ORDER).plan.number.as_deref(), Some("1"), "the server numbers what it accepts");
        assert!(ana.unsent.is_empty() && office.unsent.is_empty());
    }
}

#[tokio::test]
async fn a_push_that_is_repeated_is_a_duplicate_and_has_no_further_effect() {
    // covers: R6
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        let hash = office.create(ORDER, &[2]);
        let lost = office.unsent.clone();
        let first = office.sync(&orders).await;

        office.unsent = lost;
        let second = office.sync(&orders).await;

        assert_eq!(first.outcomes[&hash], Outcome::Applied);
        assert_eq!(second.outcomes[&hash], Outcome::Duplicate);
        assert!(second.entered.is_empty() && second.changed.is_empty());
    }
}

#[tokio::test]
async fn changes_that_come_before_what_they_build_on_are_asked_for_again() {
    // covers: B4
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        office.create(ORDER, &[]);
        office.sync(&orders).await;
        let first = office.note(ORDER, 1);
        let second = office.note(ORDER, 2);
        let kept = office.unsent.get_mut(&ORDER).unwrap().remove(0);

        let early = answered_once(&orders, &office).await;
        office.unsent.get_mut(&ORDER).unwrap().insert(0, kept);
        let late = office.sync(&orders).await;

        assert_eq!(early[&second], Outcome::MissingDeps { hashes: vec![first] });
        assert_eq!((&late.outcomes[&first], &late.outcomes[&second]), (&Outcome::Applied, &Outcome::Applied));
    }
}

#[tokio::test]
async fn one_bad_change_does_not_stop_the_others_of_its_push() {
    // covers: B8
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        let ids: Vec<_> = (0..50).map(|number| OrderId::from_bytes([number + 1; 16])).collect();
        let hashes: Vec<_> = ids.iter().map(|id| office.create(*id, &[])).collect();
        for bad in [3, 17, 42] {
            office.unsent.get_mut(&ids[bad]).unwrap()[0].bytes[20] ^= 1;
        }

        let heard = answered_once(&orders, &office).await;

        let refused: Vec<_> = hashes
            .iter()
            .enumerate()
            .filter(|(_, hash)| heard[*hash] != Outcome::Applied)
            .map(|(index, hash)| (index, heard[hash].clone()))
            .collect();
        let damaged = |index| (index, Outcome::Rejected { code: RejectCode::Checksum, path: None });
        assert_eq!(refused, [damaged(3), damaged(17), damaged(42)]);
    }
}

#[tokio::test]
async fn a_damaged_copy_does_not_condemn_the_change() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        let hash = office.create(ORDER, &[]);
        let sound = office.unsent.clone();
        office.unsent.get_mut(&ORDER).unwrap()[0].bytes[20] ^= 1;
        answered_once(&orders, &office).await;

        office.unsent = sound;
        let again = office.sync(&orders).await;

        assert_eq!(again.outcomes[&hash], Outcome::Applied);
    }
}

#[tokio::test]
async fn an_order_the_author_does_not_work_on_is_refused_for_good() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(ORDER, &[]);
        office.sync(&orders).await;
        ana.documents.insert(ORDER, office.documents[&ORDER].clone());
        ana.unsent.insert(ORDER, Vec::new());
        let mut forged = Phone::new(ORGANIZATION, 2, Role::Dispatcher, 102);
        forged.documents = ana.documents.clone();
        let hash = forged.note(ORDER, 1);
        ana.unsent = forged.unsent;

        let first = answered_once(&orders, &ana).await;
        let second = answered_once(&orders, &ana).await;

        assert!(matches!(&first[&hash], Outcome::Rejected { .. }), "{:?}", first[&hash]);
        assert_eq!(first[&hash], second[&hash], "the same answer is given again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_batch_on_64_sockets_is_stored_once_and_nobody_sees_a_lock() {
    // covers: B3
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        let ids: Vec<_> = (0..5).map(|number| OrderId::from_bytes([number + 1; 16])).collect();
        let hashes: Vec<_> = ids.iter().map(|id| office.create(*id, &[2])).collect();

        let sockets = (0..64).map(|_| {
            let (orders, request, reader) = (orders.clone(), office.request(), office.reader);
            tokio::spawn(async move {
                campo::sync::answer_sync::answer_sync(&orders, reader, request, super::phone::NOW).await
            })
        });
        let replies: Vec<_> = futures_util::future::join_all(sockets).await;

        let mut applied = 0;
        for reply in replies {
            let reply = reply.unwrap().expect("nobody sees a lock");
            assert_eq!(reply.results.len(), ids.len());
            for results in reply.results {
                let outcome = &results.results[0].outcome;
                assert!(matches!(outcome, Outcome::Applied | Outcome::Duplicate), "{outcome:?}");
                applied += usize::from(*outcome == Outcome::Applied);
            }
        }
        assert_eq!(applied, hashes.len());
        let heard = office.sync(&orders).await;
        assert!(hashes.iter().all(|hash| heard.outcomes[hash] == Outcome::Duplicate));
    }
}

#[tokio::test]
async fn work_done_before_the_reassignment_was_known_is_kept_and_raised() {
    // covers: C1
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(ORDER, &[2]);
        office.sync(&orders).await;
        ana.sync(&orders).await;
        let hash = ana.command(ORDER, &material());
        office.command(ORDER, &OrderCommand::Unassign { technician: UserId::from_bytes([2; 16]) });
        office.command(
            ORDER,
            &OrderCommand::Assign { technician: UserId::from_bytes([3; 16]), role: CrewRole::Lead },
        );
        office.sync(&orders).await;

        let heard = ana.sync(&orders).await;
        office.sync(&orders).await;

        assert_eq!(heard.outcomes[&hash], Outcome::Applied);
        assert_eq!(heard.left, [ORDER]);
        let order = office.order(ORDER);
        assert_eq!(order.materials.len(), 1);
        assert!(!order.attention.is_empty());
    }
}

fn material() -> OrderCommand {
    OrderCommand::AddMaterial(sync_core::order::command::NewLine {
        line: sync_core::ids::EntryId::from_bytes([8; 16]),
        item: None,
        description: "Belt".to_owned(),
        quantity: "1".to_owned(),
        unit: None,
        price_minor: None,
        source: None,
        is_additional: false,
    })
}

/// One request, whose reply the phone never gets.
async fn answered_once(
    orders: &Orders,
    phone: &Phone,
) -> std::collections::BTreeMap<sync_core::ids::ChangeHash, Outcome> {
    let reply =
        campo::sync::answer_sync::answer_sync(orders, phone.reader, phone.request(), super::phone::NOW);
    let results = reply.await.unwrap().results;
    results.into_iter().flat_map(|order| order.results).map(|result| (result.hash, result.outcome)).collect()
}
