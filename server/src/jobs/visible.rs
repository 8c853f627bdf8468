//! The jobs of an organization as its admins see them, and another chance for one that was given up. Never its payload.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::job_rows::{self, JobFilter, JobRow};

const PAGE_ROWS: usize = 50;

/// One page, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobPage {
    pub rows: Vec<JobRow>,
    /// Give it back as `page`; absent on the last page.
    pub next_page: Option<String>,
}

pub async fn list_jobs(
    app: &App,
    principal: &Principal,
    state: String,
    kind: String,
    before: (Timestamp, [u8; 16]),
) -> Result<JobPage, Refusal> {
    principal.require_admin()?;
    let count_max = i64::try_from(PAGE_ROWS + 1).unwrap_or(i64::MAX);
    let mut tx = app.store.begin_read(principal.organization).await?;
    let mut rows = job_rows::list(&mut tx, &JobFilter { state, kind, before, count_max }).await?;
    let has_more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next_page = rows.last().filter(|_| has_more).map(|row| format!("{}_{}", row.created_at.0, row.id));
    Ok(JobPage { rows, next_page })
}

/// Lets a job that was given up run again, from its first attempt.
pub async fn retry_job(app: &App, principal: &Principal, id: [u8; 16]) -> Result<(), Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    job_rows::state_of(&mut tx, &id).await?.ok_or(Refusal::NotFound)?;
    if !job_rows::revive(&mut tx, &id, now).await? {
        return Err(Refusal::invalid("state", FieldProblem::Range));
    }
    let subject: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = AuditEntry { action: "job.retry".to_owned(), subject, details: serde_json::json!({}) };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    Ok(())
}
