//! What a sync may cost: requests, bytes, documents read. Never how long it takes.

use campo::sync::{Orders, VoucherKey};
use harness::databases;
use sync_core::ids::OrderId;
use sync_core::workflow::Role;

use super::phone::Phone;
use super::support::{ORGANIZATION, open};

/// Bodies of an idle sync, both ways (contract T16).
const IDLE_BYTES_MAX: usize = 512;
/// Bodies of 20 one-field edits each way.
const EDITS_BYTES_MAX: usize = 6 * 1024;

fn order(number: u32) -> OrderId {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    OrderId::from_bytes(bytes)
}

#[tokio::test]
async fn a_thousand_orders_are_reconciled_in_one_request() {
    // covers: T16
    for database in databases::each_database() {
        // With the key as in production: what vouchers cost counts.
        let key = VoucherKey::of_file(&database.directory().join("voucher.key")).unwrap();
        let orders = Orders::open_with(open(&database).await, Some(key)).await.unwrap();
        let mut office = Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101);
        let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);
        for number in 0..1_000 {
            office.create(order(number), &[2]);
            if number % 400 == 399 {
                office.sync(&orders).await;
            }
        }
        office.sync(&orders).await;
        ana.sync(&orders).await;
        assert_eq!(ana.documents.len(), 1_000);

        for edits in [0, 20, 200] {
            for number in 0..edits {
                office.note(order(number), u64::from(edits));
                ana.note(order(500 + number), u64::from(edits));
            }
            office.sync(&orders).await;

            let heard = ana.sync(&orders).await;

            let bytes = heard.bytes_up + heard.bytes_down;
            assert_eq!(heard.requests, 1, "{edits} edits on each side");
            assert_eq!(heard.changed.len() + heard.entered.len(), edits as usize);
            match edits {
                0 => assert!(bytes <= IDLE_BYTES_MAX, "{bytes} bytes for an idle sync"),
                20 => assert!(bytes <= EDITS_BYTES_MAX, "{bytes} bytes for 20 + 20 edits"),
                _ => {}
            }
            office.sync(&orders).await;
            assert_eq!(ana.digest(), office.digest());
        }
    }
}

#[tokio::test]
async fn a_cold_start_sends_saved_documents_once_and_reads_none() {
    const ORDERS: u32 = 300;
    for database in databases::each_database() {
        let store = open(&database).await;
        let mut office = Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101);
        let writing = Orders::open(store.clone()).await.unwrap();
        for number in 0..ORDERS {
            office.create(order(number), &[2]);
        }
        office.sync(&writing).await;
        for edit in 0..20 {
            for number in 0..ORDERS {
                office.note(order(number), edit);
            }
            office.sync(&writing).await;
        }
        let saves: usize = office.documents.values().map(|document| document.save().len()).sum();

        let reading = Orders::open(store).await.unwrap();
        let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);
        ana.page_bytes_max = Some(64 * 1024);
        let heard = ana.sync(&reading).await;

        assert_eq!(heard.entered.len(), ORDERS as usize);
        assert!(heard.bytes_down * 10 <= saves * 11, "{} bytes for {saves} of saves", heard.bytes_down);
        assert_eq!(reading.documents().deserialized_count(), 0);
        assert_eq!(ana.digest(), office.digest());
    }
}
