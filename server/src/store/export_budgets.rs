//! How many rows each person exported in each hour. Never what they were.

use sync_core::ids::UserId;

use crate::on_db;
use crate::store::{Result, Tx};

/// The rows a person has exported in an hour.
pub async fn taken(tx: &mut Tx, user: UserId, hour: i64) -> Result<i64> {
    let organization = tx.organization();
    let taken: Option<i64> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT row_count FROM export_budgets WHERE organization_id = $1 AND user_id = $2 AND hour = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(hour)
    .fetch_optional(db)
    .await)?;
    Ok(taken.unwrap_or(0))
}

/// Adds rows to an hour and forgets the hours before it.
pub async fn add(tx: &mut Tx, user: UserId, hour: i64, rows: i64) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM export_budgets WHERE organization_id = $1 AND user_id = $2 AND hour < $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(hour)
    .execute(db)
    .await
    .map(|_| ()))?;
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO export_budgets (organization_id, user_id, hour, row_count) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, user_id, hour) \
         DO UPDATE SET row_count = export_budgets.row_count + excluded.row_count"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(hour)
    .bind(rows)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
