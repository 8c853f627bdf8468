//! Rows of orders: their heads, their saved documents, their failures. Never reads inside a document.

use std::collections::BTreeMap;

use sync_core::ids::{ChangeHash, OrderId, UserId};
use sync_core::message::Digest;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{digest_of, hash_bytes, hashes, order_id, signed, unsigned};
use crate::store::lengths::{filled, insert_meant, lists, push_orders};
use crate::store::{Result, StoreError, Tx};

/// Where one order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderHeadRow {
    /// Rises with everything that is stored for the order.
    pub version: i64,
    /// How many changes it has, which is the position of the last one.
    pub change_count: i64,
    /// Combination of all its change hashes.
    pub digest: Digest,
    /// Its newest changes, sorted.
    pub heads: Vec<ChangeHash>,
    /// The changes up to here are part of the saved document.
    pub save_position: i64,
}

type HeadColumns = (i64, i64, i64, i64, Vec<u8>, i64);
type IdAndHead = (Vec<u8>, i64, i64, i64, i64, Vec<u8>, i64);

fn head_row(columns: HeadColumns) -> Result<OrderHeadRow> {
    let (version, change_count, low, high, heads, save_position) = columns;
    Ok(OrderHeadRow {
        version,
        change_count,
        digest: digest_of(low, high),
        heads: hashes(&heads)?,
        save_position,
    })
}

/// Reads where an order stands.
pub async fn head(tx: &mut Tx, order: OrderId) -> Result<Option<OrderHeadRow>> {
    let organization = tx.organization();
    let columns: Option<HeadColumns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT version, change_count, digest_low, digest_high, heads, save_position FROM orders \
         WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    columns.map(head_row).transpose()
}

/// Reads where these orders stand; those that are not known are left out.
pub async fn heads_of(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OrderHeadRow>> {
    select_heads(tx, orders, "").await
}

/// Reads where an order stands and keeps every other writer away from it until the transaction ends.
pub async fn lock(tx: &mut Tx, order: OrderId) -> Result<Option<OrderHeadRow>> {
    Ok(lock_all(tx, &[order]).await?.remove(&order))
}

/// Does as `lock` for several orders, in the order of their ids, so that two writers never wait for each other.
///
/// The ids are sorted.
pub async fn lock_all(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OrderHeadRow>> {
    debug_assert!(orders.is_sorted(), "orders are locked in the order of their ids");
    let lock_rows = tx.lock_rows();
    select_heads(tx, orders, lock_rows).await
}

async fn select_heads(
    tx: &mut Tx,
    orders: &[OrderId],
    lock_rows: &'static str,
) -> Result<BTreeMap<OrderId, OrderHeadRow>> {
    let organization = tx.organization();
    let mut heads = BTreeMap::new();
    for list in lists(orders) {
        let rows: Vec<IdAndHead> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, version, change_count, digest_low, digest_high, heads, save_position \
                 FROM orders WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.push(" ORDER BY order_id").push(lock_rows);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, version, change_count, low, high, newest, save_position) in rows {
            let head = head_row((version, change_count, low, high, newest, save_position))?;
            heads.insert(order_id(&order)?, head);
        }
    }
    Ok(heads)
}

/// The saved document of an order.
pub async fn save_of(tx: &mut Tx, order: OrderId) -> Result<Vec<u8>> {
    let organization = tx.organization();
    let save: Vec<u8> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT save FROM orders WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_one(db)
    .await)?;
    Ok(save)
}

/// What it costs to send an order, and how current its saved document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderSizeRow {
    /// The position of its last change.
    pub change_count: i64,
    /// The changes up to here are part of the saved document.
    pub save_position: i64,
    /// Length of the saved document.
    pub save_bytes: i64,
}

/// What it costs to send each of these orders.
pub async fn sizes(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OrderSizeRow>> {
    let organization = tx.organization();
    let mut sizes = BTreeMap::new();
    for list in lists(orders) {
        let rows: Vec<(Vec<u8>, i64, i64, i64)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, change_count, save_position, CAST(LENGTH(save) AS BIGINT) FROM orders \
                 WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, change_count, save_position, save_bytes) in rows {
            sizes.insert(order_id(&order)?, OrderSizeRow { change_count, save_position, save_bytes });
        }
    }
    Ok(sizes)
}

