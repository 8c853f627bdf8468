//! Makes a backup of a server that may be serving meanwhile: the database first, what its rows name after it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};
use sync_core::ids::BlobHash;

use crate::app::{App, VOUCHER_KEY_FILE};
use crate::backups::directory::BackupDirectory;
use crate::backups::manifest::{
    BLOBS_FILE, BlobLine, BlobList, DatabaseKind, Manifest, write_blob_list, write_durably,
};
use crate::backups::{BackupError, Progress, postgres_dump};
use crate::evidence::blob_store::{BlobError, BlobStore, Derivative};
use crate::store::{DatabaseConfig, applied_migrations, blobs, copy_sqlite, organizations};

/// What was made.
#[derive(Debug, Clone)]
pub struct BackupReport {
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// Photos and files that no earlier backup had brought here.
    pub blobs_copied: u64,
    /// Photos and files whose bytes the server does not have, or not as their hash says.
    pub blobs_lost: Vec<BlobHash>,
}

/// Makes a backup and, with `keep`, removes the oldest ones beyond that number.
///
/// # Errors
///
/// When anything could not be copied durably: what was begun is no backup then and is removed.
pub async fn create_backup(
    app: &App,
    directory: &BackupDirectory,
    keep: Option<usize>,
    progress: Progress<'_>,
) -> Result<BackupReport, BackupError> {
    let lock = directory.lock()?;
    directory.remove_abandoned(&lock)?;
    let folder = directory.begin(app.clock.now())?;
    match fill(app, directory, &folder, progress).await {
        Ok(report) => {
            if let Some(keep) = keep {
                directory.prune(keep).await?;
            }
            Ok(report)
        }
        Err(error) => {
            // A full disk is the likeliest cause: what nobody can use does not stay on it.
            fs::remove_dir_all(&folder).ok();
            Err(error)
        }
    }
}

async fn fill(
    app: &App,
    directory: &BackupDirectory,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<BackupReport, BackupError> {
    progress("database", 0, 1);
    let created_at = app.clock.now();
    let kind = copy_database(&app.config.database, folder).await?;
    fail::fail_point!("backup.after_database", |_| std::process::abort());
    let schema = applied_migrations(&app.config.database).await?.last().map_or(0, |(version, _)| *version);
    let mut manifest = Manifest::new(created_at, kind, schema);
    manifest.add(folder, kind.file())?;
    progress("database", 1, 1);
    let key = app.config.data_directory.join(VOUCHER_KEY_FILE);
    if let Ok(bytes) = fs::read(&key) {
        write_durably(folder, VOUCHER_KEY_FILE, &bytes)?;
        manifest.add(folder, VOUCHER_KEY_FILE)?;
    }
    let mut wanted = wanted_blobs(app).await?;
    let (copied, lost) = copy_blobs(app.evidence.blobs(), &directory.pool()?, &wanted, progress).await?;
    wanted.retain(|line, _| !lost.contains(line));
    write_blob_list(folder, &wanted)?;
    manifest.add(folder, BLOBS_FILE)?;
    manifest.blob_count = wanted.len() as u64;
    manifest.blob_bytes = wanted.values().sum();
    manifest.blobs_lost = lost.len() as u64;
    fail::fail_point!("backup.before_manifest", |_| std::process::abort());
    manifest.write(folder)?;
    let blobs_lost = lost.into_iter().map(|line| line.sha256).collect();
    Ok(BackupReport { folder: folder.to_owned(), manifest, blobs_copied: copied, blobs_lost })
}

async fn copy_database(config: &DatabaseConfig, folder: &Path) -> Result<DatabaseKind, BackupError> {
    match config {
        DatabaseConfig::Sqlite { path } => {
            copy_sqlite(path, &folder.join(DatabaseKind::Sqlite.file())).await?;
            Ok(DatabaseKind::Sqlite)
        }
        DatabaseConfig::Postgres { url } => {
            let file = folder.join(DatabaseKind::Postgres.file());
            postgres_dump::dump(url, &file).await?;
            let synced = fs::File::open(&file).and_then(|file| file.sync_all());
            synced.map_err(|error| BackupError::File(file, error))?;
            Ok(DatabaseKind::Postgres)
        }
    }
}

/// What rows say is stored, read after the database was copied: at least what the copy names.
async fn wanted_blobs(app: &App) -> Result<BlobList, BackupError> {
    let organizations = organizations::all(&app.store).await?;
    let mut wanted = BlobList::new();
    for organization in organizations {
        for first in 0..=u8::MAX {
            let mut tx = app.store.begin_read(organization).await?;
            let rows = blobs::list_beginning_with(&mut tx, first).await?;
            tx.commit().await?;
            let stored = rows.into_iter().filter(|row| row.is_stored);
            wanted.extend(stored.map(|row| (BlobLine { organization, sha256: row.sha256 }, row.size_bytes)));
        }
    }
    Ok(wanted)
}

/// Copies what the pool lacks; says how many, and which could not be copied because their bytes are lost.
async fn copy_blobs(
    from: &BlobStore,
    pool: &BlobStore,
    wanted: &BlobList,
    progress: Progress<'_>,
) -> Result<(u64, BTreeSet<BlobLine>), BackupError> {
    let (mut copied, mut lost) = (0, BTreeSet::new());
    for (done, (line, size)) in wanted.iter().enumerate() {
        progress("files", done as u64, wanted.len() as u64);
        if pool.original_size(line.organization, line.sha256).await? == Some(*size) {
            continue;
        }
        if copy_blob(from, pool, *line).await? {
            copied += 1;
        } else {
            lost.insert(*line);
        }
    }
    progress("files", wanted.len() as u64, wanted.len() as u64);
    Ok((copied, lost))
}

/// Copies a photo or file and the pictures made from it; false when its bytes are not there, or not what its hash says.
pub(crate) async fn copy_blob(from: &BlobStore, to: &BlobStore, line: BlobLine) -> Result<bool, BackupError> {
    let BlobLine { organization, sha256 } = line;
    let bytes = match from.read_original(organization, sha256).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    match to.put_original(organization, sha256, whole(bytes, sha256)).await {
        Ok(()) => {}
        Err(BlobError::NotFound) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    for derivative in Derivative::ALL {
        match from.read_derivative(organization, sha256, derivative).await {
            Ok(bytes) => to.put_derivative(organization, sha256, derivative, bytes.into()).await?,
            Err(BlobError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// The bytes; ends as not found instead of well when they are not those of the hash.
fn whole(
    bytes: BoxStream<'static, Result<Bytes, BlobError>>,
    sha256: BlobHash,
) -> BoxStream<'static, Result<Bytes, BlobError>> {
    let state = (bytes, Some(Sha256::new()));
    let hashed = futures_util::stream::try_unfold(state, move |(mut bytes, digest)| async move {
        let Some(mut digest) = digest else { return Ok(None) };
        match bytes.try_next().await? {
            Some(run) => {
                digest.update(&run);
                Ok(Some((run, (bytes, Some(digest)))))
            }
            None if BlobHash::from_bytes(digest.finalize().into()) == sha256 => Ok(None),
            None => Err(BlobError::NotFound),
        }
    });
    hashed.boxed()
}
