//! The store against the one in memory: later apps, full disks and rotten bytes.

mod damage;

use super::*;
use sync_core::replica::MemoryStore;

fn batch(writes: &[(&[u8], Option<&[u8]>)]) -> StoreBatch {
    let writes = writes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
    StoreBatch { id: 1, writes: writes.collect() }
}

fn two_batches() -> [StoreBatch; 2] {
    [
        batch(&[(b"a/1", Some(b"x")), (b"a/2", Some(b"")), (b"a\xff", Some(b"y")), (b"b", Some(b"z"))]),
        batch(&[(b"a/1", Some(b"w")), (b"a/2", None), (b"c", None)]),
    ]
}

fn assert_reads(store: &SqliteStore, model: &MemoryStore) {
    for prefix in [b"".as_slice(), b"a", b"a/", b"a\xff", b"c"] {
        assert_eq!(store.scan(prefix), model.scan(prefix), "{prefix:?}");
        assert_eq!(store.get(prefix), model.get(prefix), "{prefix:?}");
    }
}

#[test]
fn it_reads_what_the_store_in_memory_reads() {
    let directory = Directory::create();
    let path = directory.0.join("orders.db");
    let (real, mut model) = (SqliteStore::open(&path).unwrap(), MemoryStore::default());
    for batch in &two_batches() {
        real.commit(batch).unwrap();
        model.commit(batch);
    }

    assert_reads(&real, &model);
    assert_reads(&SqliteStore::open(&path).unwrap(), &model);
}

#[test]
fn the_rows_of_a_later_app_are_read_and_never_touched() {
    let directory = Directory::create();
    let path = directory.0.join("orders.db");
    let mut model = MemoryStore::default();
    let [first, second] = two_batches();
    let store = SqliteStore::open(&path).unwrap();
    store.commit(&first).unwrap();
    model.commit(&first);
    drop(store.runtime.block_on(connect_as(&path, 2)).unwrap());
    let untouched = model.clone();

    let older = SqliteStore::open(&path).unwrap();
    older.commit(&second).unwrap();
    model.commit(&second);

    assert!(older.is_from_later_app());
    assert_reads(&older, &model);
    assert_reads(&SqliteStore::open(&path).unwrap(), &untouched);
}

#[test]
fn a_database_made_before_there_was_an_application_id_is_no_damaged_one() {
    let directory = Directory::create();
    let path = directory.0.join("orders.db");
    let [first, _] = two_batches();
    let mut model = MemoryStore::default();
    let store = SqliteStore::open(&path).unwrap();
    store.commit(&first).unwrap();
    model.commit(&first);
    set_pragma(&store, "PRAGMA application_id = 0");

    let opened = SqliteStore::open(&path).unwrap();

    assert!(!opened.has_lost_rows());
    assert_reads(&opened, &model);
}

#[test]
fn a_full_disk_is_said_and_does_not_spoil_the_store() {
    let directory = Directory::create();
    let store = SqliteStore::open(&directory.0.join("orders.db")).unwrap();
    set_pragma(&store, "PRAGMA max_page_count = 3");
    let big = vec![7; 100_000];

    assert_eq!(store.commit(&batch(&[(b"big", Some(&big))])), Err(NotStored::Full));
    store.commit(&batch(&[(b"small", Some(b"x"))])).unwrap();

    assert_eq!(store.get(b"big"), Ok(None));
    assert_eq!(store.get(b"small"), Ok(Some(b"x".to_vec())));
}

fn set_pragma(store: &SqliteStore, pragma: &'static str) {
    let mut connection = store.connection.borrow_mut();
    store.runtime.block_on(sqlx::query(pragma).execute(&mut *connection)).unwrap();
}

/// Removed when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn create() -> Self {
        // In memory where there is such a place: thousands of these are written through to the disk.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let path = parent.join(format!("campo-store-{}", rand::random::<u64>()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