/// The saved documents of these orders.
pub async fn saves(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, Vec<u8>>> {
    let organization = tx.organization();
    let mut saves = BTreeMap::new();
    for list in lists(orders) {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on_db!(tx, |db| {
            let mut query =
                sqlx::QueryBuilder::new("SELECT order_id, save FROM orders WHERE organization_id = ");
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, save) in rows {
            saves.insert(order_id(&order)?, save);
        }
    }
    Ok(saves)
}

/// The heads of every order of the organization, or of those a technician works on.
pub async fn heads_in_scope(
    tx: &mut Tx,
    technician: Option<UserId>,
) -> Result<BTreeMap<OrderId, Vec<ChangeHash>>> {
    let organization = tx.organization();
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT order_id, heads FROM orders o WHERE organization_id = $1 AND change_count > 0 \
         AND ($2 IS NULL OR EXISTS (SELECT 1 FROM order_assignees a WHERE a.organization_id = $1 \
         AND a.order_id = o.order_id AND a.user_id = $2))"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(technician.map(|id| id.as_bytes().to_vec()))
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(|(order, heads)| Ok((order_id(&order)?, hashes(&heads)?))).collect()
}

/// Makes the row of an order that is not known yet, without changes; `false` when another writer was first.
///
/// The row is locked until the transaction ends, also against writers that would make it.
pub async fn insert_empty(tx: &mut Tx, order: OrderId, empty_save: &[u8], now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let inserted = on_db!(tx, |db| sqlx::query(
        "INSERT INTO orders (organization_id, order_id, version, change_count, digest_low, digest_high, \
         created_at, updated_at, heads, save_position, save) VALUES ($1, $2, 0, 0, 0, 0, $3, $3, $4, 0, $5) \
         ON CONFLICT (organization_id, order_id) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(now.0)
    .bind(Vec::<u8>::new())
    .bind(empty_save)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

/// What changes about an order's head row.
#[derive(Debug)]
pub struct OrderAdvance<'a> {
    /// The order.
    pub order: OrderId,
    /// The version this rests on.
    pub version: i64,
    /// The position of its last change.
    pub change_count: i64,
    /// Combination of all its change hashes.
    pub digest: Digest,
    /// Its newest changes, sorted.
    pub heads: &'a [ChangeHash],
    /// The saved document at `change_count`, when it is worth storing.
    pub save: Option<&'a [u8]>,
    /// When.
    pub now: Timestamp,
}

/// Moves the heads of orders on, and makes the rows of those that had none, at version 0.
///
/// # Errors
///
/// `NotFound` when an order is not at the version this rests on.
pub async fn advance(tx: &mut Tx, advances: &[OrderAdvance<'_>]) -> Result<()> {
    let saved: Vec<_> = advances.iter().filter_map(|advance| Some((advance, advance.save?))).collect();
    for (meant, some) in filled(&saved) {
        if advance_saved(tx, some).await? != meant.len() as u64 {
            return Err(StoreError::NotFound);
        }
    }
    for advance in advances.iter().filter(|advance| advance.save.is_none()) {
        advance_unsaved(tx, advance).await?;
    }
    Ok(())
}

const ADVANCE: &str = "INSERT INTO orders (organization_id, order_id, version, change_count, digest_low, \
     digest_high, created_at, updated_at, heads, save_position, save) ";

/// Returns how many orders moved on.
async fn advance_saved<'a>(
    tx: &mut Tx,
    advances: impl Iterator<Item = (bool, &'a (&'a OrderAdvance<'a>, &'a [u8]))>,
) -> Result<u64> {
    let organization = tx.organization();
    let advanced = on_db!(tx, |db| {
        let mut query = insert_meant!(ADVANCE, 11, advances, |row, (advance, save)| {
            row.push_bind(organization.as_bytes().as_slice())
                .push_bind(advance.order.as_bytes().as_slice())
                .push_bind(advance.version + 1)
                .push_bind(advance.change_count)
                .push_bind(signed(advance.digest.low))
                .push_bind(signed(advance.digest.high))
                .push_bind(advance.now.0)
                .push_bind(advance.now.0)
                .push_bind(hash_bytes(advance.heads))
                .push_bind(advance.change_count)
                .push_bind(*save);
        });
        query.push(
            " ON CONFLICT (organization_id, order_id) DO UPDATE SET version = excluded.version, \
             change_count = excluded.change_count, digest_low = excluded.digest_low, \
             digest_high = excluded.digest_high, updated_at = excluded.updated_at, heads = excluded.heads, \
             save_position = excluded.save_position, save = excluded.save \
             WHERE orders.version = excluded.version - 1",
        );
        query.build().execute(db).await.map(|done| done.rows_affected())
    })?;
    Ok(advanced)
}

async fn advance_unsaved(tx: &mut Tx, advance: &OrderAdvance<'_>) -> Result<()> {
    let organization = tx.organization();
    let updated = on_db!(tx, |db| sqlx::query(
        "UPDATE orders SET version = version + 1, change_count = $4, digest_low = $5, digest_high = $6, \
         heads = $7, updated_at = $8 WHERE organization_id = $1 AND order_id = $2 AND version = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(advance.order.as_bytes().as_slice())
    .bind(advance.version)
    .bind(advance.change_count)
    .bind(signed(advance.digest.low))
    .bind(signed(advance.digest.high))
    .bind(hash_bytes(advance.heads))
    .bind(advance.now.0)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    if updated == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// What follows from the changes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedOrderRow {
    /// The position of its last change.
    pub change_count: i64,
    /// Combination of all its change hashes.
    pub digest: Digest,
    /// Its newest changes, sorted.
    pub heads: Vec<ChangeHash>,
    /// When the server took its first change.
    pub created_at: Timestamp,
    /// The saved document, up to date.
    pub save: Vec<u8>,
}

/// Replaces everything in an order's row that follows from its changes.
pub async fn replace_derived(tx: &mut Tx, order: OrderId, row: &DerivedOrderRow) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE orders SET version = version + 1, change_count = $3, digest_low = $4, digest_high = $5, \
         heads = $6, created_at = $7, save_position = $3, save = $8 \
         WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(row.change_count)
    .bind(signed(row.digest.low))
    .bind(signed(row.digest.high))
    .bind(hash_bytes(&row.heads))
    .bind(row.created_at.0)
    .bind(row.save.as_slice())
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Marks that something was stored for the order that its document does not show.
pub async fn touch(tx: &mut Tx, order: OrderId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE orders SET version = version + 1 WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// How often each of these orders made the software fail; those that never did are left out.
pub async fn failures_of(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, u64>> {
    let organization = tx.organization();
    let mut failures = BTreeMap::new();
    for list in lists(orders) {
        let rows: Vec<(Vec<u8>, i64)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, failures FROM order_failures WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, count) in rows {
            failures.insert(order_id(&order)?, unsigned(count));
        }
    }
    Ok(failures)
}

/// Counts one more failure of an order and returns how many there are.
pub async fn count_failure(tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<u64> {
    let organization = tx.organization();
    let failures: i64 = on_db!(tx, |db| {
        sqlx::query_scalar(
        "INSERT INTO order_failures (organization_id, order_id, failures, failed_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (organization_id, order_id) DO UPDATE SET failures = order_failures.failures + 1, \
         failed_at = $3 RETURNING failures"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(now.0)
    .fetch_one(db)
    .await
    })?;
    // Whoever decides on what is remembered of the order has to hear of it.
    touch(tx, order).await?;
    Ok(unsigned(failures))
}

/// Gives an order that was left alone another chance.
pub async fn forget_failures(tx: &mut Tx, order: OrderId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM order_failures WHERE organization_id = $1 AND order_id = $2")
        .bind(organization.as_bytes().as_slice())
        .bind(order.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The ids of all orders after `after`, in id order, at most `limit`.
pub async fn ids_after(tx: &mut Tx, after: Option<OrderId>, limit: u32) -> Result<Vec<OrderId>> {
    let organization = tx.organization();
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let ids: Vec<Vec<u8>> = on_db!(tx, |db| {
        sqlx::query_scalar(
        "SELECT order_id FROM orders WHERE organization_id = $1 AND order_id > $2 ORDER BY order_id LIMIT $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await
    })?;
    ids.iter().map(|id| order_id(id)).collect()
}
