//! Forgets what no longer matters: ended sessions, old failed sign-ins, finished jobs and deliveries, what people were told long
//! ago. Never an audit row.

use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{
    geocoded_places, idempotency_keys, installation, job_rows, messages, notifications, sessions,
    webhook_deliveries,
};
use sync_core::time::Timestamp;

const DAY_MS: i64 = 24 * 3_600_000;
const KEEP_SESSIONS_MS: i64 = 7 * DAY_MS;
const KEEP_FAILURES_MS: i64 = DAY_MS;
/// One day more than they are given again.
const KEEP_ANSWERS_MS: i64 = 2 * DAY_MS;
const KEEP_JOBS_MS: i64 = 30 * DAY_MS;
const KEEP_PLACES_MS: i64 = 90 * DAY_MS;

pub async fn expire_sessions(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_system_write().await?;
    sessions::delete_ended_before(&mut tx, now.plus_millis(-KEEP_SESSIONS_MS)).await?;
    installation::delete_failures_before(&mut tx, now.plus_millis(-KEEP_FAILURES_MS)).await?;
    job_rows::delete_done_before(&mut tx, now.plus_millis(-KEEP_JOBS_MS)).await?;
    webhook_deliveries::delete_ended_before(&mut tx, now.plus_millis(-KEEP_JOBS_MS)).await?;
    idempotency_keys::delete_before(&mut tx, now.plus_millis(-KEEP_ANSWERS_MS)).await?;
    geocoded_places::delete_before(&mut tx, now.plus_millis(-KEEP_PLACES_MS)).await?;
    let retention = app.config.retention;
    if let Some(before) = before(now, retention.messages_days) {
        messages::delete_before(&mut tx, before).await?;
    }
    if let Some(before) = before(now, retention.notifications_days) {
        notifications::delete_before(&mut tx, before).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The moment so many days ago; `None` for ever.
fn before(now: Timestamp, days: u32) -> Option<Timestamp> {
    (days > 0).then(|| now.plus_millis(-i64::from(days) * DAY_MS))
}
