//! What a device reads page by page, on both databases. Never looks at single results.

use std::collections::BTreeSet;

use campo::store::exchange_state;
use campo::sync::Orders;
use campo::sync::answer_sync::answer_sync;
use harness::databases;
use sync_core::ids::{OrderId, UserId};
use sync_core::message::{Outcome, SyncRequest};
use sync_core::order::{CrewRole, OrderCommand};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use super::phone::{Heard, NOW, Phone};
use super::support::{ORGANIZATION, OTHER, open};

fn order(number: u32) -> OrderId {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    OrderId::from_bytes(bytes)
}

fn office() -> Phone {
    Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101)
}

fn ana() -> Phone {
    Phone::new(ORGANIZATION, 2, Role::Technician, 102)
}

fn assign(user: u8) -> OrderCommand {
    OrderCommand::Assign { technician: UserId::from_bytes([user; 16]), role: CrewRole::Lead }
}

fn unassign(user: u8) -> OrderCommand {
    OrderCommand::Unassign { technician: UserId::from_bytes([user; 16]) }
}

#[tokio::test]
async fn an_old_order_enters_when_it_is_granted_and_leaves_when_it_is_taken() {
    // covers: R13, R14
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(order(1), &[]);
        office.create(order(2), &[2]);
        office.sync(&orders).await;
        ana.sync(&orders).await;
        assert_eq!(held(&ana), BTreeSet::from([order(2)]));

        office.command(order(1), &assign(2));
        office.sync(&orders).await;
        let granted = ana.sync(&orders).await;
        office.command(order(1), &unassign(2));
        office.sync(&orders).await;
        let taken = ana.sync(&orders).await;

        assert_eq!((granted.entered, granted.left), (vec![order(1)], vec![]));
        assert_eq!((taken.entered, taken.left), (vec![], vec![order(1)]));
        assert_eq!(held(&ana), BTreeSet::from([order(2)]));
    }
}

#[tokio::test]
async fn an_app_that_is_too_old_to_read_gives_its_work_and_is_told_to_update() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(order(1), &[2]);
        office.sync(&orders).await;
        ana.sync(&orders).await;
        office.note(order(1), 1);
        office.sync(&orders).await;
        let note = ana.note(order(1), 2);
        let request = SyncRequest { schema: 0, ..ana.request() };

        let reply = answer_sync(&orders, ana.reader, request, NOW).await.unwrap();

        assert!(reply.upgrade && reply.orders.is_empty() && !reply.more);
        assert_eq!(Some(reply.cursor), ana.cursor, "it stays where it stands");
        let given = &reply.results[0].results[0];
        assert_eq!((given.hash, &given.outcome), (note, &Outcome::Applied));
        let heard = ana.sync(&orders).await;
        assert_eq!(heard.outcomes[&note], Outcome::Duplicate, "the updated app goes on from there");
        assert_eq!(heard.changed, [order(1)]);
    }
}

#[tokio::test]
async fn an_order_that_came_and_went_between_two_syncs_is_not_mentioned() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(order(1), &[]);
        office.sync(&orders).await;
        ana.sync(&orders).await;
        for command in [assign(2), unassign(2)] {
            office.command(order(1), &command);
            office.sync(&orders).await;
        }

        let heard = ana.sync(&orders).await;

        assert!(heard.entered.is_empty() && heard.changed.is_empty() && heard.left.is_empty());
    }
}

#[tokio::test]
async fn own_changes_are_not_sent_back() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        office.create(order(1), &[2]);
        office.sync(&orders).await;
        ana.sync(&orders).await;
        ana.note(order(1), 1);

        let heard = ana.sync(&orders).await;

        assert!(heard.entered.is_empty() && heard.changed.is_empty());
        assert_eq!(heard.requests, 1, "and the digests agree");
    }
}

#[tokio::test]
async fn two_organizations_never_see_each_other() {
    // covers: F4
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        let mut stranger = Phone::new(OTHER, 1, Role::Dispatcher, 103);
        office.create(order(1), &[2]);
        office.sync(&orders).await;
        stranger.cursor = office.cursor;

        let heard = stranger.sync(&orders).await;

        assert!(heard.entered.is_empty() && stranger.documents.is_empty());
        assert_eq!(stranger.create(order(1), &[]), stranger.unsent[&order(1)][0].hash);
        stranger.sync(&orders).await;
        office.sync(&orders).await;
        assert_ne!(stranger.documents[&order(1)].heads(), office.documents[&order(1)].heads());
    }
}

