//! The points at which a phone can be made to die. Never says goodbye: nothing is flushed, nothing is closed.

use std::str::FromStr;

/// A moment of a local write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalPoint {
    /// Between two writes of one batch.
    BetweenWrites,
    /// Everything is written, nothing committed.
    BeforeCommit,
    /// Committed, nobody told.
    AfterCommit,
}

/// A point, and how many times it is passed before the process dies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DieAt {
    /// Where.
    pub point: LocalPoint,
    /// How many times it is survived.
    pub survived: u32,
}

impl LocalPoint {
    /// Every point, in the order in which a write passes them.
    pub const ALL: [Self; 3] = [Self::BetweenWrites, Self::BeforeCommit, Self::AfterCommit];

    /// The name by which a process is told.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BetweenWrites => "local.between_writes",
            Self::BeforeCommit => "local.before_commit",
            Self::AfterCommit => "local.after_commit",
        }
    }
}

impl DieAt {
    /// Passes a point; the process ends here when its time has come.
    pub(super) fn pass(&mut self, point: LocalPoint) {
        if self.point != point {
            return;
        }
        if self.survived == 0 {
            std::process::abort();
        }
        self.survived -= 1;
    }
}

impl std::fmt::Display for DieAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.point.as_str(), self.survived)
    }
}

impl FromStr for DieAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no point to die at");
        let (name, survived) = text.split_once('=').ok_or_else(wrong)?;
        let point = LocalPoint::ALL.into_iter().find(|point| point.as_str() == name).ok_or_else(wrong)?;
        Ok(Self { point, survived: survived.parse().map_err(|_| wrong())? })
    }
}
