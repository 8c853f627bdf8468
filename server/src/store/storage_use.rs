//! Rows that count the bytes an organization and each of its users keep or are about to bring. Never decides a quota.

use sync_core::ids::UserId;

use crate::on_db;
use crate::store::columns::signed;
use crate::store::{Result, Tx};

/// The row of the whole organization.
pub const WHOLE_ORGANIZATION: UserId = UserId::from_bytes([0; 16]);

/// Adds bytes to a count unless it would pass the quota; true when they were added.
pub async fn reserve(tx: &mut Tx, user: UserId, size_bytes: u64, quota_bytes: u64) -> Result<bool> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO storage_use (organization_id, user_id, used_bytes) VALUES ($1, $2, 0) \
         ON CONFLICT (organization_id, user_id) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .execute(db)
    .await
    .map(drop))?;
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE storage_use SET used_bytes = used_bytes + $3 \
         WHERE organization_id = $1 AND user_id = $2 AND used_bytes + $3 <= $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(signed(size_bytes))
    .bind(signed(quota_bytes))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(count == 1)
}

/// Gives bytes back that were reserved and did not come to stay.
pub async fn release(tx: &mut Tx, user: UserId, size_bytes: u64) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE storage_use SET used_bytes = used_bytes - $3 WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(signed(size_bytes))
    .execute(db)
    .await
    .map(drop))?;
    Ok(())
}

/// The bytes counted for a user.
pub async fn used(tx: &mut Tx, user: UserId) -> Result<u64> {
    let organization = tx.organization();
    let row: Option<(i64,)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT used_bytes FROM storage_use WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    Ok(row.map_or(0, |(bytes,)| crate::store::columns::unsigned(bytes)))
}
