//! Brings a backup back into the configured places and begins another life of the server. Never removes what was there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use crate::app::{App, VOUCHER_KEY_FILE};
use crate::audit::{ChainVerdict, verify_chain};
use crate::backups::create::copy_blob;
use crate::backups::directory::{Backup, BackupDirectory};
use crate::backups::manifest::{DatabaseKind, read_blob_list, write_durably};
use crate::backups::{BackupError, Progress, postgres_dump, verify_backup};
use crate::clock::Clock;
use crate::config::Config;
use crate::evidence::UploadRefusal;
use crate::evidence::expire_uploads::end_every_upload;
use crate::evidence::sweep_blobs::sweep_blobs;
use crate::projection::rebuild::{RebuildMode, rebuild_all};
use crate::store::{DatabaseConfig, Store, applied_migrations, copy_sqlite, exchange_state, organizations};

const HOURS_OF_A_DAY: u16 = 24;
/// What a database is called until everything about it is in order.
const RESTORING_SUFFIX: &str = ".restoring";
const SETTLED_SUFFIX: &str = ".restored";
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// What to do with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Keeps an SQLite database that is there aside, instead of refusing.
    pub replaces: bool,
}

/// What was brought back, and what was not in order.
#[derive(Debug, Clone)]
pub struct RestoreReport {
    pub created_at: Timestamp,
    pub epoch: u64,
    pub order_count: u64,
    pub blobs_copied: u64,
    /// Photos and files that devices are asked for again.
    pub blobs_lost: u64,
    /// Organizations whose audit chain does not verify.
    pub broken_chains: Vec<OrganizationId>,
    /// The first thing in which lists differed from the changes; they were made again.
    pub rebuilt: Option<String>,
    /// Where the database is that was there before.
    pub kept_aside: Option<PathBuf>,
}

/// Verifies a backup and brings it back. Stop every node before.
///
/// # Errors
///
/// When the backup is damaged, or something is in the way: nothing has changed then. After a failure in the middle it can
/// be tried again.
pub async fn restore_backup(
    config: &Config,
    (directory, backup): (&BackupDirectory, &Backup),
    options: RestoreOptions,
    progress: Progress<'_>,
) -> Result<RestoreReport, BackupError> {
    require_way(config, backup, options).await?;
    verify_backup(directory, backup, progress).await?;
    put_voucher_key(config, backup)?;
    let database = match &config.database {
        DatabaseConfig::Sqlite { path } => DatabaseConfig::Sqlite { path: beside_of(path, RESTORING_SUFFIX) },
        DatabaseConfig::Postgres { .. } => config.database.clone(),
    };
    put_database(&database, backup).await?;
    fail::fail_point!("restore.after_database", |_| std::process::abort());
    let store = Store::open(&database).await?;
    let clock = Clock::system();
    let epoch = exchange_state::begin_epoch(&store, clock.now()).await?;
    let working = Config { database: database.clone(), ..config.clone() };
    let app = App::open(working, clock, store).await?;
    let blobs_copied = put_blobs(&app, directory, backup, progress).await?;
    let mut report = settle(&app, epoch, progress).await?;
    report.created_at = backup.manifest.created_at;
    report.blobs_copied = blobs_copied;
    app.store.close().await;
    drop(app);
    if let (DatabaseConfig::Sqlite { path }, DatabaseConfig::Sqlite { path: restoring }) =
        (&config.database, &database)
    {
        report.kept_aside = put_in_place(restoring, path).await?;
    }
    Ok(report)
}

/// Nothing is begun that could not be ended.
async fn require_way(config: &Config, backup: &Backup, options: RestoreOptions) -> Result<(), BackupError> {
    let configured = match &config.database {
        DatabaseConfig::Sqlite { .. } => DatabaseKind::Sqlite,
        DatabaseConfig::Postgres { .. } => DatabaseKind::Postgres,
    };
    if configured != backup.manifest.database {
        return Err(BackupError::OtherKind(backup.manifest.database, configured));
    }
    match &config.database {
        DatabaseConfig::Sqlite { path } if path.exists() && !options.replaces => {
            Err(BackupError::DatabaseExists(path.clone()))
        }
        DatabaseConfig::Sqlite { path } => {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder).map_err(|error| BackupError::File(folder.to_owned(), error))?;
            fs::create_dir_all(&config.data_directory)
                .map_err(|error| BackupError::File(config.data_directory.clone(), error))
        }
        DatabaseConfig::Postgres { .. } if !applied_migrations(&config.database).await?.is_empty() => {
            Err(BackupError::DatabaseNotEmpty)
        }
        DatabaseConfig::Postgres { .. } => fs::create_dir_all(&config.data_directory)
            .map_err(|error| BackupError::File(config.data_directory.clone(), error)),
    }
}

