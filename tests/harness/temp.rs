//! Temporary directories for tests. Never leaves one behind when the test ends.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A directory that exists as long as this value does.
#[derive(Debug)]
pub struct TemporaryDirectory(TempDir);

impl TemporaryDirectory {
    /// Creates an empty directory whose name begins with `campo-` and the purpose.
    ///
    /// # Panics
    ///
    /// When the system's temporary directory is not writable: no test can run then.
    #[must_use]
    pub fn create(purpose: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix(&format!("campo-{purpose}-"))
            .tempdir()
            .expect("the system's temporary directory is writable");
        Self(directory)
    }

    /// Returns where the directory is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the path of an entry in the directory, whether it exists or not.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
