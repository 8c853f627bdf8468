//! What can go wrong in the store, without the database driver. Never carries row values.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::dialect;

/// Why the store could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("no such row")]
    NotFound,
    /// A named constraint refused the row; the name is the same on both databases.
    #[error("constraint {0} refused the row")]
    Conflict(&'static str),
    /// Too many writers are waiting already.
    #[error("too many writers are waiting")]
    Overloaded,
    #[error("the database cannot be reached or was interrupted: {0}")]
    Unavailable(Arc<str>),
    #[error("the database has no space left")]
    StorageFull,
    #[error("the database accepts no writes")]
    ReadOnly,
    /// A bug or damaged data; the text is for the log only.
    #[error("unexpected database error: {0}")]
    Internal(Arc<str>),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    pub fn internal(message: &str) -> Self {
        Self::Internal(message.into())
    }

    /// Whether a transaction failed for something that was done in it, and not because of the database.
    pub(crate) const fn may_be_of_one(&self) -> bool {
        match self {
            Self::NotFound | Self::Conflict(_) | Self::Internal(_) => true,
            Self::Overloaded | Self::Unavailable(_) | Self::StorageFull | Self::ReadOnly => false,
        }
    }

    pub(crate) fn unavailable(message: &str) -> Self {
        Self::Unavailable(message.into())
    }
}

/// Counts the errors after which an SQLite connection is not trusted again (SQLite may have rolled back on its own).
static SUSPICIONS: AtomicU64 = AtomicU64::new(0);

/// How often this process has seen such an error; a connection opened before the last one is replaced.
pub(crate) fn suspicion_count() -> u64 {
    SUSPICIONS.load(Ordering::SeqCst)
}

impl From<sqlx::Error> for StoreError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else the driver reports is a bug of ours or its own"
    )]
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::RowNotFound => Self::NotFound,
            E::Database(database) => {
                let code = database.code().unwrap_or(Cow::Borrowed(""));
                match database.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
                    Some(_) => from_sqlite(&code, database.message()),
                    None => from_postgres(&code, database.constraint(), database.message()),
                }
            }
            E::WorkerCrashed => {
                SUSPICIONS.fetch_add(1, Ordering::SeqCst);
                Self::unavailable(&error.to_string())
            }
            // A balancer that closes a connection before the database has spoken looks like a broken protocol.
            E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed | E::BeginFailed => {
                Self::unavailable(&error.to_string())
            }
            _ => Self::internal(&error.to_string()),
        }
    }
}

fn from_sqlite(code: &str, message: &str) -> StoreError {
    const PRIMARY_CODE_MASK: u32 = 0xff;
    const SQLITE_CONSTRAINT_UNIQUE: u32 = 2067;
    const SQLITE_CONSTRAINT_PRIMARYKEY: u32 = 1555;
    let extended: u32 = code.parse().unwrap_or_default();
    if matches!(extended, SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) {
        return match dialect::constraint_of_columns(message) {
            Some(name) => StoreError::Conflict(name),
            None => StoreError::internal(message),
        };
    }
    match extended & PRIMARY_CODE_MASK {
        // SQLITE_BUSY, SQLITE_LOCKED: another process holds the file.
        5 | 6 => StoreError::unavailable(message),
        8 => StoreError::ReadOnly,
        13 => {
            SUSPICIONS.fetch_add(1, Ordering::SeqCst);
            StoreError::StorageFull
        }
        // NOMEM, INTERRUPT, IOERR, CORRUPT, CANTOPEN, PROTOCOL, NOTADB.
        7 | 9 | 10 | 11 | 14 | 15 | 26 => {
            SUSPICIONS.fetch_add(1, Ordering::SeqCst);
            StoreError::unavailable(message)
        }
        _ => StoreError::internal(message),
    }
}

fn from_postgres(code: &str, constraint: Option<&str>, message: &str) -> StoreError {
    match code {
        "23505" => match constraint.and_then(dialect::constraint_named) {
            Some(name) => StoreError::Conflict(name),
            None => StoreError::internal(message),
        },
        "25006" => StoreError::ReadOnly,
        "53100" => StoreError::StorageFull,
        // Serialization failure, deadlock, lock timeout: the same request may succeed when repeated.
        "40001" | "40P01" | "55P03" => StoreError::unavailable(message),
        _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            StoreError::unavailable(message)
        }
        _ => StoreError::internal(message),
    }
}
