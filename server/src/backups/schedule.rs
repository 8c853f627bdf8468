//! Makes backups by itself, so many hours apart, as long as the node serves. Never two at once in one directory.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::backups::{BackupDirectory, BackupError, create_backup};
use crate::config::BackupConfig;

const LOOK_EVERY: Duration = Duration::from_secs(60);
const HOUR_MS: i64 = 3_600_000;
const MS_PER_S: i64 = 1_000;

/// Looks every minute whether a backup is due. One that fails is tried again at the next look, and the figures say so.
pub async fn make_backups(app: Arc<App>, config: BackupConfig) {
    let directory = BackupDirectory::at(&config.directory);
    let mut interval = tokio::time::interval(LOOK_EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !app.is_stopping() {
        interval.tick().await;
        match make_due_backup(&app, &directory, &config).await {
            Ok(()) => {}
            // Another process sees to it.
            Err(BackupError::Busy(_)) => {}
            Err(error) => {
                app.metrics.backup_failures.inc();
                tracing::error!(%error, directory = %config.directory.display(), "the backup could not be made");
            }
        }
    }
}

/// Makes a backup when the newest is too old.
///
/// # Errors
///
/// As `create_backup`.
pub async fn make_due_backup(
    app: &App,
    directory: &BackupDirectory,
    config: &BackupConfig,
) -> Result<(), BackupError> {
    let newest = directory.newest()?.map(|backup| backup.manifest.created_at);
    if let Some(newest) = newest {
        app.metrics.backup_newest_seconds.set(newest.0 / MS_PER_S);
    }
    let age_max_ms = i64::from(config.every_hours) * HOUR_MS;
    if newest.is_some_and(|newest| app.clock.now().0 - newest.0 < age_max_ms) {
        return Ok(());
    }
    let report = create_backup(app, directory, Some(config.keep as usize), &|_, _, _| ()).await?;
    app.metrics.backup_newest_seconds.set(report.manifest.created_at.0 / MS_PER_S);
    tracing::info!(
        folder = %report.folder.display(),
        files.copied = report.blobs_copied,
        files.lost = report.blobs_lost.len(),
        "a backup was made"
    );
    Ok(())
}
