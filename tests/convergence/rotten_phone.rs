//! A phone whose database rots between two visits: whatever was not sent arrives, and every replica agrees.

use std::fs;
use std::path::{Path, PathBuf};

use harness::databases::{TestDatabase, each_database};
use harness::phone::process::PhoneProcess;
use harness::phone::{Asked, PhoneSettings, Said};
use harness::temp::TemporaryDirectory;
use mobile_ffi::Client;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection as _, SqliteConnection};
use sync_core::ids::OrderId;

use super::phones_and_server::{Office, PASSWORD, TECHNICIAN, note};

const PAGE_BYTES: usize = 4_096;
/// SQLite's log: a header, then pages with a header of their own.
const LOG_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 24 + PAGE_BYTES;
const ORDERS: u8 = 48;
const VISITS: u8 = 24;

#[tokio::test]
async fn a_phone_whose_database_rots_loses_no_work_and_says_what_happened() {
    // covers: A13
    for database in each_database() {
        Rotting::begin(&database).await.go_on().await;
    }
}

/// One phone over many visits, and what it was told to write.
struct Rotting {
    office: Office,
    orders: Vec<OrderId>,
    directory: TemporaryDirectory,
    database: PathBuf,
    dice: ChaCha8Rng,
}

impl Rotting {
    async fn begin(database: &TestDatabase) -> Self {
        let office = Office::open(database).await;
        let mut orders = Vec::new();
        for _ in 0..ORDERS {
            orders.push(office.order_for_technician().await);
        }
        orders.sort_unstable();
        let directory = TemporaryDirectory::create("phone");
        let settings = PhoneSettings { directory: directory.path().to_owned(), url: office.url.clone() };
        let mut phone = PhoneProcess::start(&settings, "");
        phone.hear().await;
        let (email, password) = (TECHNICIAN.to_owned(), PASSWORD.to_owned());
        let said = phone.ask(&Asked::SignIn { email, password }).await;
        assert_eq!(said, Some(Said::Synced { is_complete: true, unsent: 0 }));
        phone.kill().await;
        let files = fs::read_dir(directory.path().join("data")).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        let database = files.find(|file| file.extension().is_some_and(|name| name == "db")).unwrap();
        Self { office, orders, directory, database, dice: ChaCha8Rng::seed_from_u64(13) }
    }

    async fn go_on(mut self) {
        for visit in 1..=VISITS {
            // The first orders: their documents lie on other pages than the rows of unsent changes.
            let order = self.orders[usize::from(visit % 3)];
            self.work_offline(order, visit).await;
            self.damage_page();
            self.come_back(visit).await;
            let notes = self.office.notes_of(order).await;
            assert_eq!(notes, usize::from(visit.div_ceil(3)), "visit {visit}: {order}");
        }
        let damaged = fs::read_dir(self.directory.path().join("data")).unwrap();
        let damaged =
            damaged.filter(|file| file.as_ref().unwrap().path().to_string_lossy().contains(".damaged-"));
        assert!(damaged.count() > usize::from(VISITS) / 2, "most damages are noticed at once");
        self.assert_agrees_with_a_new_phone().await;
        self.office.close().await;
    }

    /// Writes a note without a network, and is killed; every other time the log was already taken into the database.
    async fn work_offline(&self, order: OrderId, visit: u8) {
        let mut phone = PhoneProcess::start(&PhoneSettings::offline(self.directory.path()), "");
        assert!(matches!(phone.hear().await, Some(Said::Opened { unsent: 0 })), "visit {visit}");
        let said = phone.ask(&Asked::Do(order, Box::new(note(visit)))).await;
        assert!(matches!(said, Some(Said::Stored { change: Some(_) })), "visit {visit}: {said:?}");
        phone.kill().await;
        if visit % 2 == 1 {
            let url = format!("sqlite://{}", self.database.display());
            SqliteConnection::connect(&url).await.unwrap().close().await.unwrap();
        }
    }

    /// Fills a page with dice; of a log, where one is left, as often as of the database.
    fn damage_page(&mut self) {
        let there = files(&self.database).into_iter().filter(|file| file.exists());
        let there: Vec<_> = there.filter(|file| fs::metadata(file).unwrap().len() > 0).collect();
        let number = self.dice.random_range(0..there.len());
        let mut bytes = fs::read(&there[number]).unwrap();
        let (begin, stride) = if number == 0 { (0, PAGE_BYTES) } else { (LOG_HEADER_BYTES, FRAME_BYTES) };
        let at = begin + self.dice.random_range(0..(bytes.len() - begin) / stride) * stride;
        self.dice.fill(&mut bytes[at..at + stride]);
        fs::write(&there[number], bytes).unwrap();
    }

    /// Opens the app where there is a network, and kills it once it sent everything.
    async fn come_back(&self, visit: u8) {
        let mut phone = PhoneProcess::start(&self.online(), "");
        let opened = phone.hear().await;
        assert!(matches!(opened, Some(Said::Opened { .. })), "visit {visit}: {opened:?}");
        let mut said = phone.ask(&Asked::Sync).await;
        if matches!(said, Some(Said::Failed { .. })) {
            let (email, password) = (TECHNICIAN.to_owned(), PASSWORD.to_owned());
            said = phone.ask(&Asked::SignIn { email, password }).await;
        }
        assert_eq!(said, Some(Said::Synced { is_complete: true, unsent: 0 }), "visit {visit}");
        phone.kill().await;
    }

    fn online(&self) -> PhoneSettings {
        PhoneSettings { directory: self.directory.path().to_owned(), url: self.office.url.clone() }
    }

    async fn assert_agrees_with_a_new_phone(&self) {
        let second = TemporaryDirectory::create("phone");
        let phone = Client::open(self.online().client()).unwrap();
        let other = self.office.phone(second.path()).await;
        phone.sync_now().await.unwrap();
        other.sync_now().await.unwrap();
        for order in &self.orders {
            assert_eq!(phone.heads(*order).await.unwrap(), other.heads(*order).await.unwrap());
        }
    }
}

/// The database and its log.
fn files(database: &Path) -> [PathBuf; 2] {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    [database.to_owned(), log.into()]
}
