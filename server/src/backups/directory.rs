//! A directory of backups: which there are, which is the newest, and one writer at a time. Knows nothing of what is in one.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sync_core::time::Timestamp;

use crate::backups::BackupError;
use crate::backups::manifest::{BlobLine, MANIFEST_FILE, Manifest, read_blob_list};
use crate::config::BlobConfig;
use crate::evidence::blob_store::BlobStore;

const LOCK_FILE: &str = "lock";
const POOL: &str = "blobs";
/// How a folder is named.
const MOMENT: &str = "%Y%m%dT%H%M%S%.3f%z";
/// Readable by the server's user alone: everything it keeps is in there.
const DIRECTORY_MODE: u32 = 0o700;

/// A place with backups.
pub struct BackupDirectory {
    root: PathBuf,
}

/// One complete backup.
#[derive(Debug, Clone)]
pub struct Backup {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

/// Held while a backup is made; other processes see it too.
pub(crate) struct WriteLock {
    /// The operating system lets go of the lock with the file.
    _file: File,
}

impl BackupDirectory {
    /// Names the place; it is created by the first backup.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Every complete backup, oldest first. What cannot be read is none.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read; one that does not exist has none.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let failed = |error| BackupError::File(self.root.clone(), error);
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut backups = Vec::new();
        for entry in entries {
            let folder = entry.map_err(failed)?.path();
            if folder.join(MANIFEST_FILE).is_file()
                && let Ok(manifest) = Manifest::read(&folder)
            {
                backups.push(Backup { folder, manifest });
            }
        }
        backups.sort_by(|a, b| (a.manifest.created_at, &a.folder).cmp(&(b.manifest.created_at, &b.folder)));
        Ok(backups)
    }

    /// The newest complete backup.
    ///
    /// # Errors
    ///
    /// As `list`.
    pub fn newest(&self) -> Result<Option<Backup>, BackupError> {
        Ok(self.list()?.pop())
    }

    /// The backup a person means by a path: its folder, or a directory of backups for the newest.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn find(path: &Path) -> Result<(Self, Backup), BackupError> {
        if path.join(MANIFEST_FILE).is_file() {
            let manifest = Manifest::read(path)?;
            let folder = path.canonicalize().map_err(|error| BackupError::File(path.to_owned(), error))?;
            let root = folder.parent().ok_or_else(|| BackupError::None(path.to_owned()))?;
            return Ok((Self::at(root), Backup { folder, manifest }));
        }
        let directory = Self::at(path);
        let newest = directory.newest()?.ok_or_else(|| BackupError::None(path.to_owned()))?;
        Ok((directory, newest))
    }

    /// The photos and files of all backups.
    pub(crate) fn pool(&self) -> Result<BlobStore, BackupError> {
        Ok(BlobStore::open(&BlobConfig::Directory(self.root.join(POOL)))?)
    }

    pub(crate) fn lock(&self) -> Result<WriteLock, BackupError> {
        let path = self.root.join(LOCK_FILE);
        let failed = |error| BackupError::File(path.clone(), error);
        create(&self.root).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(WriteLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(BackupError::Busy(self.root.clone())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Removes what was begun and never completed; whoever holds the lock knows that nobody is at it.
    pub(crate) fn remove_abandoned(&self, _: &WriteLock) -> Result<(), BackupError> {
        let failed = |error| BackupError::File(self.root.clone(), error);
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let folder = entry.map_err(failed)?.path();
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let is_named_for_a_moment = jiff::Timestamp::strptime(MOMENT, &*name).is_ok();
            if is_named_for_a_moment && !folder.join(MANIFEST_FILE).exists() {
                fs::remove_dir_all(&folder).map_err(|error| BackupError::File(folder.clone(), error))?;
            }
        }
        Ok(())
    }

    /// An empty folder for another backup, named for its moment.
    pub(crate) fn begin(&self, now: Timestamp) -> Result<PathBuf, BackupError> {
        let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        let folder = self.root.join(moment.strftime(MOMENT).to_string());
        let made = DirBuilder::new().mode(DIRECTORY_MODE).create(&folder);
        made.map_err(|error| BackupError::File(folder.clone(), error))?;
        Ok(folder)
    }

    /// Removes the oldest complete backups until `keep` are left, and the files that only they had.
    pub(crate) async fn prune(&self, keep: usize) -> Result<(), BackupError> {
        let backups = self.list()?;
        let (gone, kept) = backups.split_at(backups.len().saturating_sub(keep));
        let mut needed = BTreeSet::new();
        for backup in kept {
            needed.extend(read_blob_list(&backup.folder)?.into_keys());
        }
        let pool = self.pool()?;
        for backup in gone {
            let lines: Vec<BlobLine> = read_blob_list(&backup.folder)?.into_keys().collect();
            // Without its manifest it is no backup any more, whatever happens next.
            let manifest = backup.folder.join(MANIFEST_FILE);
            fs::remove_file(&manifest).map_err(|error| BackupError::File(manifest, error))?;
            for line in lines.iter().filter(|line| !needed.contains(line)) {
                pool.delete_original(line.organization, line.sha256).await?;
            }
            fs::remove_dir_all(&backup.folder)
                .map_err(|error| BackupError::File(backup.folder.clone(), error))?;
        }
        Ok(())
    }
}

/// Makes a directory that nobody else may read.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)
}
