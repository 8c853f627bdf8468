//! The rows of the job queue. Never runs a job: `jobs/worker.rs` does.

use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx, read_id};

/// A job that was leased to this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedJobRow {
    pub organization: OrganizationId,
    pub id: Vec<u8>,
    pub kind: String,
    pub payload: String,
    pub attempts: i64,
    /// Grows with every lease; a worker whose number is out of date may not finish the job.
    pub fence: i64,
}

/// Adds a job unless its cause has one of this kind already; true when it was added.
pub async fn insert(
    tx: &mut Tx,
    id: [u8; 16],
    kind: &str,
    payload: &str,
    cause: &str,
    run_at: Timestamp,
) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO jobs (organization_id, job_id, kind, payload, cause, state, run_at, attempts, fence, last_error, \
         created_at) VALUES ($1, $2, $3, $4, $5, 'ready', $6, 0, 0, '', $6) \
         ON CONFLICT (organization_id, kind, cause) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_slice())
    .bind(kind)
    .bind(payload)
    .bind(cause)
    .bind(run_at.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// Whether anything is due, without taking the writer; in a system transaction only.
pub async fn is_any_due(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    let row: Option<(i64,)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT run_at FROM jobs WHERE state = 'ready' AND run_at <= $1 LIMIT 1"
    )
    .bind(now.0)
    .fetch_optional(db)
    .await?);
    Ok(row.is_some())
}

/// Leases the job that has been due longest, in any organization; in a system transaction only.
///
/// A leased job is due again when its lease ends, so a worker that dies delays it and loses nothing.
pub async fn lease(tx: &mut Tx, now: Timestamp, until: Timestamp) -> Result<Option<LeasedJobRow>> {
    type Columns = (Vec<u8>, Vec<u8>, String, String, i64, i64);
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(
        "UPDATE jobs SET run_at = $2, fence = fence + 1, attempts = attempts + 1 \
         WHERE (organization_id, job_id) IN (SELECT organization_id, job_id FROM jobs \
         WHERE state = 'ready' AND run_at <= $1 ORDER BY run_at, job_id LIMIT 1) \
         AND state = 'ready' AND run_at <= $1 \
         RETURNING organization_id, job_id, kind, payload, attempts, fence"
    )
    .bind(now.0)
    .bind(until.0)
    .fetch_optional(db)
    .await?);
    row.map(|(organization, id, kind, payload, attempts, fence)| {
        Ok(LeasedJobRow { organization: read_id(&organization)?, id, kind, payload, attempts, fence })
    })
    .transpose()
}

/// How a leased job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    Done,
    /// Try again at this time.
    Retry(Timestamp),
    /// Given up; a person has to look.
    Dead,
}

/// Records the end of a leased job; false when another worker has leased it since.
pub async fn finish(
    tx: &mut Tx,
    job: &LeasedJobRow,
    end: JobEnd,
    error: &str,
    now: Timestamp,
) -> Result<bool> {
    let (state, run_at) = match end {
        JobEnd::Done => ("done", now),
        JobEnd::Retry(at) => ("ready", at),
        JobEnd::Dead => ("dead", now),
    };
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE jobs SET state = $4, run_at = $5, last_error = $6 \
         WHERE organization_id = $1 AND job_id = $2 AND fence = $3 AND state = 'ready'"
    )
    .bind(job.organization.as_bytes().as_slice())
    .bind(job.id.as_slice())
    .bind(job.fence)
    .bind(state)
    .bind(run_at.0)
    .bind(error)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}

/// How many jobs are in each state; in a system transaction only.
pub async fn count_by_state(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    Ok(on_db!(tx, |db| sqlx::query_as("SELECT state, COUNT(*) FROM jobs GROUP BY state")
        .fetch_all(db)
        .await?))
}

/// Forgets jobs done before; in a system transaction only.
pub async fn delete_done_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query("DELETE FROM jobs WHERE state = 'done' AND run_at < $1")
        .bind(before.0)
        .execute(db)
        .await
        .map(drop)?);
    Ok(())
}
