//! Rows that say which orders refer to which blobs, arrived or not. Derived from the documents of the orders.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{BlobHash, OrderId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::blobs::ImageState;
use crate::store::columns::{blob_hash, unsigned};
use crate::store::{Result, Tx};

/// The blobs an order refers to.
pub async fn of_order(tx: &mut Tx, order: OrderId) -> Result<BTreeSet<BlobHash>> {
    let organization = tx.organization();
    let rows: Vec<Vec<u8>> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT sha256 FROM order_blobs WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    rows.iter().map(|hash| blob_hash(hash)).collect()
}

/// Those of them that are here, with what is known of their pictures.
pub async fn arrived(tx: &mut Tx, order: OrderId) -> Result<BTreeMap<BlobHash, ImageState>> {
    let organization = tx.organization();
    let rows: Vec<(Vec<u8>, String)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT blobs.sha256, blobs.image_state FROM order_blobs JOIN blobs \
         ON blobs.organization_id = order_blobs.organization_id AND blobs.sha256 = order_blobs.sha256 \
         WHERE order_blobs.organization_id = $1 AND order_blobs.order_id = $2 AND blobs.state = 'stored'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    rows.iter().map(|(hash, state)| Ok((blob_hash(hash)?, ImageState::read(state)?))).collect()
}

/// Notes that an order refers to a blob.
pub async fn add(tx: &mut Tx, order: OrderId, sha256: BlobHash, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO order_blobs (organization_id, order_id, sha256, referred_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, order_id, sha256) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .bind(now.0)
    .execute(db)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets that an order refers to a blob.
pub async fn delete(tx: &mut Tx, order: OrderId, sha256: BlobHash) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM order_blobs WHERE organization_id = $1 AND order_id = $2 AND sha256 = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .execute(db)
    .await
    .map(drop))?;
    Ok(())
}

/// Whether any order refers to a blob.
pub async fn is_referred(tx: &mut Tx, sha256: BlobHash) -> Result<bool> {
    let organization = tx.organization();
    let row: Option<(i64,)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT referred_at FROM order_blobs WHERE organization_id = $1 AND sha256 = $2 LIMIT 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    Ok(row.is_some())
}

/// How many blobs orders refer to since before that are not here.
pub async fn count_missing(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let organization = tx.organization();
    let (count,): (i64,) = on_db!(tx, |db| sqlx::query_as(
        "SELECT COUNT(*) FROM order_blobs WHERE organization_id = $1 AND referred_at < $2 AND NOT EXISTS \
         (SELECT 1 FROM blobs WHERE blobs.organization_id = order_blobs.organization_id \
         AND blobs.sha256 = order_blobs.sha256 AND blobs.state = 'stored')"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(before.0)
    .fetch_one(db)
    .await)?;
    Ok(unsigned(count))
}
