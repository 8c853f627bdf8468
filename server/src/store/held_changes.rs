//! Rows of changes that are kept without being merged until the office decides. Never merges one.

use std::collections::BTreeMap;

use sync_core::ids::{ChangeHash, DeviceId, OrderId, UserId};
use sync_core::message::HeldReason;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{device_id, hash, order_id, user_id};
use crate::store::lengths::{lists, push_orders};
use crate::store::{Result, Tx};

/// One held change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChangeRow {
    /// The order it belongs to.
    pub order: OrderId,
    /// Its name.
    pub hash: ChangeHash,
    /// Why it is held.
    pub reason: HeldReason,
    /// Who wrote it.
    pub user: UserId,
    /// On which device.
    pub device: Option<DeviceId>,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Until when it is kept at least.
    pub kept_until: Timestamp,
    /// The encoded change.
    pub bytes: Vec<u8>,
}

/// Keeps a change after those that are kept for its order; one that is kept already stays as it is.
pub async fn insert(tx: &mut Tx, row: &HeldChangeRow) -> Result<bool> {
    let organization = tx.organization();
    let inserted = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO held_changes (organization_id, order_id, hash, reason, user_id, device_id, received_at, \
         ordinal, kept_until, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COUNT(*) FROM held_changes \
         WHERE organization_id = $1 AND order_id = $2), $8, $9) \
         ON CONFLICT (organization_id, order_id, hash) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.order.as_bytes().as_slice())
    .bind(row.hash.as_bytes().as_slice())
    .bind(row.reason.as_str())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.device.map(|id| id.as_bytes().to_vec()))
    .bind(row.received_at.0)
    .bind(row.kept_until.0)
    .bind(row.bytes.as_slice())
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(inserted == 1)
}

/// The reasons and terms of the changes of an order that nobody has decided about.
pub type OpenHeld = BTreeMap<ChangeHash, (HeldReason, Timestamp)>;

/// What is held of these orders and nobody has decided about.
pub async fn open_of_orders(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OpenHeld>> {
    let organization = tx.organization();
    let mut held = BTreeMap::<_, OpenHeld>::new();
    for list in lists(orders) {
        let rows: Vec<(Vec<u8>, Vec<u8>, String, i64)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, hash, reason, kept_until FROM held_changes \
                 WHERE decision IS NULL AND organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, name, reason, until) in rows {
            let of_order = held.entry(order_id(&order)?).or_default();
            of_order.insert(hash(&name)?, (HeldReason::from(reason.as_str()), Timestamp(until)));
        }
    }
    Ok(held)
}

type Columns = (Vec<u8>, Vec<u8>, String, Vec<u8>, Option<Vec<u8>>, i64, i64, Vec<u8>);

fn held_row(columns: Columns) -> Result<HeldChangeRow> {
    let (order, name, reason, user, device, received_at, kept_until, bytes) = columns;
    Ok(HeldChangeRow {
        order: order_id(&order)?,
        hash: hash(&name)?,
        reason: HeldReason::from(reason.as_str()),
        user: user_id(&user)?,
        device: device.as_deref().map(device_id).transpose()?,
        received_at: Timestamp(received_at),
        kept_until: Timestamp(kept_until),
        bytes,
    })
}

/// Every undecided change of one order, in the order in which they came.
pub async fn list_of_order(tx: &mut Tx, order: OrderId) -> Result<Vec<HeldChangeRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT order_id, hash, reason, user_id, device_id, received_at, kept_until, bytes FROM held_changes \
         WHERE organization_id = $1 AND order_id = $2 AND decision IS NULL ORDER BY ordinal"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_all(db)
    .await
    })?;
    rows.into_iter().map(held_row).collect()
}

/// The oldest undecided changes of the organization, at most `limit`.
pub async fn list_open(tx: &mut Tx, limit: u32) -> Result<Vec<HeldChangeRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT order_id, hash, reason, user_id, device_id, received_at, kept_until, bytes FROM held_changes \
         WHERE organization_id = $1 AND decision IS NULL ORDER BY received_at, order_id, ordinal LIMIT $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(i64::from(limit))
    .fetch_all(db)
    .await
    })?;
    rows.into_iter().map(held_row).collect()
}

/// Notes what the office decided about a held change; `false` when it was decided before.
pub async fn decide(
    tx: &mut Tx,
    order: OrderId,
    hash: ChangeHash,
    decision: &str,
    by: (UserId, Timestamp),
) -> Result<bool> {
    let organization = tx.organization();
    let updated = on_db!(tx, |db| sqlx::query(
        "UPDATE held_changes SET decision = $4, decided_by = $5, decided_at = $6 \
         WHERE organization_id = $1 AND order_id = $2 AND hash = $3 AND decision IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(hash.as_bytes().as_slice())
    .bind(decision)
    .bind(by.0.as_bytes().as_slice())
    .bind(by.1.0)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(updated == 1)
}
