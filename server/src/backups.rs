//! Copies of everything a server keeps, made while it serves, and the way back. Never touches what it copies.
//!
//! A directory of backups holds one folder for each backup, with its database and a manifest that is written last, and one
//! pool of photos and files for all of them, by organization and SHA-256: a file is copied once. The database is copied
//! first: a file is in place before its row is written, so that the later copy has whatever the earlier rows name.

mod create;
mod directory;
mod manifest;
mod postgres_dump;
mod restore;
mod schedule;
mod verify;

pub use create::{BackupReport, create_backup};
pub use directory::{Backup, BackupDirectory};
pub use manifest::{DatabaseKind, Manifest};
pub use restore::{RestoreOptions, RestoreReport, restore_backup};
pub use schedule::make_backups;
pub use verify::{VerifyReport, verify_backup};

use std::path::PathBuf;

use crate::evidence::blob_store::BlobError;
use crate::refusal::Refusal;
use crate::store::StoreError;

/// Why a backup could not be made, read or brought back, as a sentence for whoever operates the server.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("another backup is being made or brought back in {}", .0.display())]
    Busy(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, std::io::Error),
    #[error("{} holds no complete backup", .0.display())]
    None(PathBuf),
    #[error("{} is no complete backup: it has no manifest", .0.display())]
    Incomplete(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    Manifest(PathBuf, String),
    #[error("the backup was made by a newer Campo ({0}); restore it with that one")]
    Newer(String),
    #[error("the backup is damaged: {}", .0.join("; "))]
    Damaged(Vec<String>),
    #[error(
        "{program} of the PostgreSQL client programs could not be run ({message}); install postgresql-client"
    )]
    NoProgram { program: &'static str, message: String },
    #[error("{program} failed: {message}")]
    Program { program: &'static str, message: String },
    #[error("{} exists; move it away, or say --replace to have it kept aside", .0.display())]
    DatabaseExists(PathBuf),
    #[error("the PostgreSQL database is not empty; name an empty one")]
    DatabaseNotEmpty,
    #[error("the backup is of {0} and the configured database is {1}; they have to be the same")]
    OtherKind(DatabaseKind, DatabaseKind),
    #[error("{} holds another key than the backup; move it away if it is not the key of this server", .0.display())]
    OtherVoucherKey(PathBuf),
    #[error("what was brought back does not hold together: {0}")]
    Inconsistent(String),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Says how far something long has come: what, how many are done, of how many.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Send + Sync);
