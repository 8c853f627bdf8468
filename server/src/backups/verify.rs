//! Looks through a backup without a server: every file against its hash, and the database by its own program. Changes nothing.

use crate::backups::directory::{Backup, BackupDirectory};
use crate::backups::manifest::{BLOBS_FILE, BlobLine, DatabaseKind, describe, read_blob_list};
use crate::backups::{BackupError, Progress, postgres_dump};
use crate::evidence::blob_store::{BlobError, digest_of};
use crate::store::check_sqlite;

/// What was looked at and found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyReport {
    pub blob_count: u64,
    pub blob_bytes: u64,
}

/// Looks through everything the backup consists of.
///
/// # Errors
///
/// `Damaged` with one sentence for each file that is missing or is not what it was.
pub async fn verify_backup(
    directory: &BackupDirectory,
    backup: &Backup,
    progress: Progress<'_>,
) -> Result<VerifyReport, BackupError> {
    let mut damages = Vec::new();
    let manifest = &backup.manifest;
    for expected in &manifest.files {
        match describe(&backup.folder, &expected.name) {
            Ok(found) if found == *expected => {}
            Ok(_) => damages.push(format!("{} is not what it was", expected.name)),
            Err(error) => damages.push(error.to_string()),
        }
    }
    for name in [manifest.database.file(), BLOBS_FILE] {
        if !manifest.has(name) {
            damages.push(format!("the manifest does not name {name}"));
        }
    }
    if !damages.is_empty() {
        return Err(BackupError::Damaged(damages));
    }
    let database = backup.folder.join(manifest.database.file());
    match manifest.database {
        DatabaseKind::Sqlite => match check_sqlite(&database).await {
            Ok(schema) if schema == manifest.schema => {}
            Ok(schema) => {
                damages.push(format!("the database is at migration {schema}, not {}", manifest.schema))
            }
            Err(error) => damages.push(format!("the database: {error}")),
        },
        DatabaseKind::Postgres => match postgres_dump::check(&database).await {
            Ok(()) => {}
            Err(error @ BackupError::NoProgram { .. }) => return Err(error),
            Err(error) => damages.push(format!("the database: {error}")),
        },
    }
    let blobs = read_blob_list(&backup.folder)?;
    let pool = directory.pool()?;
    for (done, (BlobLine { organization, sha256 }, size)) in blobs.iter().enumerate() {
        progress("files", done as u64, blobs.len() as u64);
        let found = match pool.read_original(*organization, *sha256).await {
            Ok(bytes) => digest_of(bytes).await.map(Some),
            Err(BlobError::NotFound) => Ok(None),
            Err(error) => Err(error),
        };
        match found? {
            Some(found) if found == *sha256 => {}
            Some(_) => damages.push(format!("the file {sha256} of {size} bytes is not what it was")),
            None => damages.push(format!("the file {sha256} of {size} bytes is missing")),
        }
    }
    progress("files", blobs.len() as u64, blobs.len() as u64);
    if damages.is_empty() {
        Ok(VerifyReport { blob_count: manifest.blob_count, blob_bytes: manifest.blob_bytes })
    } else {
        Err(BackupError::Damaged(damages))
    }
}
