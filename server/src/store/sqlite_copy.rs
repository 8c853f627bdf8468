//! Copies an SQLite database while others write it, and looks through a copy. Never opens a copy for writing.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use crate::store::error::{Result, StoreError};

/// Writes one state of the database to a file that is not there yet. Durable when this returns.
///
/// # Errors
///
/// When the database cannot be read, or the file exists or cannot be written.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<()> {
    let mut connection = SqliteConnectOptions::new().filename(from).connect().await?;
    let path = to.to_str().ok_or_else(|| StoreError::internal("the path of a copy has to be text"))?;
    sqlx::query("VACUUM INTO $1").bind(path).execute(&mut connection).await?;
    connection.close().await?;
    // SQLite does not make the copy durable.
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::unavailable(&error.to_string()))
}

/// The last migration of a copy, after SQLite itself looked through it.
///
/// # Errors
///
/// When the file is damaged or no copy of Campo's database.
pub async fn check_sqlite(path: &Path) -> Result<i64> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let mut connection = options.journal_mode(SqliteJournalMode::Off).connect().await?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut connection).await?;
    if found != "ok" {
        return Err(StoreError::internal(&found));
    }
    let schema: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(schema)
}
