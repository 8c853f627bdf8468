//! Leases jobs, runs them and records how they ended. A worker that dies delays a job by its lease and loses nothing.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;

use crate::app::App;
use crate::jobs::{HOUR_MS, INSTALLATION, Job, enqueue};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::job_rows::{self, JobEnd, LeasedJobRow};

const POLL: Duration = Duration::from_millis(500);
const LEASE_MS: i64 = 60_000;
/// A job that runs longer is taken for lost; its lease must not end first.
const RUN_TIME_MAX: Duration = Duration::from_secs(50);
const ATTEMPTS_MAX: i64 = 12;
const RETRY_FIRST_MS: i64 = 1_000;
const RETRY_MAX_MS: i64 = 6 * 3_600_000;
const HOURS_OF_A_DAY: i64 = 24;

/// Works until the node stops.
pub async fn work(app: Arc<App>) {
    let mut interval = tokio::time::interval(POLL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !app.is_stopping() {
        interval.tick().await;
        if let Err(error) = work_once(&app).await {
            tracing::warn!(%error, "the job queue could not be read");
        }
    }
}

async fn work_once(app: &Arc<App>) -> Result<(), StoreError> {
    schedule(app).await?;
    run_due_jobs(app).await?;
    Ok(())
}

/// Adds what is due every hour; the hour is the cause, so that many nodes add it once.
async fn schedule(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let hour = now.0 / HOUR_MS;
    if !app.begin_hour(hour) {
        return Ok(());
    }
    let mut tx = app.store.begin_write(INSTALLATION).await?;
    let hour_of_day = u16::try_from(hour.rem_euclid(HOURS_OF_A_DAY)).unwrap_or_default();
    for job in [Job::ExpireSessions, Job::ExpireUploads, Job::SweepBlobs { hour: hour_of_day }] {
        enqueue(&mut tx, &job, &format!("hour {hour}"), now).await?;
    }
    tx.commit().await?;
    let mut tx = app.store.begin_system_read().await?;
    for (state, count) in job_rows::count_by_state(&mut tx).await? {
        app.metrics.jobs.with_label_values(&[state.as_str()]).set(count);
    }
    Ok(())
}

/// Runs every job that is due, and says how many.
pub async fn run_due_jobs(app: &Arc<App>) -> Result<usize, StoreError> {
    let mut count = 0;
    while let Some(row) = lease(app).await? {
        count += 1;
        let app_of_job = Arc::clone(app);
        let job = Job::read(&row.kind, &row.payload);
        let run = tokio::spawn(async move {
            match job {
                Some(job) => tokio::time::timeout(RUN_TIME_MAX, job.run(&app_of_job)).await,
                None => Ok(Err(Refusal::internal("a job of an unknown kind"))),
            }
        });
        let error = match run.await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(refusal))) => Some(refusal.to_string()),
            Ok(Err(_)) => Some("took too long".to_owned()),
            Err(_) => Some("panicked".to_owned()),
        };
        finish(app, &row, error).await?;
    }
    Ok(count)
}

async fn lease(app: &App) -> Result<Option<LeasedJobRow>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin_system_read().await?;
    if !job_rows::is_any_due(&mut tx, now).await? {
        return Ok(None);
    }
    drop(tx);
    let mut tx = app.store.begin_system_write().await?;
    let row = job_rows::lease(&mut tx, now, now.plus_millis(LEASE_MS)).await?;
    tx.commit().await?;
    Ok(row)
}

async fn finish(app: &App, row: &LeasedJobRow, error: Option<String>) -> Result<(), StoreError> {
    let now = app.clock.now();
    let end = match &error {
        None => JobEnd::Done,
        Some(_) if row.attempts >= ATTEMPTS_MAX => JobEnd::Dead,
        Some(_) => JobEnd::Retry(now.plus_millis(retry_after_ms(row.attempts))),
    };
    if let Some(error) = &error {
        tracing::warn!(job.kind = row.kind, job.attempts = row.attempts, error, "a job failed");
    }
    let mut tx = app.store.begin_system_write().await?;
    let is_ours = job_rows::finish(&mut tx, row, end, error.as_deref().unwrap_or_default(), now).await?;
    tx.commit().await?;
    if !is_ours {
        tracing::info!(job.kind = row.kind, "another worker had leased the job meanwhile");
    }
    Ok(())
}

/// Full jitter over a doubling bound, so that failures of one moment do not return together.
fn retry_after_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or_default();
    let bound_ms = (RETRY_FIRST_MS << doublings).min(RETRY_MAX_MS);
    rand::rng().random_range(bound_ms / 2..=bound_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_spread_out_and_stay_within_six_hours() {
        for attempts in 0..100 {
            let after_ms = retry_after_ms(attempts);
            assert!((RETRY_FIRST_MS / 2..=RETRY_MAX_MS).contains(&after_ms), "{attempts}: {after_ms}");
        }
    }
}
