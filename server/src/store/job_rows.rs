//! The rows of the job queue. Never runs a job: `jobs/worker.rs` does.

use serde::Serialize;
use sync_core::ids::{OrganizationId, RecordId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::lengths::pieces;
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

/// A job about to be added.
#[derive(Debug, Clone)]
pub struct NewJobRow {
    pub id: [u8; 16],
    pub kind: &'static str,
    pub lane: &'static str,
    pub payload: String,
    pub cause: String,
    pub run_at: Timestamp,
}

/// Adds jobs, but none whose cause has one of its kind already; says how many were added.
pub async fn insert(tx: &mut Tx, rows: &[NewJobRow]) -> Result<u64> {
    let organization = tx.organization();
    let mut added = 0;
    for some in pieces(rows) {
        added += on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO jobs (organization_id, job_id, kind, lane, payload, cause, state, run_at, attempts, \
                 fence, last_error, created_at) ",
            );
            query.push_values(some, |mut values, row| {
                values
                    .push_bind(organization.as_bytes().as_slice())
                    .push_bind(row.id.as_slice())
                    .push_bind(row.kind)
                    .push_bind(row.lane)
                    .push_bind(row.payload.as_str())
                    .push_bind(row.cause.as_str())
                    .push_bind("ready")
                    .push_bind(row.run_at.0)
                    .push_bind(0_i64)
                    .push_bind(0_i64)
                    .push_bind("")
                    .push_bind(row.run_at.0);
            });
            query.push(" ON CONFLICT (organization_id, kind, cause) DO NOTHING");
            query.build().execute(db).await?.rows_affected()
        });
    }
    Ok(added)
}

/// Makes sure that a job which comes back again and again runs at a moment; one that runs is left alone, for it looks
/// before it ends what is left to do.
pub async fn arm(tx: &mut Tx, row: &NewJobRow) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO jobs (organization_id, job_id, kind, lane, payload, cause, state, run_at, attempts, fence, \
         last_error, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'ready', $7, 0, 0, '', $7) \
         ON CONFLICT (organization_id, kind, cause) DO UPDATE SET \
         run_at = CASE WHEN jobs.state = 'running' OR (jobs.state = 'ready' AND jobs.run_at < excluded.run_at) \
         THEN jobs.run_at ELSE excluded.run_at END, \
         attempts = CASE WHEN jobs.state = 'running' THEN jobs.attempts ELSE 0 END, \
         state = CASE WHEN jobs.state = 'running' THEN 'running' ELSE 'ready' END"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_slice())
    .bind(row.kind)
    .bind(row.lane)
    .bind(row.payload.as_str())
    .bind(row.cause.as_str())
    .bind(row.run_at.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

/// The lanes in which something is due, without taking the writer; in a system transaction only.
pub async fn due_lanes(tx: &mut Tx, now: Timestamp) -> Result<Vec<String>> {
    Ok(on_db!(tx, |db| sqlx::query_scalar(
        "SELECT DISTINCT lane FROM jobs WHERE state IN ('ready', 'running') AND run_at <= $1"
    )
    .bind(now.0)
    .fetch_all(db)
    .await?))
}

/// Leases the jobs of a lane that have been due longest, in any organization; in a system transaction only.
///
/// A leased job is due again when its lease ends, so a worker that dies delays it and loses nothing.
pub async fn lease(
    tx: &mut Tx,
    lane: &str,
    count_max: usize,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<LeasedJobRow>> {
    type Columns = (Vec<u8>, Vec<u8>, String, String, i64, i64);
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "UPDATE jobs SET state = 'running', run_at = $2, fence = fence + 1, attempts = attempts + 1 \
         WHERE (organization_id, job_id) IN (SELECT organization_id, job_id FROM jobs \
         WHERE lane = $3 AND state IN ('ready', 'running') AND run_at <= $1 ORDER BY run_at, job_id LIMIT $4) \
         AND state IN ('ready', 'running') AND run_at <= $1 \
         RETURNING organization_id, job_id, kind, payload, attempts, fence"
    )
    .bind(now.0)
    .bind(until.0)
    .bind(lane)
    .bind(i64::try_from(count_max).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?
    });
    rows.into_iter()
        .map(|(organization, id, kind, payload, attempts, fence)| {
            Ok(LeasedJobRow { organization: read_id(&organization)?, id, kind, payload, attempts, fence })
        })
        .collect()
}

