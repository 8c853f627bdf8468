//! Work that follows from what was committed: rows written with their cause, done at least once, with one effect.

mod expire_sessions;
mod worker;

use serde_json::Value;
use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use crate::app::App;
use crate::clock::fresh_id;
use crate::refusal::Refusal;
use crate::store::{StoreError, Tx, job_rows};

pub use worker::{run_due_jobs, work};

/// Jobs of the installation itself belong to no organization.
pub const INSTALLATION: OrganizationId = OrganizationId::from_bytes([0; 16]);

/// Everything that can be done later. Running one twice has no further effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Forgets sessions, failed sign-ins and finished jobs that nobody can ask for any more.
    ExpireSessions,
}

impl Job {
    /// The name stored in the row.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ExpireSessions => "expire_sessions",
        }
    }

    fn payload(&self) -> Value {
        match self {
            Self::ExpireSessions => Value::Null,
        }
    }

    /// Reads a stored job; `None` for a kind this version does not know.
    fn read(kind: &str, _payload: &str) -> Option<Self> {
        match kind {
            "expire_sessions" => Some(Self::ExpireSessions),
            _ => None,
        }
    }

    async fn run(&self, app: &App) -> Result<(), Refusal> {
        match self {
            Self::ExpireSessions => expire_sessions::expire_sessions(app).await,
        }
    }
}

/// Adds a job to the transaction of its cause; the same cause adds it once.
pub async fn enqueue(tx: &mut Tx, job: &Job, cause: &str, run_at: Timestamp) -> Result<(), StoreError> {
    let payload = job.payload().to_string();
    job_rows::insert(tx, fresh_id(), job.kind(), &payload, cause, run_at).await.map(drop)
}
