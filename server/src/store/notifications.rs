//! What people find in their inboxes, and what each of them does not want to hear. Never a sentence: readers differ.

use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::order_id;
use crate::store::{Result, Tx, read_id};

/// One entry of an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    pub id: RecordId,
    pub event: String,
    pub order: Option<OrderId>,
    /// What the sentence needs, JSON.
    pub facts: String,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

/// An entry about to be written.
#[derive(Debug, Clone)]
pub struct NewNotification<'a> {
    pub id: [u8; 16],
    pub event: &'a str,
    pub cause: &'a str,
    pub order: Option<OrderId>,
    pub facts: &'a str,
    pub at: Timestamp,
}

/// Puts an entry into a person's inbox; the same cause once.
pub async fn insert(tx: &mut Tx, user: UserId, new: &NewNotification<'_>) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO notifications (organization_id, user_id, notification_id, event, cause, order_id, facts, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (organization_id, user_id, event, cause) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(new.id.as_slice())
    .bind(new.event)
    .bind(new.cause)
    .bind(new.order.map(|order| order.as_bytes().to_vec()))
    .bind(new.facts)
    .bind(new.at.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

/// One page of an inbox, the newest first, after the entry of that moment and name.
pub async fn list(
    tx: &mut Tx,
    user: UserId,
    only_unread: bool,
    before: (Timestamp, RecordId),
    count_max: i64,
) -> Result<Vec<NotificationRow>> {
    type Columns = (Vec<u8>, String, Option<Vec<u8>>, String, i64, Option<i64>);
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT notification_id, event, order_id, facts, created_at, read_at FROM notifications \
         WHERE organization_id = $1 AND user_id = $2 AND (read_at IS NULL OR NOT $3) \
         AND (created_at, notification_id) < ($4, $5) ORDER BY created_at DESC, notification_id DESC LIMIT $6"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(only_unread)
    .bind(before.0.0)
    .bind(before.1.as_bytes().as_slice())
    .bind(count_max)
    .fetch_all(db)
    .await?);
    let read = |(id, event, order, facts, created_at, read_at): Columns| {
        Ok(NotificationRow {
            id: read_id(&id)?,
            event,
            order: order.as_deref().map(order_id).transpose()?,
            facts,
            created_at: Timestamp(created_at),
            read_at: read_at.map(Timestamp),
        })
    };
    rows.into_iter().map(read).collect()
}

pub async fn count_unread(tx: &mut Tx, user: UserId) -> Result<i64> {
    let organization = tx.organization();
    Ok(on_db!(tx, |db| sqlx::query_scalar(
        "SELECT COUNT(*) FROM notifications WHERE organization_id = $1 AND user_id = $2 AND read_at IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_one(db)
    .await?))
}

/// Marks an entry, or all, as read; says how many entries of that name the person has.
pub async fn mark_read(tx: &mut Tx, user: UserId, id: Option<RecordId>, now: Timestamp) -> Result<u64> {
    let organization = tx.organization();
    let is_one = id.is_some();
    let id = id.unwrap_or(RecordId::from_bytes([0; 16]));
    Ok(on_db!(tx, |db| sqlx::query(
        "UPDATE notifications SET read_at = COALESCE(read_at, $5) \
         WHERE organization_id = $1 AND user_id = $2 AND (notification_id = $3 OR NOT $4)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(is_one)
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected()))
}

/// What a person turned off, JSON, and its version; version 0 where nothing was said yet.
pub async fn preferences(tx: &mut Tx, user: UserId) -> Result<(String, i64)> {
    let organization = tx.organization();
    let row: Option<(String, i64)> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT turned_off, version FROM notification_preferences WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_optional(db)
    .await?
    });
    Ok(row.unwrap_or_else(|| ("[]".to_owned(), 0)))
}

/// Writes what a person turned off; false when the stored version is not the one before.
pub async fn save_preferences(
    tx: &mut Tx,
    user: UserId,
    turned_off: &str,
    version: i64,
    now: Timestamp,
) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO notification_preferences (organization_id, user_id, turned_off, version, updated_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, user_id) DO UPDATE SET \
         turned_off = excluded.turned_off, version = excluded.version, updated_at = excluded.updated_at \
         WHERE notification_preferences.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(turned_off)
    .bind(version)
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// Empties a person's inbox and forgets what they turned off; says how many entries there were.
pub async fn erase_of(tx: &mut Tx, user: UserId) -> Result<u64> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query("DELETE FROM notifications WHERE organization_id = $1 AND user_id = $2")
            .bind(organization.as_bytes().as_slice())
            .bind(user.as_bytes().as_slice())
            .execute(db)
            .await
            .map(|done| done.rows_affected())?
    });
    on_db!(tx, |db| {
        sqlx::query("DELETE FROM notification_preferences WHERE organization_id = $1 AND user_id = $2")
            .bind(organization.as_bytes().as_slice())
            .bind(user.as_bytes().as_slice())
            .execute(db)
            .await
            .map(drop)?
    });
    Ok(count)
}

/// Forgets older entries of any organization, read or not; in a system transaction only.
pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| {
        sqlx::query("DELETE FROM notifications WHERE created_at < $1")
            .bind(before.0)
            .execute(db)
            .await
            .map(drop)?
    });
    Ok(())
}
