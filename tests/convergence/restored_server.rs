//! A server restored from an old backup, and phones that know more than it does. Never a word that nobody said.

use std::fs;

use campo::clock::Clock;
use campo::projection::rebuild::{RebuildMode, rebuild_all};
use campo::store::{DatabaseConfig, Store, exchange_state};
use harness::databases::{TestDatabase, each_database};
use harness::temp::TemporaryDirectory;
use mobile_ffi::Client;
use serde_json::Value;
use sync_core::ids::OrderId;

use super::phones_and_server::{Office, PASSWORD, TECHNICIAN, config, note};

const KEY: &str = "voucher.key";
/// Rounds in which a phone learns of another life of the server, gives back what it lacks, and hears that it has it.
const ROUNDS_MAX: usize = 6;

/// What happened after the backup.
struct Since {
    old_order: OrderId,
    new_order: OrderId,
    /// The new order as the office sees it.
    whole: Value,
}

// covers: B14
#[tokio::test]
async fn a_phone_gives_a_restored_server_back_what_the_office_wrote_after_the_backup() {
    for database in each_database() {
        let office = Office::open(&database).await;
        let old_order = office.order_for_technician().await;
        let phone_files = TemporaryDirectory::create("phone");
        office.phone(phone_files.path()).await.sync_now().await.unwrap();
        office.close().await;
        let backup = database.copy();
        let since = go_on(&office, &database, old_order, &phone_files).await;

        fs::copy(database.directory().join(KEY), backup.directory().join(KEY)).unwrap();
        let restored = restore(&office, &backup).await;
        let phone = Client::open(config(phone_files.path(), &restored.url)).unwrap();
        settle(&phone).await;

        assert_eq!(phone.unsent_count().await, Ok(0));
        assert_eq!(restored.notes_of(since.old_order).await, 2, "the office's note and the technician's");
        let whole = restored.get(&format!("/v1/orders/{}", since.new_order)).await;
        for part in ["number", "reason", "assignees", "notes", "version", "created_by"] {
            assert_eq!(whole[part], since.whole[part], "{part}");
        }
        restored.close().await;
        assert_sound(&backup).await;
    }
}

#[tokio::test]
async fn without_the_key_a_restored_server_takes_from_a_phone_only_what_was_made_on_it() {
    for database in each_database() {
        let office = Office::open(&database).await;
        let old_order = office.order_for_technician().await;
        let phone_files = TemporaryDirectory::create("phone");
        office.phone(phone_files.path()).await.sync_now().await.unwrap();
        office.close().await;
        let backup = database.copy();
        let since = go_on(&office, &database, old_order, &phone_files).await;

        let restored = restore(&office, &backup).await;
        let phone = Client::open(config(phone_files.path(), &restored.url)).unwrap();
        settle(&phone).await;

        assert_eq!(restored.notes_of(since.old_order).await, 1, "the technician's note alone");
        restored.close().await;
        assert_sound(&backup).await;
    }
}

/// The office writes into the old order and makes a new one; the technician works on both and hears of everything.
async fn go_on(
    before: &Office,
    database: &TestDatabase,
    old_order: OrderId,
    phone_files: &TemporaryDirectory,
) -> Since {
    let office = before.reopen(database).await;
    office.add_note(old_order, "the customer called").await;
    let new_order = office.order_for_technician().await;
    office.add_note(new_order, "the gate is open").await;
    let phone = Client::open(config(phone_files.path(), &office.url)).unwrap();
    phone.sync_now().await.unwrap();
    phone.execute(old_order, note(7)).await.unwrap();
    phone.execute(new_order, note(8)).await.unwrap();
    phone.sync_now().await.unwrap();
    assert_eq!((phone.unsent_count().await, office.notes_of(old_order).await), (Ok(0), 2));
    let whole = office.get(&format!("/v1/orders/{new_order}")).await;
    office.close().await;
    Since { old_order, new_order, whole }
}

/// Serves the copy, as `campo begin-epoch` and `campo serve` do.
async fn restore(before: &Office, backup: &TestDatabase) -> Office {
    let store = Store::open(&DatabaseConfig::from_url(backup.url()).unwrap()).await.unwrap();
    exchange_state::begin_epoch(&store, Clock::system().now()).await.unwrap();
    store.close().await;
    before.reopen(backup).await
}

async fn settle(phone: &Client) {
    phone.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
    for _ in 0..ROUNDS_MAX {
        phone.sync_now().await.unwrap();
    }
}

/// Lists follow from the changes, and every change has one audit row in a whole chain.
async fn assert_sound(database: &TestDatabase) {
    let store = Store::open(&DatabaseConfig::from_url(database.url()).unwrap()).await.unwrap();
    let report = rebuild_all(&store, RebuildMode::Check).await.unwrap();
    assert_eq!(report.difference, None);
    store.close().await;
}
