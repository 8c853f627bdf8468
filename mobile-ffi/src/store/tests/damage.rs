//! Rotten bytes anywhere in the database and its log: never a panic, never a silent loss, never a wrong value.

use std::fs;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sync_core::replica::{RowHealth, row_health};

use super::*;

/// More rows than fit on one page.
const ROWS_OF_PAGE_MAX: usize = 16;

/// Rows as the store was told to write them, every version of each.
#[derive(Default)]
struct Written {
    versions: BTreeMap<Vec<u8>, Vec<Option<Vec<u8>>>>,
}

impl Written {
    fn commit(&mut self, store: &SqliteStore, batch: &StoreBatch) {
        store.commit(batch).unwrap();
        for (key, value) in &batch.writes {
            self.versions.entry(key.clone()).or_default().push(value.clone());
        }
    }

    fn newest(&self) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        self.versions.iter().filter_map(|(key, versions)| Some((key, versions.last()?.as_ref()?)))
    }
}

/// A row of a change made here, with a checksum as the session writes it.
fn own_row(number: u32, version: u8) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut order = [0x55; 16];
    order[12..].copy_from_slice(&number.to_be_bytes());
    let key = [b"own/".as_slice(), &order, &[0; 8], &[7; 32]].concat();
    let length = 20 + number as usize * 37 % 900;
    (key.clone(), Some(sealed(&key, &vec![version; if number == 9 { 9_000 } else { length }])))
}

fn sealed(key: &[u8], body: &[u8]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let sum = Sha256::new().chain_update(key).chain_update([0]).chain_update(body).finalize();
    [&sum[..8], body].concat()
}

/// The files of a phone that worked for a while, as they lie on its disk when the app is killed or closed.
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
    written: Written,
}

impl Files {
    fn after_work(is_closed: bool) -> Self {
        let directory = Directory::create();
        let path = directory.0.join("orders.db");
        let store = SqliteStore::open(&path).unwrap();
        let mut written = Written::default();
        written.commit(
            &store,
            &StoreBatch { id: 1, writes: (0..60).map(|number| own_row(number, 1)).collect() },
        );
        set_pragma(&store, "PRAGMA wal_checkpoint(TRUNCATE)");
        for version in 2..6 {
            let rows = (0..8).map(|step| own_row(u32::from(version) * 11 + step, version));
            written.commit(&store, &StoreBatch { id: 2, writes: rows.collect() });
        }
        if is_closed {
            store.runtime.block_on(store.connection.into_inner().close()).unwrap();
        }
        let log = directory.0.join("orders.db-wal");
        let log = if log.exists() { fs::read(log).unwrap() } else { Vec::new() };
        Self { database: fs::read(&path).unwrap(), log, written }
    }

    fn opened_after(&self, damage: impl FnOnce(&mut [u8], &mut [u8])) -> (SqliteStore, Directory) {
        let directory = Directory::create();
        let path = directory.0.join("orders.db");
        let (mut database, mut log) = (self.database.clone(), self.log.clone());
        damage(&mut database, &mut log);
        fs::write(&path, database).unwrap();
        // Kept back already, so that nobody fills it thousands of times.
        fs::File::create(directory.0.join("reserve")).unwrap().set_len(reserve::RESERVE_BYTES).unwrap();
        fs::write(directory.0.join("orders.db-wal"), log).unwrap();
        (SqliteStore::open(&path).unwrap(), directory)
    }

    /// What is not there, or not what was written, of what was; every row that is there was written.
    fn lost(&self, store: &SqliteStore) -> Vec<u32> {
        let rows: BTreeMap<_, _> = store.scan(b"").unwrap().into_iter().collect();
        for (key, value) in rows.iter().filter(|(key, value)| row_health(key, value) == RowHealth::Sound) {
            let versions = self.written.versions.get(key);
            let is_written = versions.is_some_and(|versions| versions.contains(&Some(value.clone())));
            assert!(is_written || key == LOST_ROWS, "a row that nobody wrote");
        }
        let is_lost = |(key, value): &(&Vec<u8>, &Vec<u8>)| rows.get(*key) != Some(*value);
        self.written
            .newest()
            .filter(is_lost)
            .map(|(key, _)| u32::from_be_bytes(key[16..20].try_into().unwrap()))
            .collect()
    }
}

