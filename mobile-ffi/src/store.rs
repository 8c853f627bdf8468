//! The phone's storage: one SQLite table of keys and values, one transaction per batch. Never interprets a row.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use sync_core::replica::{ReadFailed, StoreBatch, StoreRead, StoreRow};
use tokio::runtime::Runtime;

use crate::error::ClientError;

/// The version of the table; a higher one was written by a later app.
const USER_VERSION: i64 = 1;
/// SQLite before this can corrupt a database in WAL mode.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// Another process of the same app, such as an extension, may hold the database this long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a batch is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotStored {
    /// The disk is full.
    Full,
    /// Anything else.
    Failed(String),
}

/// An open database, used by one thread.
pub struct SqliteStore {
    path: PathBuf,
    runtime: Runtime,
    connection: RefCell<SqliteConnection>,
    is_from_later_app: bool,
}

impl SqliteStore {
    /// Opens a database, which is made if need be.
    ///
    /// # Errors
    ///
    /// `StorageFull`, or a bug when the file is no database or the SQLite built in is too old.
    pub fn open(path: &Path) -> Result<Self, ClientError> {
        let is_safe = libsqlite3_sys::SQLITE_VERSION_NUMBER >= SQLITE_VERSION_MIN;
        if !is_safe {
            return Err(ClientError::Bug("the SQLite built in can corrupt databases".to_owned()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ClientError::Bug(error.to_string()))?;
        let opened = runtime.block_on(connect(path));
        let (connection, user_version) = opened.map_err(|error| client_error(&error))?;
        let is_from_later_app = user_version > USER_VERSION;
        Ok(Self { path: path.to_owned(), runtime, connection: RefCell::new(connection), is_from_later_app })
    }

    /// Whether a later app wrote here: what is recorded is still sent, but nothing is added.
    pub const fn is_from_later_app(&self) -> bool {
        self.is_from_later_app
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is stored then.
    pub fn commit(&self, batch: &StoreBatch) -> Result<(), NotStored> {
        let mut connection = self.connection.borrow_mut();
        let committed = self.runtime.block_on(write(&mut connection, batch));
        let Err(error) = committed else { return Ok(()) };
        // After a failure the state of the connection is not trusted again.
        if let Ok((fresh, _)) = self.runtime.block_on(connect(&self.path)) {
            *connection = fresh;
        }
        if is_full(&error) { Err(NotStored::Full) } else { Err(NotStored::Failed(error.to_string())) }
    }
}

async fn connect(path: &Path) -> Result<(SqliteConnection, i64), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let user_version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await?;
    if user_version == 0 {
        let table =
            "CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
        sqlx::query(table).execute(&mut connection).await?;
        sqlx::query("PRAGMA user_version = 1").execute(&mut connection).await?;
    }
    Ok((connection, user_version))
}

async fn write(connection: &mut SqliteConnection, batch: &StoreBatch) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    for (key, value) in &batch.writes {
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO rows (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )
            .bind(key)
            .bind(value),
            None => sqlx::query("DELETE FROM rows WHERE key = $1").bind(key),
        };
        query.execute(&mut *tx).await?;
    }
    fail::fail_point!("local.before_commit");
    tx.commit().await?;
    fail::fail_point!("local.after_commit");
    Ok(())
}

impl StoreRead for SqliteStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed> {
        let mut connection = self.connection.borrow_mut();
        let query = sqlx::query_scalar("SELECT value FROM rows WHERE key = $1").bind(key.to_vec());
        self.runtime.block_on(query.fetch_optional(&mut *connection)).map_err(|error| read_failed(&error))
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed> {
        let mut connection = self.connection.borrow_mut();
        let text = "SELECT key, value FROM rows WHERE key >= $1 AND key < $2 ORDER BY key";
        let query = sqlx::query_as::<_, StoreRow>(text).bind(prefix.to_vec()).bind(after(prefix));
        self.runtime.block_on(query.fetch_all(&mut *connection)).map_err(|error| read_failed(&error))
    }
}

/// The first key after all keys that begin with `prefix`.
fn after(prefix: &[u8]) -> Vec<u8> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if last < u8::MAX {
            next.push(last + 1);
            return next;
        }
    }
    vec![u8::MAX; 64]
}

fn read_failed(error: &sqlx::Error) -> ReadFailed {
    ReadFailed(error.to_string())
}

fn client_error(error: &sqlx::Error) -> ClientError {
    if is_full(error) { ClientError::StorageFull } else { ClientError::Bug(error.to_string()) }
}

/// `SQLITE_FULL`, or a write that the system refused for want of space.
fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    code.as_deref() == Some("13") || error.to_string().contains("No space left")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::replica::MemoryStore;

    fn batch(writes: &[(&[u8], Option<&[u8]>)]) -> StoreBatch {
        let writes = writes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
        StoreBatch { id: 1, writes: writes.collect() }
    }

    #[test]
    fn it_reads_what_the_store_in_memory_reads() {
        let directory = std::env::temp_dir().join(format!("campo-store-{}", rand::random::<u64>()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("orders.db");
        let (real, mut model) = (SqliteStore::open(&path).unwrap(), MemoryStore::default());
        let batches = [
            batch(&[(b"a/1", Some(b"x")), (b"a/2", Some(b"")), (b"a\xff", Some(b"y")), (b"b", Some(b"z"))]),
            batch(&[(b"a/1", Some(b"w")), (b"a/2", None), (b"c", None)]),
        ];
        for batch in &batches {
            real.commit(batch).unwrap();
            model.commit(batch);
        }

        for store in [&real, &SqliteStore::open(&path).unwrap()] {
            for prefix in [b"".as_slice(), b"a", b"a/", b"a\xff", b"c"] {
                assert_eq!(store.scan(prefix), model.scan(prefix), "{prefix:?}");
                assert_eq!(store.get(prefix), model.get(prefix), "{prefix:?}");
            }
        }
        std::fs::remove_dir_all(directory).unwrap();
    }
}
