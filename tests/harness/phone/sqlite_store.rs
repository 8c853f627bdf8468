//! A phone's store in an SQLite file (WAL, FULL), which can be made to die in any write. Never reads around its rows.

use std::io;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use sync_core::replica::{MemoryStore, ReadFailed, StoreBatch, StoreRead, StoreRow};

use super::{DieAt, LocalPoint, PhoneStore};

/// The rows of one file, with a copy in memory that is only changed after a commit.
#[derive(Debug)]
pub struct SqliteStore {
    connection: SqliteConnection,
    rows: MemoryStore,
    die_at: Option<DieAt>,
}

impl SqliteStore {
    /// Opens or makes the file and reads it.
    ///
    /// # Errors
    ///
    /// When SQLite does.
    pub async fn open(path: &Path, die_at: Option<DieAt>) -> io::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await.map_err(io::Error::other)?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        )
        .execute(&mut connection)
        .await
        .map_err(io::Error::other)?;
        let stored: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT key, value FROM rows")
            .fetch_all(&mut connection)
            .await
            .map_err(io::Error::other)?;
        let mut rows = MemoryStore::default();
        rows.rows_mut().extend(stored);
        Ok(Self { connection, rows, die_at })
    }

    /// What SQLite says about the file: `ok`, or what is wrong with it.
    ///
    /// # Errors
    ///
    /// When the file cannot even be asked.
    pub async fn integrity(&mut self) -> io::Result<String> {
        let verdict = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut self.connection).await;
        verdict.map_err(io::Error::other)
    }

    async fn write(&mut self, batch: &StoreBatch) -> sqlx::Result<()> {
        let mut die_at = self.die_at.take();
        let mut pass = |point| die_at.iter_mut().for_each(|die_at| die_at.pass(point));
        let mut tx = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for (key, value) in &batch.writes {
            match value {
                Some(value) => {
                    sqlx::query(
                        "INSERT INTO rows (key, value) VALUES ($1, $2) \
                         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    )
                    .bind(key)
                    .bind(value)
                    .execute(&mut *tx)
                    .await?;
                }
                None => {
                    sqlx::query("DELETE FROM rows WHERE key = $1").bind(key).execute(&mut *tx).await?;
                }
            }
            pass(LocalPoint::BetweenWrites);
        }
        pass(LocalPoint::BeforeCommit);
        tx.commit().await?;
        pass(LocalPoint::AfterCommit);
        self.die_at = die_at;
        Ok(())
    }
}

impl StoreRead for SqliteStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed> {
        self.rows.get(key)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed> {
        self.rows.scan(prefix)
    }
}

impl PhoneStore for SqliteStore {
    async fn commit(&mut self, batch: &StoreBatch) -> io::Result<()> {
        self.write(batch).await.map_err(io::Error::other)?;
        self.rows.commit(batch);
        Ok(())
    }
}
