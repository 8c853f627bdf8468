//! Opens an SQLite file: one writer with full durability, readers apart. Never opens it with an SQLite that can damage it.

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::store::error::{Result, StoreError};
use crate::store::migrations;
use crate::store::sqlite_writer::SqliteWriter;

const READERS_MAX: u32 = 8;
/// What one reader keeps of the file; the system keeps it for all of them, and the server's memory stays what it is
/// however large the file grows.
const READER_CACHE: &str = "-512";
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Earlier versions can corrupt a file in WAL mode when two connections write and checkpoint at once.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);

pub(crate) struct SqliteStore {
    pub(crate) writer: SqliteWriter,
    pub(crate) readers: SqlitePool,
}

pub(crate) async fn open(path: &Path) -> Result<SqliteStore> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|error| StoreError::unavailable(&error.to_string()))?;
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).foreign_keys(true);
    let writer_options = options
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = writer_options.connect().await?;
    require_version(&mut connection).await?;
    migrations::migrate_sqlite(&mut connection).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query("PRAGMA query_only = ON").execute(connection).await?;
                Ok(())
            })
        })
        .after_release(release_clean)
        .connect_with(options.pragma("cache_size", READER_CACHE))
        .await?;
    Ok(SqliteStore { writer: SqliteWriter::new(writer_options, connection), readers })
}

/// Keeps a reader only when no transaction is left open on it.
fn release_clean(
    connection: &mut SqliteConnection,
    _: sqlx::pool::PoolConnectionMetadata,
) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(async move {
        connection.ping().await?;
        Ok(!connection.is_in_transaction())
    })
}

async fn require_version(connection: &mut SqliteConnection) -> Result<()> {
    let text: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await?;
    let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    if (next(), next(), next()) < VERSION_MIN {
        return Err(StoreError::internal(&format!("SQLite {text} is too old: 3.51.3 is needed")));
    }
    Ok(())
}