/// Whether a row is there whose checksum says that it is damaged, which the session looks at by itself.
fn shows_damage(store: &SqliteStore) -> bool {
    store.scan(b"").unwrap().iter().any(|(key, value)| row_health(key, value) != RowHealth::Sound)
}

fn rot(files: &Files) {
    for seed in 0..5_000_u64 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (store, _directory) = files.opened_after(|database, log| {
            let bytes = if log.is_empty() || dice.random_bool(0.5) { database } else { log };
            // Every third time where the file says what it is.
            let end = if seed % 3 == 0 { 128 } else { bytes.len() };
            for _ in 0..dice.random_range(1..6) {
                bytes[dice.random_range(0..end)] = dice.random();
            }
        });

        let lost = files.lost(&store);

        let is_known = store.has_lost_rows() || shows_damage(&store);
        assert!(lost.is_empty() || is_known, "seed {seed}: {lost:?} were lost silently");
        assert!(!store.is_from_later_app(), "seed {seed}");
        store.commit(&batch(&[(b"z", Some(b"new"))])).unwrap();
    }
}

#[test]
fn rotten_bytes_in_the_database_of_a_closed_app_lose_no_row_silently() {
    // covers: A13
    rot(&Files::after_work(true));
}

#[test]
fn rotten_bytes_in_what_a_killed_app_left_lose_no_row_silently() {
    // covers: A13
    rot(&Files::after_work(false));
}

#[test]
fn a_page_of_garbage_costs_no_row_but_those_on_it() {
    // covers: A13
    let files = Files::after_work(true);
    let pages = files.database.len() / salvage::PAGE_BYTES;
    for page in 0..pages {
        let (store, directory) = files.opened_after(|database, _| {
            database[page * salvage::PAGE_BYTES..(page + 1) * salvage::PAGE_BYTES].fill(0xee);
        });

        let lost = files.lost(&store);

        assert!(store.has_lost_rows(), "page {page}");
        assert!(lost.len() <= ROWS_OF_PAGE_MAX, "page {page}: {lost:?}");
        assert!(page > 0 || lost.is_empty(), "the first page holds no row, and {lost:?} were lost");
        let kept = fs::read(directory.0.join("orders.damaged-1")).unwrap();
        assert_eq!(kept.len(), files.database.len(), "the damaged file is kept");
    }
}

#[test]
fn a_log_damaged_anywhere_still_gives_what_was_committed_behind_the_damage() {
    // covers: A13
    let files = Files::after_work(false);
    for at in (0..files.log.len()).step_by(61) {
        let (store, _directory) = files.opened_after(|_, log| log[at] ^= 0x10);

        let lost = files.lost(&store);

        assert!(store.has_lost_rows(), "byte {at}");
        assert!(lost.len() <= ROWS_OF_PAGE_MAX, "byte {at}: {lost:?}");
    }
}

#[test]
fn mending_that_was_cut_off_is_begun_again_or_ended() {
    // covers: A13 A1
    let files = Files::after_work(true);
    let damage = |database: &mut [u8], _: &mut [u8]| database[salvage::PAGE_BYTES..][..100].fill(0xee);
    let (store, directory) = files.opened_after(damage);
    let lost = files.lost(&store);
    store.runtime.block_on(store.connection.into_inner().close()).unwrap();
    let path = directory.0.join("orders.db");
    let mended = directory.0.join("orders.mended");

    // The damaged one was moved aside, the mended one not yet in its place.
    fs::rename(&path, &mended).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!((store.has_lost_rows(), files.lost(&store)), (true, lost.clone()));
    drop(store);

    // It was half written beside the damaged one.
    fs::rename(directory.0.join("orders.damaged-1"), &path).unwrap();
    fs::write(&mended, b"half").unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!((store.has_lost_rows(), files.lost(&store)), (true, lost));
    assert!(!mended.exists());
}

#[test]
fn a_second_damaged_database_is_put_beside_the_first() {
    let directory = Directory::create();
    let path = directory.0.join("orders.db");
    for number in 1..=2 {
        fs::write(&path, [number; 8_192]).unwrap();
        assert!(SqliteStore::open(&path).unwrap().has_lost_rows());
        let _ = fs::remove_file(directory.0.join("orders.db-wal"));
    }

    for number in 1..=2_u8 {
        let kept = fs::read(directory.0.join(format!("orders.damaged-{number}"))).unwrap();
        assert_eq!(kept, [number; 8_192]);
    }
}