#[tokio::test]
async fn a_pull_cut_between_pages_goes_on_without_gap_or_repetition() {
    // covers: B15
    for database in databases::each_database() {
        let store = open(&database).await;
        let orders = Orders::open(store.clone()).await.unwrap();
        let mut office = office();
        for number in 0..40 {
            office.create(order(number), &[2]);
        }
        office.sync(&orders).await;
        for number in 0..40 {
            office.note(order(number), 1);
        }
        office.sync(&orders).await;

        for is_restarted in [false, true] {
            let mut ana = ana();
            ana.page_bytes_max = Some(3_000);
            let mut heard = Heard::default();
            let mut pages = 0;
            loop {
                let orders =
                    if is_restarted { Orders::open(store.clone()).await.unwrap() } else { orders.clone() };
                let lost = answer_sync(&orders, ana.reader, ana.request(), NOW).await.unwrap();
                let reply = answer_sync(&orders, ana.reader, ana.request(), NOW).await.unwrap();
                assert_eq!(lost.orders, reply.orders, "a lost page is sent again as it was");
                let more = reply.more;
                ana.take(reply, &mut heard);
                pages += 1;
                if !more {
                    break;
                }
            }

            assert!(pages > 5, "{pages} pages");
            assert_eq!(heard.entered.len(), 40);
            assert_eq!(ana.digest(), office.digest());
        }
    }
}

#[tokio::test]
async fn a_pull_ends_at_the_head_it_began_with_however_fast_others_write() {
    // covers: R17
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        for number in 0..30 {
            office.create(order(number), &[2]);
        }
        office.sync(&orders).await;
        ana.page_bytes_max = Some(3_000);
        let mut heard = Heard::default();
        let mut requests = 0;

        loop {
            office.note(order(requests % 30), u64::from(requests));
            office.sync(&orders).await;
            let reply = answer_sync(&orders, ana.reader, ana.request(), NOW).await.unwrap();
            requests += 1;
            let more = reply.more;
            ana.take(reply, &mut heard);
            if !more {
                break;
            }
        }

        assert!(requests < 30, "{requests} requests for 30 orders");
        ana.sync(&orders).await;
        assert_eq!(ana.digest(), office.digest());
    }
}

#[tokio::test]
async fn a_hole_in_the_device_is_found_by_its_digest_and_healed_without_a_wipe() {
    // covers: R10
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        for number in 0..5 {
            office.create(order(number), &[2]);
        }
        office.sync(&orders).await;
        ana.sync(&orders).await;
        ana.documents.remove(&order(3));

        let heard = ana.sync(&orders).await;

        assert_eq!(heard.entered, [order(3)]);
        assert_eq!(heard.requests, 2);
        assert_eq!(ana.digest(), office.digest());
    }
}

#[tokio::test]
async fn after_another_epoch_a_device_offers_and_receives_everything_again() {
    // covers: R16
    for database in databases::each_database() {
        let store = open(&database).await;
        let orders = Orders::open(store.clone()).await.unwrap();
        let (mut office, mut ana) = (office(), ana());
        for number in 0..5 {
            office.create(order(number), &[2]);
        }
        office.sync(&orders).await;
        ana.sync(&orders).await;

        let epoch = exchange_state::begin_epoch(&store, Timestamp(9)).await.unwrap();
        let heard = ana.sync(&orders).await;

        assert_eq!(ana.cursor.unwrap().epoch, epoch);
        assert!(heard.requests <= 3, "{} requests", heard.requests);
        assert_eq!(ana.digest(), office.digest());
    }
}

#[tokio::test]
async fn a_person_whose_role_changed_gets_the_other_scope_and_drops_the_rest() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut office = office();
        office.create(order(1), &[2]);
        office.create(order(2), &[]);
        office.sync(&orders).await;
        let mut ana = Phone::new(ORGANIZATION, 2, Role::Dispatcher, 102);
        ana.sync(&orders).await;
        assert_eq!(ana.documents.len(), 2);

        ana.reader.role = Role::Technician;
        ana.sync(&orders).await;

        assert_eq!(held(&ana), BTreeSet::from([order(1)]));
    }
}

fn held(phone: &Phone) -> BTreeSet<OrderId> {
    phone.documents.keys().copied().collect()
}