/// The key that the server has stays; another one than the backup's is a mistake that is better noticed now.
fn put_voucher_key(config: &Config, backup: &Backup) -> Result<(), BackupError> {
    if !backup.manifest.has(VOUCHER_KEY_FILE) {
        return Ok(());
    }
    let from = backup.folder.join(VOUCHER_KEY_FILE);
    let key = fs::read(&from).map_err(|error| BackupError::File(from, error))?;
    let path = config.data_directory.join(VOUCHER_KEY_FILE);
    match fs::read(&path) {
        Ok(present) if present == key => Ok(()),
        Ok(_) => Err(BackupError::OtherVoucherKey(path)),
        Err(_) => write_durably(&config.data_directory, VOUCHER_KEY_FILE, &key),
    }
}

async fn put_database(database: &DatabaseConfig, backup: &Backup) -> Result<(), BackupError> {
    let from = backup.folder.join(backup.manifest.database.file());
    match database {
        DatabaseConfig::Sqlite { path } => {
            // Left by an attempt that was interrupted.
            remove_database(path);
            fs::copy(&from, path).map(drop).map_err(|error| BackupError::File(path.clone(), error))
        }
        DatabaseConfig::Postgres { url } => postgres_dump::restore(url, &from).await,
    }
}

async fn put_blobs(
    app: &App,
    directory: &BackupDirectory,
    backup: &Backup,
    progress: Progress<'_>,
) -> Result<u64, BackupError> {
    let wanted = read_blob_list(&backup.folder)?;
    let (pool, blobs) = (directory.pool()?, app.evidence.blobs());
    let mut copied = 0;
    for (done, (line, size)) in wanted.iter().enumerate() {
        progress("files back", done as u64, wanted.len() as u64);
        if blobs.original_size(line.organization, line.sha256).await? != Some(*size)
            && copy_blob(&pool, blobs, *line).await?
        {
            copied += 1;
        }
    }
    progress("files back", wanted.len() as u64, wanted.len() as u64);
    Ok(copied)
}

/// Makes what was brought back hold together, and says what did not.
async fn settle(app: &Arc<App>, epoch: u64, progress: Progress<'_>) -> Result<RestoreReport, BackupError> {
    let failed = |error: UploadRefusal| BackupError::Inconsistent(error.to_string());
    // Pieces of uploads are in no backup: devices begin those again, from the file.
    end_every_upload(&app.evidence).await.map_err(failed)?;
    let organizations = organizations::all(&app.store).await?;
    let (mut blobs_lost, mut broken_chains) = (0, Vec::new());
    for (done, organization) in organizations.iter().enumerate() {
        progress("checks", done as u64, organizations.len() as u64);
        for hour in 0..HOURS_OF_A_DAY {
            blobs_lost += sweep_blobs(&app.evidence, *organization, hour).await.map_err(failed)?.files_lost;
        }
        let mut tx = app.store.begin_read(*organization).await?;
        if let ChainVerdict::BrokenAt(_) = verify_chain(&mut tx).await? {
            broken_chains.push(*organization);
        }
        tx.commit().await?;
    }
    let failed = |error: String| BackupError::Inconsistent(error);
    let checked =
        rebuild_all(&app.store, RebuildMode::Check).await.map_err(|error| failed(error.to_string()))?;
    let rebuilt = checked.difference.map(|difference| difference.to_string());
    if rebuilt.is_some() {
        rebuild_all(&app.store, RebuildMode::Write).await.map_err(|error| failed(error.to_string()))?;
    }
    progress("checks", organizations.len() as u64, organizations.len() as u64);
    Ok(RestoreReport {
        created_at: Timestamp(0),
        epoch,
        order_count: checked.order_count,
        blobs_copied: 0,
        blobs_lost,
        broken_chains,
        rebuilt,
        kept_aside: None,
    })
}

/// Gives the database its name as the last step; one that has it already is kept under another.
async fn put_in_place(restoring: &Path, path: &Path) -> Result<Option<PathBuf>, BackupError> {
    let settled = beside_of(path, SETTLED_SUFFIX);
    remove_database(&settled);
    // A copy has everything in one file, whatever the log of the working one still holds.
    copy_sqlite(restoring, &settled).await?;
    let failed = |error| BackupError::File(path.to_owned(), error);
    let aside = path.exists().then(|| beside_of(path, &format!(".before-{}", Clock::system().now().0)));
    if let Some(aside) = &aside {
        // The log goes first: with the database gone first, a crash between would leave a log of nothing.
        for companion in COMPANIONS.iter().rev() {
            let from = beside_of(path, companion);
            if from.exists() {
                fs::rename(from, beside_of(aside, companion)).map_err(failed)?;
            }
        }
    }
    fs::rename(&settled, path).map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    remove_database(restoring);
    Ok(aside)
}

fn beside_of(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes what this program made itself a moment ago.
fn remove_database(path: &Path) {
    for companion in COMPANIONS {
        fs::remove_file(beside_of(path, companion)).ok();
    }
}
