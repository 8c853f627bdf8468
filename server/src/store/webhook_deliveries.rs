//! What waits for a webhook and what became of it. Never sends anything.

use serde::Serialize;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx, read_id};

/// One event on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DeliveryRow {
    #[schemars(with = "String")]
    pub id: RecordId,
    /// The `webhook-id` header, the same at every attempt.
    pub message_id: String,
    pub event_type: String,
    pub body: String,
    /// `queued`, `sent` or `failed`.
    pub state: String,
    pub attempts: i64,
    /// When the next attempt is due, while queued.
    #[schemars(with = "i64")]
    pub next_at: Timestamp,
    #[schemars(with = "Option<i64>")]
    pub attempted_at: Option<Timestamp>,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Why the last attempt failed: `timeout`, `connect`, `inner_address`, …
    pub cause: String,
    pub duration_ms: Option<i64>,
    /// The beginning of the last answer.
    pub response: String,
    #[schemars(with = "i64")]
    pub created_at: Timestamp,
}

type Columns = (
    Vec<u8>,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    String,
    Option<i64>,
    String,
    i64,
);

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT delivery_id, message_id, event_type, body, state, attempts, next_at, attempted_at, status, cause, \
             duration_ms, response, created_at FROM webhook_deliveries \
             WHERE organization_id = $1 AND webhook_id = $2",
            $tail
        )
    };
}

fn delivery_row(columns: Columns) -> Result<DeliveryRow> {
    let (
        id,
        message_id,
        event_type,
        body,
        state,
        attempts,
        next_at,
        attempted_at,
        status,
        cause,
        duration_ms,
        response,
        created_at,
    ) = columns;
    Ok(DeliveryRow {
        id: read_id(&id)?,
        message_id,
        event_type,
        body,
        state,
        attempts,
        next_at: Timestamp(next_at),
        attempted_at: attempted_at.map(Timestamp),
        status,
        cause,
        duration_ms,
        response,
        created_at: Timestamp(created_at),
    })
}

/// An event to be sent.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    pub id: [u8; 16],
    pub message_id: &'a str,
    pub event_type: &'a str,
    pub body: &'a str,
    pub at: Timestamp,
}

/// Puts an event into the queue of a webhook; false when it is there already.
pub async fn insert(tx: &mut Tx, webhook: RecordId, new: &NewDelivery<'_>) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO webhook_deliveries (organization_id, webhook_id, delivery_id, message_id, event_type, body, \
         state, attempts, next_at, cause, response, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'queued', 0, $7, '', '', $7) \
         ON CONFLICT (organization_id, webhook_id, message_id) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .bind(new.id.as_slice())
    .bind(new.message_id)
    .bind(new.event_type)
    .bind(new.body)
    .bind(new.at.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// When the queue of a webhook is due next.
pub async fn next_due(tx: &mut Tx, webhook: RecordId) -> Result<Option<Timestamp>> {
    let organization = tx.organization();
    let at: Option<i64> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT MIN(next_at) FROM webhook_deliveries \
         WHERE organization_id = $1 AND webhook_id = $2 AND state = 'queued'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .fetch_one(db)
    .await?);
    Ok(at.map(Timestamp))
}

/// The delivery that has been due longest.
pub async fn first_due(tx: &mut Tx, webhook: RecordId, now: Timestamp) -> Result<Option<DeliveryRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(select!(
        " AND state = 'queued' AND next_at <= $3 ORDER BY next_at, delivery_id LIMIT 1"
    ))
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .bind(now.0)
    .fetch_optional(db)
    .await?);
    row.map(delivery_row).transpose()
}

pub async fn get(tx: &mut Tx, webhook: RecordId, id: RecordId) -> Result<Option<DeliveryRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" AND delivery_id = $3"))
        .bind(organization.as_bytes().as_slice())
        .bind(webhook.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_optional(db)
        .await?);
    row.map(delivery_row).transpose()
}

/// One page, the newest first, after the delivery of that moment and name.
pub async fn list(
    tx: &mut Tx,
    webhook: RecordId,
    before: (Timestamp, RecordId),
    count_max: i64,
) -> Result<Vec<DeliveryRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(select!(
        " AND (created_at, delivery_id) < ($3, $4) ORDER BY created_at DESC, delivery_id DESC LIMIT $5"
    ))
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .bind(before.0.0)
    .bind(before.1.as_bytes().as_slice())
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(delivery_row).collect()
}

/// Writes what became of an attempt, unless another attempt came between.
pub async fn record(tx: &mut Tx, webhook: RecordId, row: &DeliveryRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "UPDATE webhook_deliveries SET state = $5, attempts = $4, next_at = $6, attempted_at = $7, status = $8, \
         cause = $9, duration_ms = $10, response = $11 \
         WHERE organization_id = $1 AND webhook_id = $2 AND delivery_id = $3 AND state = 'queued' \
         AND attempts = $4 - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.attempts)
    .bind(row.state.as_str())
    .bind(row.next_at.0)
    .bind(row.attempted_at.map(|at| at.0))
    .bind(row.status)
    .bind(row.cause.as_str())
    .bind(row.duration_ms)
    .bind(row.response.as_str())
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// Puts a delivery into the queue once more, from the beginning of the schedule; false when there is none.
pub async fn requeue(tx: &mut Tx, webhook: RecordId, id: RecordId, now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE webhook_deliveries SET state = 'queued', attempts = 0, next_at = $4 \
         WHERE organization_id = $1 AND webhook_id = $2 AND delivery_id = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}

/// Ends everything that waits for a webhook that was turned off.
pub async fn give_up(tx: &mut Tx, webhook: RecordId, cause: &str) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE webhook_deliveries SET state = 'failed', cause = $3 \
         WHERE organization_id = $1 AND webhook_id = $2 AND state = 'queued'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(webhook.as_bytes().as_slice())
    .bind(cause)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// Forgets what ended long ago; in a system transaction only.
pub async fn delete_ended_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM webhook_deliveries WHERE created_at < $1 AND state <> 'queued'"
    )
    .bind(before.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}
