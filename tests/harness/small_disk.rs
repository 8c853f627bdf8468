//! A disk of 8 MiB in memory that can really be full. Never a disk of the machine, and gone when the test ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::temp::TemporaryDirectory;

/// What a file takes at least.
pub const PAGE_BYTES: u64 = 4_096;

/// The disk.
#[derive(Debug)]
pub struct SmallDisk(TemporaryDirectory);

/// The file that takes all the space that is left.
#[derive(Debug)]
pub struct Filler(PathBuf);

impl SmallDisk {
    /// Makes the disk; only root may.
    ///
    /// # Panics
    ///
    /// When it cannot be mounted.
    #[must_use]
    pub fn mount() -> Self {
        let directory = TemporaryDirectory::create("disk");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "campo-test"]).arg(directory.path());
        let status = mount.status().expect("there is a program `mount`");
        assert!(status.success(), "only root may mount the small disk of this test");
        Self(directory)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the space that is left.
    ///
    /// # Panics
    ///
    /// When the disk fails otherwise than by being full.
    #[must_use]
    pub fn fill(&self) -> Filler {
        let filler = Filler(self.path().join("filler"));
        File::create(&filler.0).expect("a name still fits");
        filler.fill_up();
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, for somebody may still be closing files.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

impl Filler {
    /// Takes what became free.
    ///
    /// # Panics
    ///
    /// When the disk fails otherwise than by being full.
    pub fn fill_up(&self) {
        let mut file = OpenOptions::new().append(true).open(&self.0).expect("the filler is there");
        let page = vec![0; usize::try_from(PAGE_BYTES).expect("a page is small")];
        let full = std::iter::repeat_with(|| file.write_all(&page)).find_map(Result::err);
        assert_eq!(full.map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
    }

    /// Gives back so much.
    ///
    /// # Panics
    ///
    /// When the filler has less.
    pub fn leave_free(&self, bytes: u64) {
        let file = OpenOptions::new().write(true).open(&self.0).expect("the filler is there");
        let size_bytes = file.metadata().expect("it has a size").len();
        file.set_len(size_bytes.checked_sub(bytes).expect("it has that much")).expect("it can be shortened");
    }

    /// Gives back everything.
    ///
    /// # Panics
    ///
    /// When it cannot be removed.
    pub fn remove(self) {
        fs::remove_file(self.0).expect("the filler is there");
    }
}
