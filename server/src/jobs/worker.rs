//! Leases jobs, runs them and records how they ended. A worker that dies delays a job by its lease and loses nothing.
//!
//! Each lane runs its jobs beside the others; a slow receiver of one lane keeps nobody of another waiting.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use rand::RngExt as _;
use tokio::task::JoinSet;

use crate::app::App;
use crate::events::{self, Event};
use crate::jobs::{HOUR_MS, INSTALLATION, Job, Lane, enqueue};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::job_rows::{self, JobEnd, LeasedJobRow};

const POLL: Duration = Duration::from_millis(500);
const COUNT_EVERY: Duration = Duration::from_secs(15);
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
    let mut hands = Hands::default();
    while !app.is_stopping() {
        tokio::select! {
            _ = interval.tick() => {}
            Some(ended) = hands.running.join_next() => hands.rest(ended.ok()),
        }
        if let Err(error) = work_once(&app, &mut hands).await {
            tracing::warn!(%error, "the job queue could not be read");
        }
    }
    // What runs is let end while the node still serves its last requests.
    while hands.running.join_next().await.is_some() {}
}

async fn work_once(app: &Arc<App>, hands: &mut Hands) -> Result<(), StoreError> {
    schedule(app).await?;
    hands.take_due(app).await?;
    if hands.counted_at.is_none_or(|at| at.elapsed() > COUNT_EVERY) {
        hands.counted_at = Some(Instant::now());
        count_jobs(app).await?;
    }
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
    for job in
        [Job::ExpireSessions, Job::ExpireUploads, Job::RaiseAlerts, Job::SweepBlobs { hour: hour_of_day }]
    {
        enqueue(&mut tx, &job, &format!("hour {hour}"), now).await?;
    }
    tx.commit().await
}

/// Tells operators how many jobs wait, run or were given up.
async fn count_jobs(app: &App) -> Result<(), StoreError> {
    let mut tx = app.store.begin_system_read().await?;
    let counts = job_rows::count_by_state(&mut tx).await?;
    tx.commit().await?;
    app.metrics.jobs.reset();
    for (state, kind, count) in counts {
        app.metrics.jobs.with_label_values(&[state.as_str(), kind.as_str()]).set(count);
    }
    Ok(())
}

/// Runs every job that is due, and says how many.
pub async fn run_due_jobs(app: &Arc<App>) -> Result<usize, StoreError> {
    let mut hands = Hands::default();
    let mut count = 0;
    loop {
        count += hands.take_due(app).await?;
        let Some(ended) = hands.running.join_next().await else { return Ok(count) };
        hands.rest(ended.ok());
    }
}

/// What one node is doing at the moment.
#[derive(Default)]
struct Hands {
    running: JoinSet<Lane>,
    busy: BTreeMap<Lane, usize>,
    counted_at: Option<Instant>,
}

impl Hands {
    /// Begins as many due jobs as the lanes have room for, and says how many.
    async fn take_due(&mut self, app: &Arc<App>) -> Result<usize, StoreError> {
        let now = app.clock.now();
        let mut tx = app.store.begin_system_read().await?;
        let due = job_rows::due_lanes(&mut tx, now).await?;
        drop(tx);
        let mut count = 0;
        for lane in Lane::ALL {
            let free = lane.width() - self.busy.get(&lane).copied().unwrap_or(0);
            if free == 0 || !due.iter().any(|due| due == lane.as_str()) {
                continue;
            }
            let mut tx = app.store.begin_system_write().await?;
            let rows = job_rows::lease(&mut tx, lane.as_str(), free, now, now.plus_millis(LEASE_MS)).await?;
            tx.commit().await?;
            count += rows.len();
            for row in rows {
                self.begin(app, lane, row);
            }
        }
        Ok(count)
    }

    fn begin(&mut self, app: &Arc<App>, lane: Lane, row: LeasedJobRow) {
        *self.busy.entry(lane).or_default() += 1;
        let app = Arc::clone(app);
        self.running.spawn(async move {
            let error = run(&app, &row).await;
            if let Err(error) = finish(&app, &row, error).await {
                tracing::warn!(%error, job.kind = row.kind, "the end of a job could not be recorded");
            }
            lane
        });
    }

    /// A task that was thrown away tells no lane: then nothing runs any more either.
    fn rest(&mut self, lane: Option<Lane>) {
        match lane {
            Some(lane) => {
                let busy = self.busy.entry(lane).or_default();
                *busy = busy.saturating_sub(1);
            }
            None => self.busy.clear(),
        }
    }
}

/// Runs a job and says what went wrong.
async fn run(app: &Arc<App>, row: &LeasedJobRow) -> Option<String> {
    let job = Job::read(&row.kind, &row.payload);
    let run = async {
        match job {
            Some(job) => tokio::time::timeout(RUN_TIME_MAX, job.run(app, row)).await,
            None => Ok(Err(Refusal::internal("a job of an unknown kind"))),
        }
    };
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(refusal))) => Some(refusal.to_string()),
        Ok(Err(_)) => Some("took too long".to_owned()),
        Err(_) => Some("panicked".to_owned()),
    }
}

async fn finish(app: &App, row: &LeasedJobRow, error: Option<String>) -> Result<(), StoreError> {
    let now = app.clock.now();
    if let Some(error) = &error {
        tracing::warn!(job.kind = row.kind, job.attempts = row.attempts, error, "a job failed");
    }
    let mut tx = app.store.begin_system_write().await?;
    tx.enter_organization(row.organization).await?;
    let end = match &error {
        None => match Job::read(&row.kind, &row.payload) {
            Some(job) if job_rows::holds(&mut tx, row).await? => {
                job.next_run(&mut tx, now).await?.map_or(JobEnd::Done, JobEnd::Again)
            }
            Some(_) | None => JobEnd::Done,
        },
        Some(_) if row.attempts >= ATTEMPTS_MAX => JobEnd::Dead,
        Some(_) => JobEnd::Retry(now.plus_millis(retry_after_ms(row.attempts))),
    };
    let is_ours = job_rows::finish(&mut tx, row, end, error.as_deref().unwrap_or_default(), now).await?;
    if is_ours && end == JobEnd::Dead && row.organization != INSTALLATION {
        events::announce(&mut tx, vec![Event::job_given_up(row, now)]).await?;
    }
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
