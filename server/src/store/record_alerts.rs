//! Which warnings about records that run out were raised. Never forgets one while its record exists.

use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx};

/// Notes a warning for a day of expiry, so many days before; false when it was raised already.
pub async fn raise(
    tx: &mut Tx,
    kind: &str,
    record: RecordId,
    (due_on, days_before): (&str, u32),
    now: Timestamp,
) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO record_alerts (organization_id, kind, record_id, due_on, days_before, raised_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (organization_id, kind, record_id, due_on, days_before) DO NOTHING",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(kind)
        .bind(record.as_bytes().as_slice())
        .bind(due_on)
        .bind(i64::from(days_before))
        .bind(now.0)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(count == 1)
}
