//! Bytes of a phone's database change by themselves. Never passes a wrong value for a right one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use harness::databases;
use harness::phone::process::PhoneProcess;
use harness::phone::{Asked, NOWHERE, PhoneSettings, Said};
use harness::temp::TemporaryDirectory;
use mobile_ffi::Client;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection as _, SqliteConnection};
use sync_core::ids::OrderId;
use sync_core::order::Order;

use super::phones_and_server::{Office, PASSWORD, TECHNICIAN, config_asked_only, note};

const SEED: u64 = 0x0dec_ade5;
const DAMAGES: usize = 120;
/// Every so many damaged phones, one goes on working with the server.
const ONLINE_EVERY: usize = 12;
const ORDERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_bytes_are_noticed_and_healed_and_no_unsent_work_is_lost() {
    // covers: A13
    let office = Office::open(&databases::sqlite()).await;
    let mut orders = Vec::new();
    for _ in 0..ORDERS {
        orders.push(office.order_for_technician().await);
    }
    let original = TemporaryDirectory::create("phone");
    record_on(original.path(), &office.url, &orders).await;
    let whole = Seen::on(original.path(), &orders).await;
    assert_eq!((whole.orders.len(), whole.unsent.len()), (ORDERS, ORDERS));

    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    let mut noticed = 0;
    for damage in 0..DAMAGES {
        let copy = TemporaryDirectory::create("phone");
        copy_damaged(original.path(), copy.path(), &mut dice);
        let seen = Seen::on(copy.path(), &orders).await;
        for (order, read) in &seen.orders {
            assert_eq!(Some(read), whole.orders.get(order), "damage {damage}: {order} reads differently");
        }
        noticed += usize::from(seen != whole);
        if damage % ONLINE_EVERY == 0 {
            assert_heals(copy.path(), &office, &orders).await;
        }
    }

    assert!(noticed > DAMAGES / 10, "only {noticed} of {DAMAGES} damages met anything");
    office.close().await;
}

/// One note on each order that the server knows, and one that it does not.
async fn record_on(directory: &Path, url: &str, orders: &[OrderId]) {
    let online = PhoneSettings { directory: directory.to_owned(), url: url.to_owned() };
    let mut phone = PhoneProcess::start(&online, "");
    phone.hear().await.unwrap();
    let sign_in = Asked::SignIn { email: TECHNICIAN.to_owned(), password: PASSWORD.to_owned() };
    assert_eq!(phone.ask(&sign_in).await, Some(Said::Synced { is_complete: true, unsent: 0 }));
    write_notes(&mut phone, orders, 1).await;
    assert_eq!(phone.ask(&Asked::Sync).await, Some(Said::Synced { is_complete: true, unsent: 0 }));
    phone.kill().await;
    let mut phone = PhoneProcess::start(&PhoneSettings::offline(directory), "");
    phone.hear().await.unwrap();
    write_notes(&mut phone, orders, 2).await;
    phone.kill().await;
    // Everything into one file, so that the damage falls on the rows themselves.
    let file = format!("sqlite://{}", database_in(directory).display());
    let mut database = SqliteConnection::connect(&file).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

async fn write_notes(phone: &mut PhoneProcess, orders: &[OrderId], byte: u8) {
    for order in orders {
        let said = phone.ask(&Asked::Do(*order, Box::new(note(byte)))).await;
        assert!(matches!(said, Some(Said::Stored { .. })), "{said:?}");
    }
}

fn database_in(directory: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(directory.join("data")).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "db")).unwrap()
}

fn copy_damaged(original: &Path, copy: &Path, dice: &mut ChaCha8Rng) {
    let database = database_in(original);
    let keys = fs::read_dir(original.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    for folder in ["data", "keys"] {
        fs::create_dir(copy.join(folder)).unwrap();
    }
    for key in keys {
        fs::copy(&key, copy.join("keys").join(key.file_name().unwrap())).unwrap();
    }
    let mut bytes = fs::read(&database).unwrap();
    for _ in 0..dice.random_range(1..=4) {
        let at = dice.random_range(0..bytes.len());
        bytes[at] ^= dice.random_range(1..=u8::MAX);
    }
    fs::write(copy.join("data").join(database.file_name().unwrap()), bytes).unwrap();
}

/// What a phone without a network shows.
#[derive(Debug, PartialEq)]
struct Seen {
    orders: BTreeMap<OrderId, Order>,
    unsent: BTreeSet<String>,
    put_aside: bool,
}

impl Seen {
    async fn on(directory: &Path, orders: &[OrderId]) -> Self {
        let phone = Client::open(config_asked_only(directory, NOWHERE)).expect("a damaged phone opens");
        let mut seen = BTreeMap::new();
        for order in orders {
            if let Some(read) = phone.order(*order).await.expect("what is damaged is not read") {
                seen.insert(*order, read.order);
            }
        }
        let rescued = phone.rescue_file().await.expect("what is damaged is not read");
        let change_of = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["change"].as_str().unwrap().to_owned()
        };
        let unsent = rescued.lines().map(change_of).collect();
        let mut files = fs::read_dir(directory.join("data")).unwrap();
        let put_aside = files.any(|entry| entry.unwrap().path().to_string_lossy().contains("damaged"));
        Self { orders: seen, unsent, put_aside }
    }
}

/// With a network the phone is as if nothing had happened.
async fn assert_heals(directory: &Path, office: &Office, orders: &[OrderId]) {
    let phone = Client::open(config_asked_only(directory, &office.url)).unwrap();
    phone.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
    phone.sync_now().await.unwrap();
    for order in orders {
        let read = phone.order(*order).await.unwrap().expect("the order was fetched again").order;
        assert_eq!(read.notes.len(), office.notes_of(*order).await);
    }
    assert_eq!(phone.unsent_count().await, Ok(0));
}
