//! The phone's storage: one SQLite table of keys and values, one transaction per batch. Never interprets a row.

mod log;
mod reserve;
mod salvage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection, SqliteConnection};
use sync_core::replica::{LOST_ROWS, ReadFailed, StoreBatch, StoreRead, StoreRow};
use tokio::runtime::Runtime;

use crate::error::ClientError;
use reserve::Reserve;

/// The version of the table; a higher one was written by a later app.
const USER_VERSION: i64 = 1;
/// With the version added, what stands in `application_id`: a version that does not fit it is damage, not a later app.
const APPLICATION_ID: i64 = 0x4341_4d00;
/// SQLite before this can corrupt a database in WAL mode.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// Another process of the same app, such as an extension, may hold the database this long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Values by key, `None` where the row is deleted.
type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

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
    /// A write failed, and there was no other connection to be had.
    is_suspect: Cell<bool>,
    reserve: Reserve,
    /// Over the rows of a later app, which are not touched: what they would become. Forgotten when the app ends.
    aside: Option<RefCell<Writes>>,
    has_lost_rows: bool,
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
        let reserve = Reserve::beside(path);
        let mut opened = runtime.block_on(open_whole(path));
        if opened.as_ref().is_err_and(|error| is_full(error, path)) && reserve.give_up() {
            opened = runtime.block_on(open_whole(path));
        }
        let Opened { connection, user_version, .. } = opened.map_err(|error| client_error(&error, path))?;
        reserve.keep_back();
        let is_from_later_app = user_version > USER_VERSION;
        let mut store = Self {
            path: path.to_owned(),
            runtime,
            connection: RefCell::new(connection),
            is_suspect: Cell::new(false),
            reserve,
            aside: is_from_later_app.then(RefCell::default),
            has_lost_rows: false,
        };
        let lost_rows = store.get(LOST_ROWS).map_err(|error| ClientError::Bug(error.to_string()))?;
        store.has_lost_rows = lost_rows.is_some();
        Ok(store)
    }

    /// Whether a later app wrote here: what is recorded is still sent, but nothing is added.
    pub const fn is_from_later_app(&self) -> bool {
        self.aside.is_some()
    }

    /// Whether the database was damaged, only what could be read of it is here, and no session looked at it since.
    pub const fn has_lost_rows(&self) -> bool {
        self.has_lost_rows
    }

    /// Whether there is space for a person's work beyond what has to be left for sending it.
    pub fn has_space(&self) -> bool {
        self.reserve.keep_back()
    }

    /// Gives up the space that was kept back; `false` when there is none.
    pub fn give_up_reserve(&self) -> bool {
        self.reserve.give_up()
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is stored then.
    pub fn commit(&self, batch: &StoreBatch) -> Result<(), NotStored> {
        if let Some(aside) = &self.aside {
            aside.borrow_mut().extend(batch.writes.clone());
            return Ok(());
        }
        let mut connection = self.connection.borrow_mut();
        let committed = self.runtime.block_on(async {
            if self.is_suspect.get() {
                *connection = connect(&self.path).await?.connection;
                self.is_suspect.set(false);
            }
            write(&mut connection, batch).await
        });
        let Err(error) = committed else { return Ok(()) };
        // After a failure the state of the connection is not trusted again, except for reading.
        match self.runtime.block_on(connect(&self.path)) {
            Ok(fresh) => *connection = fresh.connection,
            Err(_) => self.is_suspect.set(true),
        }
        let is_full = is_full(&error, &self.path);
        Err(if is_full { NotStored::Full } else { NotStored::Failed(error.to_string()) })
    }

    fn stored(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed> {
        let mut connection = self.connection.borrow_mut();
        let query = sqlx::query_scalar("SELECT value FROM rows WHERE key = $1").bind(key.to_vec());
        self.runtime.block_on(query.fetch_optional(&mut *connection)).map_err(|error| read_failed(&error))
    }

    fn stored_rows(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed> {
        let mut connection = self.connection.borrow_mut();
        let text = "SELECT key, value FROM rows WHERE key >= $1 AND key < $2 ORDER BY key";
        let query = sqlx::query_as::<_, StoreRow>(text).bind(prefix.to_vec()).bind(after(prefix));
        self.runtime.block_on(query.fetch_all(&mut *connection)).map_err(|error| read_failed(&error))
    }
}

/// A connection and what its database says about itself.
struct Opened {
    connection: SqliteConnection,
    user_version: i64,
    is_version_sound: bool,
}

/// Opens a database, or if it is damaged, one with what can be read of it; the damaged one is put aside.
async fn open_whole(path: &Path) -> Result<Opened, sqlx::Error> {
    let mended = path.with_extension("mended");
    salvage::finish(path, &mended)?;
    let version = if salvage::is_quietly_damaged(path)? {
        USER_VERSION
    } else {
        match connect(path).await {
            Ok(mut opened) => {
                if opened.is_version_sound && salvage::is_whole(&mut opened.connection).await? {
                    return Ok(opened);
                }
                opened.connection.close().await?;
                if opened.is_version_sound { opened.user_version } else { USER_VERSION }
            }
            Err(error) if salvage::is_damage(&error) => USER_VERSION,
            Err(error) => return Err(error),
        }
    };
    mend(path, &mended, version).await?;
    connect(path).await
}

/// Takes what can be read of a damaged database into a new one, and puts that in its place.
async fn mend(path: &Path, mended: &Path, version: i64) -> Result<(), sqlx::Error> {
    // Closed, so that everything is in one file.
    connect(mended).await?.connection.close().await?;
    let mut rows = StoreBatch::default();
    for (key, value) in salvage::readable_rows(path, mended).await? {
        rows.put(key, value);
    }
    rows.put(LOST_ROWS.to_vec(), Vec::new());
    let mut connection = connect(mended).await?.connection;
    write(&mut connection, &rows).await?;
    connection.close().await?;
    connect_as(mended, version).await?.close().await?;
    Ok(salvage::replace(path, mended)?)
}

async fn connect(path: &Path) -> Result<Opened, sqlx::Error> {
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
        connect_as(path, USER_VERSION).await?.close().await?;
        return Ok(Opened { connection, user_version: USER_VERSION, is_version_sound: true });
    }
    let application_id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await?;
    if user_version == USER_VERSION && application_id == 0 {
        // Made before there was an application id.
        connect_as(path, USER_VERSION).await?.close().await?;
        return Ok(Opened { connection, user_version, is_version_sound: true });
    }
    if user_version > USER_VERSION {
        sqlx::query("PRAGMA query_only = 1").execute(&mut connection).await?;
    }
    Ok(Opened { connection, user_version, is_version_sound: application_id == APPLICATION_ID + user_version })
}

/// Opens a database that is to be of this version.
async fn connect_as(path: &Path, version: i64) -> Result<SqliteConnection, sqlx::Error> {
    let id = APPLICATION_ID + version;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .pragma("application_id", id.to_string())
        .pragma("user_version", version.to_string());
    options.connect().await
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
        fail::fail_point!("local.between_writes", |_| std::process::abort());
    }
    fail::fail_point!("local.before_commit", |_| std::process::abort());
    tx.commit().await?;
    fail::fail_point!("local.after_commit", |_| std::process::abort());
    Ok(())
}

impl StoreRead for SqliteStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed> {
        let aside = self.aside.as_ref().and_then(|aside| aside.borrow().get(key).cloned());
        aside.map_or_else(|| self.stored(key), Ok)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed> {
        let stored = self.stored_rows(prefix)?;
        let Some(aside) = &self.aside else { return Ok(stored) };
        let mut rows: BTreeMap<_, _> = stored.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let aside = aside.borrow();
        let over = aside.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        rows.extend(over.map(|(key, value)| (key.clone(), value.clone())));
        Ok(rows.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
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

fn client_error(error: &sqlx::Error, path: &Path) -> ClientError {
    if is_full(error, path) { ClientError::StorageFull } else { ClientError::Bug(error.to_string()) }
}

/// `SQLITE_FULL`, or another failure of the file system while it has no space.
fn is_full(error: &sqlx::Error, path: &Path) -> bool {
    /// The low byte of the extended codes of `SQLITE_IOERR` and `SQLITE_CANTOPEN`.
    const OF_FILES: [i32; 2] = [10, 14];
    const FULL: i32 = 13;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| {
        code & 0xff == FULL || (OF_FILES.contains(&(code & 0xff)) && reserve::is_disk_full(path))
    })
}

#[cfg(test)]
mod tests;
