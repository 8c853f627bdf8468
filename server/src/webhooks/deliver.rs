//! Sends what waits for one webhook, one after the other. Never two at a time, and never what another worker has taken.
//!
//! The schedule is that of the convention: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h.

use std::time::{Duration, Instant};

use rand::RngExt as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};
use sync_core::ids::{OrganizationId, RecordId};
use sync_core::time::Timestamp;

use crate::app::App;
use crate::events::{self, Event};
use crate::refusal::Refusal;
use crate::store::job_rows::{self, LeasedJobRow};
use crate::store::webhook_deliveries::{self, DeliveryRow};
use crate::store::webhooks::{self, WebhookRow};
use crate::store::{Tx, listeners};
use crate::webhooks::receivers::Attempt;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// What is waited after each failed attempt; after the last one a webhook is turned off.
pub const SCHEDULE_MS: [i64; 9] = [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];
/// A wait is longer by up to this share, so that failures of one moment do not return together.
const JITTER_PERCENT: i64 = 10;
/// A job goes on with its queue for so long; then others have their turn.
const TURN: Duration = Duration::from_secs(15);
const TURN_DELIVERIES_MAX: usize = 100;
/// After an attempt that took longer others have their turn at once.
const SLOW: Duration = Duration::from_secs(2);

/// Sends what is due for one webhook until nothing is, or until it was its turn long enough.
pub async fn deliver_due(
    app: &App,
    organization: OrganizationId,
    webhook: RecordId,
    lease: &LeasedJobRow,
) -> Result<(), Refusal> {
    let begun = Instant::now();
    for _ in 0..TURN_DELIVERIES_MAX {
        let went_on = deliver_one(app, organization, webhook, lease).await?;
        if !went_on || begun.elapsed() > TURN {
            break;
        }
    }
    Ok(())
}

/// One attempt; false when there is nothing more to do in this turn.
async fn deliver_one(
    app: &App,
    organization: OrganizationId,
    id: RecordId,
    lease: &LeasedJobRow,
) -> Result<bool, Refusal> {
    let mut tx = app.store.begin_read(organization).await?;
    let webhook = webhooks::get(&mut tx, id).await?;
    let delivery = webhook_deliveries::first_due(&mut tx, id, app.clock.now()).await?;
    tx.commit().await?;
    let (Some(webhook), Some(delivery)) = (webhook, delivery) else { return Ok(false) };
    if !webhook.enabled {
        let mut tx = app.store.begin_write(organization).await?;
        webhook_deliveries::give_up(&mut tx, id, "disabled").await?;
        tx.commit().await?;
        return Ok(false);
    }
    let now = app.clock.now();
    let headers = headers(&webhook, &delivery, now)?;
    let attempt = app.receivers.post(&webhook.url, headers, delivery.body.clone()).await;
    let was_quick = attempt.duration < SLOW;
    let mut tx = app.store.begin_write(organization).await?;
    if !job_rows::holds(&mut tx, lease).await? {
        return Ok(false);
    }
    record(&mut tx, webhook, delivery, attempt, now).await?;
    tx.commit().await?;
    Ok(was_quick)
}

/// The name of the event, the time of this attempt, and both secrets' signatures while a new one settles in.
fn headers(webhook: &WebhookRow, delivery: &DeliveryRow, now: Timestamp) -> Result<HeaderMap, Refusal> {
    let internal = |_| Refusal::internal("a stored webhook cannot sign");
    let seconds = now.0 / SECOND_MS;
    let mut signatures = Vec::new();
    let old = Some(&webhook.old_secret).filter(|secret| !secret.is_empty() && now < webhook.old_secret_until);
    for secret in [Some(&webhook.secret), old].into_iter().flatten() {
        let signer = standardwebhooks::Webhook::new(secret).map_err(internal)?;
        let signed = signer.sign(&delivery.message_id, seconds, delivery.body.as_bytes());
        signatures.push(signed.map_err(internal)?);
    }
    let values = [
        (HEADER_WEBHOOK_ID, delivery.message_id.clone()),
        (HEADER_WEBHOOK_TIMESTAMP, seconds.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, signatures.join(" ")),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        let value =
            HeaderValue::from_str(&value).map_err(|_| Refusal::internal("a header has a line break"))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// Writes what became of an attempt, and turns the webhook off where its receiver is gone or failed to the end.
async fn record(
    tx: &mut Tx,
    webhook: WebhookRow,
    delivery: DeliveryRow,
    attempt: Attempt,
    now: Timestamp,
) -> Result<(), Refusal> {
    let attempts = delivery.attempts + 1;
    let next_at = next_attempt(attempts, attempt.retry_after_s, now).filter(|_| attempt.cause != "gone");
    let state = match next_at {
        _ if attempt.cause.is_empty() => "sent",
        Some(_) => "queued",
        None => "failed",
    };
    let row = DeliveryRow {
        state: state.to_owned(),
        attempts,
        next_at: next_at.unwrap_or(now),
        attempted_at: Some(now),
        status: attempt.status.map(i64::from),
        cause: attempt.cause.to_owned(),
        duration_ms: i64::try_from(attempt.duration.as_millis()).ok(),
        response: attempt.answer,
        ..delivery
    };
    let is_ours = webhook_deliveries::record(tx, webhook.id, &row).await?;
    if is_ours && state == "failed" {
        let because = if attempt.cause == "gone" { "gone" } else { "failing" };
        disable(tx, webhook, because, now).await?;
    }
    Ok(())
}

fn next_attempt(attempts: i64, retry_after_s: Option<i64>, now: Timestamp) -> Option<Timestamp> {
    let wait_ms = SCHEDULE_MS.get(usize::try_from(attempts - 1).ok()?)?;
    let wait_ms = wait_ms + rand::rng().random_range(0..=wait_ms * JITTER_PERCENT / 100);
    Some(now.plus_millis(wait_ms.max(retry_after_s.unwrap_or(0) * SECOND_MS)))
}

async fn disable(tx: &mut Tx, webhook: WebhookRow, because: &str, now: Timestamp) -> Result<(), Refusal> {
    let (id, url) = (webhook.id, webhook.url.clone());
    let row = WebhookRow {
        enabled: false,
        disabled_because: because.to_owned(),
        version: webhook.version + 1,
        updated_at: now,
        ..webhook
    };
    // Somebody who changed it meanwhile knows better.
    if webhooks::save(tx, &row).await? {
        webhook_deliveries::give_up(tx, id, "disabled").await?;
        listeners::advance(tx, now).await?;
        events::announce(tx, vec![Event::webhook_disabled(id, &url, now)]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_kept_and_ends() {
        let now = Timestamp(1_000_000);
        for (index, wait_ms) in SCHEDULE_MS.into_iter().enumerate() {
            let attempts = i64::try_from(index).unwrap() + 1;

            let next = next_attempt(attempts, None, now).unwrap().millis_since(now);

            assert!((wait_ms..=wait_ms + wait_ms / 10).contains(&next), "{attempts}: {next}");
        }
        assert_eq!(next_attempt(10, None, now), None);
        assert!(next_attempt(1, Some(60), now).unwrap().millis_since(now) >= 60_000);
    }
}
