//! What other software calls the records that came from it. Never removed: the same file again makes nothing new.

use sync_core::ids::RecordId;

use crate::on_db;
use crate::store::{Result, Tx, read_id};

/// The record of that name.
pub async fn find(tx: &mut Tx, kind: &str, external_id: &str) -> Result<Option<RecordId>> {
    let organization = tx.organization();
    let id: Option<Vec<u8>> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT record_id FROM import_keys WHERE organization_id = $1 AND kind = $2 AND external_id = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(kind)
    .bind(external_id)
    .fetch_optional(db)
    .await?);
    id.as_deref().map(read_id).transpose()
}

/// Names a record; false when another one has that name, which keeps it.
pub async fn put(tx: &mut Tx, kind: &str, external_id: &str, record: RecordId) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "INSERT INTO import_keys (organization_id, kind, external_id, record_id) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, kind, external_id) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(kind)
    .bind(external_id)
    .bind(record.as_bytes().as_slice())
    .execute(db)
    .await
    .map(|done| done.rows_affected())?);
    Ok(count == 1)
}

/// The customer with this tax number, in the form it is compared in; `None` when several have it.
pub async fn customer_of_tax_id(tx: &mut Tx, tax_id: &str) -> Result<Option<RecordId>> {
    let organization = tx.organization();
    let ids: Vec<Vec<u8>> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT id FROM customers WHERE organization_id = $1 AND tax_id = $2 LIMIT 2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(tax_id)
    .fetch_all(db)
    .await?);
    match ids.as_slice() {
        [id] => Ok(Some(read_id(id)?)),
        _ => Ok(None),
    }
}
