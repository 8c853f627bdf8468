//! The real client on a disk that is really full. Never a disk of the machine: a small one in memory.

use harness::databases;
use harness::proxy::FaultProxy;
use harness::small_disk::{PAGE_BYTES, SmallDisk};
use mobile_ffi::{Client, ClientError};
use sync_core::ids::OrderId;

use super::phones_and_server::{Office, PASSWORD, TECHNICIAN, config_asked_only, note};

/// A command takes a few pages of the disk; beyond this many it always fits.
const PAGES_MAX: u64 = 16;
/// They make a reply that is larger than any command.
const ORDERS_MEANWHILE: usize = 20;

#[tokio::test]
async fn on_a_full_disk_nothing_is_confirmed_in_vain_and_what_was_recorded_is_sent() {
    // covers: A5
    let database = databases::sqlite();
    let office = Office::open(&database).await;
    let order = office.order_for_technician().await;
    let network = FaultProxy::start(office.address).await.unwrap();
    let disk = SmallDisk::mount();
    let phone = Client::open(config_asked_only(disk.path(), &network.url())).unwrap();
    phone.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
    phone.sync_now().await.unwrap();
    network.cut();
    phone.execute(order, note(1)).await.unwrap();

    // The disk fails at every write of a batch in turn: with a little more space each time, one further on.
    let filler = disk.fill();
    let mut stored = vec![1];
    for pages in 0..PAGES_MAX {
        filler.leave_free(pages * PAGE_BYTES);
        let byte = u8::try_from(pages + 2).unwrap();
        match phone.execute(order, note(byte)).await {
            Ok(_) => stored.push(byte),
            Err(error) => assert_eq!(error, ClientError::StorageFull, "with {pages} free pages"),
        }
        assert_eq!(notes(&phone, order).await, stored, "with {pages} free pages");
        filler.fill_up();
    }
    // Space that a failed attempt left in the log of the database is used up too.
    for byte in 100..200 {
        match phone.execute(order, note(byte)).await {
            Ok(_) => stored.push(byte),
            Err(error) => {
                assert_eq!(error, ClientError::StorageFull);
                break;
            }
        }
        assert!(byte < 150, "the disk takes work without an end");
    }
    for _ in 0..ORDERS_MEANWHILE {
        office.order_for_technician().await;
    }
    network.restore();
    phone.sync_now().await.unwrap();
    assert_eq!(phone.unsent_count().await, Ok(0));
    assert_eq!(office.notes_of(order).await, stored.len());
    assert!(!disk.path().join("data/reserve").exists(), "the reply needed the space that was kept back");

    // What was kept back is for sending, not for more work.
    assert_eq!(phone.execute(order, note(201)).await, Err(ClientError::StorageFull));
    drop(phone);
    let phone = Client::open(config_asked_only(disk.path(), &network.url())).unwrap();
    assert_eq!(notes(&phone, order).await, stored);

    filler.remove();
    phone.execute(order, note(203)).await.unwrap();
    phone.sync_now().await.unwrap();
    assert_eq!(office.notes_of(order).await, stored.len() + 1);
    office.close().await;
}

async fn notes(phone: &Client, order: OrderId) -> Vec<u8> {
    let read = phone.order(order).await.unwrap().unwrap().order;
    read.notes.keys().map(|note| note.as_bytes()[0]).collect()
}
