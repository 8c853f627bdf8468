//! Space kept back on the phone's disk, given up so that a full disk does not keep work from being sent. Never data.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// What is kept back.
pub const RESERVE_BYTES: u64 = 5 * 1024 * 1024;
/// A disk that does not take this much takes no batch either.
const PROBE_BYTES: u64 = 64 * 1024;
const BLOCK_BYTES: usize = 64 * 1024;

/// A file that only takes up space.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    is_whole: Cell<bool>,
}

impl Reserve {
    /// The reserve beside a database, as it was left.
    pub fn beside(database: &Path) -> Self {
        let path = database.with_file_name("reserve");
        let is_whole = fs::metadata(&path).is_ok_and(|file| file.len() == RESERVE_BYTES);
        Self { path, is_whole: Cell::new(is_whole) }
    }

    /// Whether the space is kept back, which is attempted if it was not.
    pub fn keep_back(&self) -> bool {
        if !self.is_whole.get() {
            self.is_whole.set(fill(&self.path, RESERVE_BYTES).is_ok());
            if !self.is_whole.get() {
                // A part of it would only be in the way.
                drop(fs::remove_file(&self.path));
            }
        }
        self.is_whole.get()
    }

    /// Gives the space up; `false` when there is none to give.
    pub fn give_up(&self) -> bool {
        self.is_whole.set(false);
        fs::remove_file(&self.path).is_ok()
    }
}

/// Whether the disk of a database does not even take a small file.
pub fn is_disk_full(database: &Path) -> bool {
    let path = database.with_file_name("probe");
    let filled = fill(&path, PROBE_BYTES);
    drop(fs::remove_file(&path));
    filled.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull)
}

fn fill(path: &Path, size_bytes: u64) -> io::Result<()> {
    // Not zeros: some file systems keep those without using space.
    let bytes = io::repeat(0x5a).take(size_bytes);
    io::copy(&mut io::BufReader::with_capacity(BLOCK_BYTES, bytes), &mut File::create(path)?)?;
    Ok(())
}
