//! Why the command stopped, as sentences for the person who ran it. Never retried.

use std::fmt;
use std::io;
use std::path::Path;

/// The reason, complete: nothing is added on the way up but the name of the step.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// Says which file could not be read or written.
    pub fn at_path(path: &Path, error: &io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
