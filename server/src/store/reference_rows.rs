//! What phones hold of the office's data: one row per record at its last position. Never reads a typed table.

use sync_core::ids::RecordId;

use crate::on_db;
use crate::store::lengths::{filled, insert_meant};
use crate::store::{Result, Tx, read_id};

/// One record as phones receive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRow {
    pub kind: String,
    pub id: RecordId,
    pub seq: i64,
    /// JSON.
    pub body: String,
    pub deleted: bool,
}

const INSERT: &str = "INSERT INTO reference_rows (organization_id, kind, id, seq, body, deleted) ";

/// Puts records, none twice, at the head of the organization's sequence, in the order given, and returns the head.
///
/// Takes the organization's counter row: it must be the last thing a transaction does, after the audit row.
pub async fn publish(tx: &mut Tx, records: &[(&str, RecordId, &str, bool)]) -> Result<i64> {
    let organization = tx.organization();
    let count = i64::try_from(records.len()).expect("a transaction publishes few records");
    let head: i64 = on_db!(tx, |db| {
        sqlx::query_scalar(
        "INSERT INTO reference_heads (organization_id, head) VALUES ($1, $2) \
         ON CONFLICT (organization_id) DO UPDATE SET head = reference_heads.head + excluded.head RETURNING head"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(count)
    .fetch_one(db)
    .await?
    });
    let rows: Vec<_> = (head - count + 1..).zip(records).collect();
    for (_, some) in filled(&rows) {
        on_db!(tx, |db| {
            let mut query = insert_meant!(INSERT, 6, some, |values, (seq, (kind, id, body, deleted))| {
                values
                    .push_bind(organization.as_bytes().as_slice())
                    .push_bind(*kind)
                    .push_bind(id.as_bytes().as_slice())
                    .push_bind(*seq)
                    .push_bind(*body)
                    .push_bind(*deleted);
            });
            query.push(
                " ON CONFLICT (organization_id, kind, id) DO UPDATE \
                 SET seq = excluded.seq, body = excluded.body, deleted = excluded.deleted",
            );
            query.build().execute(db).await.map(drop)?;
        });
    }
    Ok(head)
}

/// The newest position of the organization.
pub async fn head(tx: &mut Tx) -> Result<i64> {
    let organization = tx.organization();
    let head: Option<i64> =
        on_db!(tx, |db| sqlx::query_scalar("SELECT head FROM reference_heads WHERE organization_id = $1")
            .bind(organization.as_bytes().as_slice())
            .fetch_optional(db)
            .await?);
    Ok(head.unwrap_or(0))
}

/// The rows after `after` up to `until`, oldest position first, at most `count_max`.
pub async fn list_after(tx: &mut Tx, after: i64, until: i64, count_max: i64) -> Result<Vec<ReferenceRow>> {
    let organization = tx.organization();
    let rows: Vec<(String, Vec<u8>, i64, String, bool)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT kind, id, seq, body, deleted FROM reference_rows \
         WHERE organization_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(after)
    .bind(until)
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter()
        .map(|(kind, id, seq, body, deleted)| {
            Ok(ReferenceRow { kind, id: read_id(&id)?, seq, body, deleted })
        })
        .collect()
}
