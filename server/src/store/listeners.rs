//! The row that says whether anybody of an organization listens. Never says for what: webhooks and settings do.

use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx};

/// The row of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenersRow {
    /// Grows with every webhook and setting that changes.
    pub version: i64,
    /// Settings of notifications, JSON; empty for those organizations begin with.
    pub settings: String,
    /// The entity tag of the settings.
    pub settings_version: i64,
}

pub async fn get(tx: &mut Tx) -> Result<Option<ListenersRow>> {
    let organization = tx.organization();
    let row: Option<(i64, String, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT version, settings, settings_version FROM listeners WHERE organization_id = $1"
    )
    .bind(organization.as_bytes().as_slice())
    .fetch_optional(db)
    .await?);
    Ok(row.map(|(version, settings, settings_version)| ListenersRow { version, settings, settings_version }))
}

/// Notes that something about who listens has changed, or that an organization begins to listen.
pub async fn advance(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO listeners (organization_id, version, settings, settings_version, updated_at) \
         VALUES ($1, 1, '', 1, $2) ON CONFLICT (organization_id) DO UPDATE SET \
         version = listeners.version + 1, updated_at = excluded.updated_at"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// Writes the settings; false when the stored version is not the one before.
pub async fn save_settings(tx: &mut Tx, settings: &str, version: i64, now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "UPDATE listeners SET settings = $2, settings_version = $3, version = version + 1, updated_at = $4 \
         WHERE organization_id = $1 AND settings_version = $3 - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(settings)
    .bind(version)
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}
