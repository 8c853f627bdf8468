//! Takes what can be read out of a database whose pages are damaged. Never deletes the damaged file: it is kept beside.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use sync_core::replica::{StoreBatch, StoreRow};

/// A phone that was damaged so often is replaced.
const DAMAGED_FILES_MAX: u32 = 1_000;
/// `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
const CORRUPT: [i32; 2] = [11, 26];

/// Whether SQLite says that a file is damaged.
pub fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| CORRUPT.contains(&(code & 0xff)))
}

/// Whether the pages of a database fit together; the rows themselves carry checksums of their own.
pub async fn is_whole(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let verdict = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(connection).await;
    match verdict {
        Ok(verdict) => Ok(verdict == "ok"),
        Err(error) if is_damage(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Moves a damaged database aside and returns where it is.
///
/// # Errors
///
/// When the file cannot be moved.
pub fn put_aside(database: &Path) -> io::Result<PathBuf> {
    let free = (1..DAMAGED_FILES_MAX)
        .map(|number| database.with_extension(format!("damaged-{number}")))
        .find(|path| !path.exists());
    let aside = free.ok_or_else(|| io::Error::other("too many damaged databases"))?;
    // The log first: without its database it would be taken for that of the next one.
    for ending in ["-wal", "-shm"] {
        let beside = with_ending(database, ending);
        if beside.exists() {
            std::fs::rename(beside, with_ending(&aside, ending))?;
        }
    }
    std::fs::rename(database, &aside)?;
    Ok(aside)
}

/// The rows that can be read, from both ends up to the damage.
pub async fn readable_rows(damaged: &Path) -> StoreBatch {
    let mut batch = StoreBatch::default();
    let options = SqliteConnectOptions::new().filename(damaged);
    let Ok(mut connection) = options.connect().await else { return batch };
    for text in ["SELECT key, value FROM rows ORDER BY key", "SELECT key, value FROM rows ORDER BY key DESC"]
    {
        let mut rows = sqlx::query_as::<_, StoreRow>(text).fetch(&mut connection);
        while let Ok(Some((key, value))) = rows.try_next().await {
            batch.put(key, value);
        }
    }
    batch
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
