//! Space kept back on the disk of the data, for whoever has to make room on a full one. Never counted on by the server itself.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// A file that takes space and may be deleted at any time; the next start makes it again.
const BALLAST_FILE: &str = "ballast";
const BALLAST_BYTES: u64 = 64 * 1024 * 1024;
/// On a disk with less free than so many times its size, there is no room for it.
const FREE_TIMES_MIN: u64 = 8;

/// How much of a disk there is, and how much of it is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    pub total_bytes: u64,
    pub free_bytes: u64,
}

impl DiskSpace {
    /// The disk that a directory is on.
    ///
    /// # Errors
    ///
    /// When the directory is not there.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let found = statvfs(directory)?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Self { total_bytes: bytes(found.f_blocks), free_bytes: bytes(found.f_bavail) })
    }

    /// What is free, of a hundred; all of a disk that tells no size.
    pub fn free_percent(&self) -> u64 {
        self.free_bytes.saturating_mul(100).checked_div(self.total_bytes).unwrap_or(100)
    }
}

/// Makes the file where there is room for it.
///
/// # Errors
///
/// When the disk cannot be asked or written.
pub fn keep_ballast(directory: &Path) -> io::Result<()> {
    let path = directory.join(BALLAST_FILE);
    let is_there = fs::metadata(&path).is_ok_and(|found| found.len() == BALLAST_BYTES);
    if is_there || DiskSpace::of(directory)?.free_bytes < FREE_TIMES_MIN * BALLAST_BYTES {
        return Ok(());
    }
    let file = File::create(&path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, BALLAST_BYTES) {
        Ok(()) => Ok(()),
        Err(error) => {
            fs::remove_file(&path)?;
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_takes_its_space_once_and_is_made_again() {
        let directory = tempfile::tempdir().unwrap();

        keep_ballast(directory.path()).unwrap();
        keep_ballast(directory.path()).unwrap();

        let file = directory.path().join(BALLAST_FILE);
        assert_eq!(fs::metadata(&file).unwrap().len(), BALLAST_BYTES);
        fs::remove_file(&file).unwrap();
        keep_ballast(directory.path()).unwrap();
        assert!(file.exists());
        assert!(keep_ballast(&directory.path().join("none")).is_err());
    }

    #[test]
    fn a_disk_without_a_size_is_not_full() {
        assert_eq!(DiskSpace { total_bytes: 0, free_bytes: 0 }.free_percent(), 100);
        assert_eq!(DiskSpace { total_bytes: 200, free_bytes: 19 }.free_percent(), 9);
    }
}
