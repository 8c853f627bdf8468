//! What other software calls the records that came from it, so that the same file again makes nothing new. Removed only with
//! the person it is about.

use std::collections::BTreeMap;

use sync_core::ids::RecordId;

use crate::on_db;
use crate::store::lengths::{lists, pieces, push_orders};
use crate::store::{Result, Tx, read_id};

/// The records of these names, where there are any.
pub async fn find_all(tx: &mut Tx, kind: &str, external_ids: &[&str]) -> Result<BTreeMap<String, RecordId>> {
    let organization = tx.organization();
    let mut found = BTreeMap::new();
    for list in lists(external_ids) {
        let rows: Vec<(String, Vec<u8>)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT external_id, record_id FROM import_keys WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            query.push(" AND kind = ").push_bind(kind).push(" AND external_id IN (");
            let mut members = query.separated(", ");
            for external_id in list {
                members.push_bind(external_id);
            }
            query.push(")");
            query.build_query_as().fetch_all(db).await
        })?;
        for (external_id, record) in rows {
            found.insert(external_id, read_id(&record)?);
        }
    }
    Ok(found)
}

/// Names records; false when others have some of the names, which keep them.
pub async fn put_all(tx: &mut Tx, kind: &str, named: &[(&str, RecordId)]) -> Result<bool> {
    let organization = tx.organization();
    let mut count = 0;
    for some in pieces(named) {
        count += on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO import_keys (organization_id, kind, external_id, record_id) ",
            );
            query.push_values(some, |mut row, (external_id, record)| {
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(kind)
                    .push_bind(*external_id)
                    .push_bind(record.as_bytes().as_slice());
            });
            query.push(" ON CONFLICT (organization_id, kind, external_id) DO NOTHING");
            query.build().execute(db).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(count == named.len() as u64)
}

/// Forgets what records are called elsewhere: who they are about was erased.
pub async fn forget(tx: &mut Tx, records: &[RecordId]) -> Result<()> {
    let organization = tx.organization();
    for list in lists(records) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new("DELETE FROM import_keys WHERE organization_id = ");
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND record_id", list);
            query.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
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
