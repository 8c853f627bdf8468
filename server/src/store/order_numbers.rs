//! The counter that numbers an organization's orders. Never gives one number twice; a rolled back push leaves no gap.

use crate::on_db;
use crate::store::columns::{signed, unsigned};
use crate::store::{Result, Tx};

/// Takes so many numbers that follow each other and returns the last of them.
pub async fn take(tx: &mut Tx, count: u64) -> Result<u64> {
    let organization = tx.organization();
    let number: i64 = on_db!(tx, |db| sqlx::query_scalar(
        "INSERT INTO order_numbers (organization_id, last_number) VALUES ($1, $2) \
         ON CONFLICT (organization_id) DO UPDATE SET last_number = order_numbers.last_number + $2 \
         RETURNING last_number"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(signed(count))
    .fetch_one(db)
    .await)?;
    Ok(unsigned(number))
}

/// Keeps other transactions from taking a number until this one ends.
///
/// A push that creates orders takes this lock before any order's, so that two pushes never wait for each other.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO order_numbers (organization_id, last_number) VALUES ($1, 0) \
         ON CONFLICT (organization_id) DO UPDATE SET last_number = order_numbers.last_number"
    )
    .bind(organization.as_bytes().as_slice())
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
