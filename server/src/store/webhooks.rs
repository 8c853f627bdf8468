//! The webhooks of an organization, secrets included. Never the deliveries.

use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::events::EventKind;
use crate::on_db;
use crate::store::{Result, Tx, read_id};

/// One webhook as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    pub id: RecordId,
    pub url: String,
    pub description: String,
    /// Empty for every type.
    pub event_types: Vec<EventKind>,
    pub enabled: bool,
    /// `person`, `gone` or `failing`; empty while it is on.
    pub disabled_because: String,
    pub secret: String,
    /// Signs too until then.
    pub old_secret: String,
    pub old_secret_until: Timestamp,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

type Columns = (Vec<u8>, String, String, String, bool, String, String, String, i64, i64, i64, i64);

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT webhook_id, url, description, event_types, enabled, disabled_because, secret, old_secret, \
             old_secret_until, version, created_at, updated_at FROM webhooks WHERE organization_id = $1",
            $tail
        )
    };
}

fn webhook_row(columns: Columns) -> Result<WebhookRow> {
    let (
        id,
        url,
        description,
        types,
        enabled,
        disabled_because,
        secret,
        old_secret,
        until,
        version,
        created,
        updated,
    ) = columns;
    let names: Vec<String> = serde_json::from_str(&types).unwrap_or_default();
    Ok(WebhookRow {
        id: read_id(&id)?,
        url,
        description,
        event_types: names.iter().filter_map(|name| EventKind::from_name(name)).collect(),
        enabled,
        disabled_because,
        secret,
        old_secret,
        old_secret_until: Timestamp(until),
        version,
        created_at: Timestamp(created),
        updated_at: Timestamp(updated),
    })
}

/// Writes a webhook; false when the stored version is not the one before the row's.
pub async fn save(tx: &mut Tx, row: &WebhookRow) -> Result<bool> {
    let organization = tx.organization();
    let types = serde_json::to_string(&row.event_types).unwrap_or_default();
    let count = on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO webhooks (organization_id, webhook_id, url, description, event_types, enabled, \
         disabled_because, secret, old_secret, old_secret_until, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (organization_id, webhook_id) DO UPDATE SET url = excluded.url, \
         description = excluded.description, event_types = excluded.event_types, enabled = excluded.enabled, \
         disabled_because = excluded.disabled_because, secret = excluded.secret, \
         old_secret = excluded.old_secret, old_secret_until = excluded.old_secret_until, \
         version = excluded.version, updated_at = excluded.updated_at \
         WHERE webhooks.version = excluded.version - 1",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(row.id.as_bytes().as_slice())
        .bind(row.url.as_str())
        .bind(row.description.as_str())
        .bind(types.as_str())
        .bind(row.enabled)
        .bind(row.disabled_because.as_str())
        .bind(row.secret.as_str())
        .bind(row.old_secret.as_str())
        .bind(row.old_secret_until.0)
        .bind(row.version)
        .bind(row.created_at.0)
        .bind(row.updated_at.0)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(count == 1)
}

pub async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<WebhookRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" AND webhook_id = $2"))
        .bind(organization.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_optional(db)
        .await?);
    row.map(webhook_row).transpose()
}

/// Every webhook, the oldest first; an organization has few.
pub async fn list(tx: &mut Tx) -> Result<Vec<WebhookRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" ORDER BY created_at, webhook_id"))
        .bind(organization.as_bytes().as_slice())
        .fetch_all(db)
        .await?);
    rows.into_iter().map(webhook_row).collect()
}

/// The webhooks that are on.
pub async fn list_enabled(tx: &mut Tx) -> Result<Vec<WebhookRow>> {
    Ok(list(tx).await?.into_iter().filter(|row| row.enabled).collect())
}

/// Forgets a webhook and its deliveries; false when the stored version is another one.
pub async fn delete(tx: &mut Tx, id: RecordId, version: i64) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "DELETE FROM webhooks WHERE organization_id = $1 AND webhook_id = $2 AND version = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(version)
    .execute(db)
    .await?
    .rows_affected());
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM webhook_deliveries WHERE organization_id = $1 AND webhook_id = $2 AND $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(count == 1)
    .execute(db)
    .await
    .map(drop)?);
    Ok(count == 1)
}
