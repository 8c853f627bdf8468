//! The materials and services an organization sells. Never an order line.

use crate::on_db;
use crate::reference::{CatalogueItemFields, Record, ReferenceFields};
use crate::search_text::fold;
use crate::store::record_row::record_queries;
use crate::store::{Result, StoreError, Tx};

/// Writes a record; false when the stored version is not the one before the record's.
pub async fn save(tx: &mut Tx, record: &Record<CatalogueItemFields>) -> Result<bool> {
    let organization = tx.organization();
    let fields = &record.fields;
    let names =
        serde_json::to_string(&fields.names).map_err(|error| StoreError::internal(&error.to_string()))?;
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO catalogue_items (organization_id, id, archived, sort_name, search, version, created_at, updated_at, \
         kind, code, name, names, unit, price_minor, barcode) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (organization_id, id) DO UPDATE SET \
         archived = excluded.archived, sort_name = excluded.sort_name, search = excluded.search, \
         version = excluded.version, updated_at = excluded.updated_at, kind = excluded.kind, \
         code = excluded.code, name = excluded.name, names = excluded.names, \
         unit = excluded.unit, price_minor = excluded.price_minor, barcode = excluded.barcode \
         WHERE catalogue_items.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(record.id.as_bytes().as_slice())
    .bind(record.archived)
    .bind(fold(fields.title()))
    .bind(fold(&fields.search_text()))
    .bind(record.version)
    .bind(record.created_at.0)
    .bind(record.updated_at.0)
    .bind(fields.kind.as_str())
    .bind(fields.code.as_str())
    .bind(fields.name.as_str())
    .bind(names.as_str())
    .bind(fields.unit.as_str())
    .bind(fields.price_minor)
    .bind(fields.barcode.as_str())
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

record_queries! {
    "catalogue_items",
    CatalogueItemFields {
        kind: catalogue_kind,
        code: text,
        name: text,
        names: names,
        unit: text,
        price_minor: number,
        barcode: text,
    },
    only: "AND ($7 OR barcode = $8)",
    |page| [page.barcode.is_none(), page.barcode.clone().unwrap_or_default()]
}