/// Whether a lease still stands; holds the row until the transaction ends.
pub async fn holds(tx: &mut Tx, job: &LeasedJobRow) -> Result<bool> {
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE jobs SET fence = fence \
         WHERE organization_id = $1 AND job_id = $2 AND fence = $3 AND state = 'running'"
    )
    .bind(job.organization.as_bytes().as_slice())
    .bind(job.id.as_slice())
    .bind(job.fence)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}

/// How a leased job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    Done,
    /// Done for this time, and to be done again at this time.
    Again(Timestamp),
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
    let (state, run_at, attempts) = match end {
        JobEnd::Done => ("done", now, job.attempts),
        JobEnd::Again(at) => ("ready", at, 0),
        JobEnd::Retry(at) => ("ready", at, job.attempts),
        JobEnd::Dead => ("dead", now, job.attempts),
    };
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE jobs SET state = $4, run_at = $5, last_error = $6, attempts = $7 \
         WHERE organization_id = $1 AND job_id = $2 AND fence = $3 AND state = 'running'"
    )
    .bind(job.organization.as_bytes().as_slice())
    .bind(job.id.as_slice())
    .bind(job.fence)
    .bind(state)
    .bind(run_at.0)
    .bind(error)
    .bind(attempts)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}

/// How many jobs of each kind are in each state but done, of which there are many; in a system transaction only.
pub async fn count_by_state(tx: &mut Tx) -> Result<Vec<(String, String, i64)>> {
    Ok(on_db!(tx, |db| {
        sqlx::query_as("SELECT state, kind, COUNT(*) FROM jobs WHERE state IN ('ready', 'running', 'dead') GROUP BY state, kind")
        .fetch_all(db)
        .await?
    }))
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

/// A job as the people who operate an organization see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct JobRow {
    #[schemars(with = "String")]
    pub id: RecordId,
    pub kind: String,
    /// `ready`, `running`, `done` or `dead`.
    pub state: String,
    /// When it runs next, when its lease ends, or when it ended.
    #[schemars(with = "i64")]
    pub run_at: Timestamp,
    pub attempts: i64,
    pub last_error: String,
    #[schemars(with = "i64")]
    pub created_at: Timestamp,
}

/// Which jobs are asked for; the newest first, after the job of that moment and name.
#[derive(Debug, Clone)]
pub struct JobFilter {
    /// Empty for every state.
    pub state: String,
    /// Empty for every kind.
    pub kind: String,
    pub before: (Timestamp, [u8; 16]),
    pub count_max: i64,
}

/// One page of the organization's jobs.
pub async fn list(tx: &mut Tx, filter: &JobFilter) -> Result<Vec<JobRow>> {
    type Columns = (Vec<u8>, String, String, i64, i64, String, i64);
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT job_id, kind, state, run_at, attempts, last_error, created_at FROM jobs \
         WHERE organization_id = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR kind = $3) \
         AND (created_at, job_id) < ($4, $5) ORDER BY created_at DESC, job_id DESC LIMIT $6"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(filter.state.as_str())
    .bind(filter.kind.as_str())
    .bind(filter.before.0.0)
    .bind(filter.before.1.as_slice())
    .bind(filter.count_max)
    .fetch_all(db)
    .await?);
    let read = |(id, kind, state, run_at, attempts, last_error, created_at): Columns| {
        Ok(JobRow {
            id: read_id(&id)?,
            kind,
            state,
            run_at: Timestamp(run_at),
            attempts,
            last_error,
            created_at: Timestamp(created_at),
        })
    };
    rows.into_iter().map(read).collect()
}

/// The state of a job of the organization.
pub async fn state_of(tx: &mut Tx, id: &[u8]) -> Result<Option<String>> {
    let organization = tx.organization();
    Ok(on_db!(tx, |db| sqlx::query_scalar(
        "SELECT state FROM jobs WHERE organization_id = $1 AND job_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id)
    .fetch_optional(db)
    .await?))
}

/// Lets a job that was given up run again; false when it is not one of those.
pub async fn revive(tx: &mut Tx, id: &[u8], now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE jobs SET state = 'ready', run_at = $3, attempts = 0 \
         WHERE organization_id = $1 AND job_id = $2 AND state = 'dead'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id)
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}
