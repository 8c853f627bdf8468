//! Rows of changes that were refused, kept as evidence. Never deletes one; purging is a job's decision.

use std::collections::BTreeMap;

use sync_core::ids::{ChangeHash, DeviceId, OrderId, UserId};
use sync_core::message::RejectCode;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{hash, order_id};
use crate::store::lengths::{lists, push_orders};
use crate::store::{Result, Tx};

/// One refused change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedChangeRow {
    /// The order it was offered for.
    pub order: OrderId,
    /// The name it was offered under.
    pub hash: ChangeHash,
    /// SHA-256 of the bytes as they came.
    pub content_hash: [u8; 32],
    /// Why.
    pub code: String,
    /// The field that was not allowed.
    pub path: Option<String>,
    /// Whether another copy under the same name is refused without being looked at.
    pub is_final: bool,
    /// Who offered it.
    pub user: UserId,
    /// On which device.
    pub device: Option<DeviceId>,
    /// When.
    pub received_at: Timestamp,
    /// Until when it is kept at least.
    pub kept_until: Timestamp,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
}

/// Keeps a refused change; `false` when the same bytes were refused before.
pub async fn insert(tx: &mut Tx, row: &RefusedChangeRow) -> Result<bool> {
    let organization = tx.organization();
    let inserted = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO refused_changes (organization_id, order_id, hash, content_hash, code, path, is_final, \
         user_id, device_id, received_at, kept_until, bytes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (organization_id, order_id, hash, content_hash) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.order.as_bytes().as_slice())
    .bind(row.hash.as_bytes().as_slice())
    .bind(row.content_hash.as_slice())
    .bind(row.code.as_str())
    .bind(row.path.as_deref())
    .bind(row.is_final)
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

/// The final refusals of an order: code and path by name.
pub type FinalRefusals = BTreeMap<ChangeHash, (RejectCode, Option<String>)>;

/// The final refusals of these orders.
pub async fn final_of_orders(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, FinalRefusals>> {
    type Columns = (Vec<u8>, Vec<u8>, String, Option<String>);
    let organization = tx.organization();
    let mut refused = BTreeMap::<_, FinalRefusals>::new();
    for list in lists(orders) {
        let rows: Vec<Columns> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, hash, code, path FROM refused_changes WHERE is_final AND organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.push(" ORDER BY received_at");
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, name, code, path) in rows {
            let of_order = refused.entry(order_id(&order)?).or_default();
            of_order.insert(hash(&name)?, (RejectCode::from(code.as_str()), path));
        }
    }
    Ok(refused)
}
