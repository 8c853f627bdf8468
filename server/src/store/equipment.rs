//! The machines and devices of customers. Never checks that what they refer to exists.

use crate::on_db;
use crate::reference::{EquipmentFields, Record, ReferenceFields};
use crate::search_text::fold;
use crate::store::record_row::record_queries;
use crate::store::{Result, Tx};

/// Writes a record; false when the stored version is not the one before the record's.
pub async fn save(tx: &mut Tx, record: &Record<EquipmentFields>) -> Result<bool> {
    let organization = tx.organization();
    let fields = &record.fields;
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO equipment (organization_id, id, archived, sort_name, search, version, created_at, updated_at, \
         customer_id, site_id, parent_id, name, kind, manufacturer, model, serial, code, installed_on, notes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
         ON CONFLICT (organization_id, id) DO UPDATE SET \
         archived = excluded.archived, sort_name = excluded.sort_name, search = excluded.search, \
         version = excluded.version, updated_at = excluded.updated_at, \
         customer_id = excluded.customer_id, site_id = excluded.site_id, parent_id = excluded.parent_id, \
         name = excluded.name, kind = excluded.kind, manufacturer = excluded.manufacturer, \
         model = excluded.model, serial = excluded.serial, code = excluded.code, \
         installed_on = excluded.installed_on, notes = excluded.notes \
         WHERE equipment.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(record.id.as_bytes().as_slice())
    .bind(record.archived)
    .bind(fold(fields.title()))
    .bind(fold(&fields.search_text()))
    .bind(record.version)
    .bind(record.created_at.0)
    .bind(record.updated_at.0)
    .bind(fields.customer_id.as_bytes().as_slice())
    .bind(fields.site_id.map(|id| id.as_bytes().to_vec()))
    .bind(fields.parent_id.map(|id| id.as_bytes().to_vec()))
    .bind(fields.name.as_str())
    .bind(fields.kind.as_str())
    .bind(fields.manufacturer.as_str())
    .bind(fields.model.as_str())
    .bind(fields.serial.as_str())
    .bind(fields.code.as_str())
    .bind(fields.installed_on.as_str())
    .bind(fields.notes.as_str())
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

record_queries! {
    "equipment",
    EquipmentFields {
        customer_id: id,
        site_id: optional_id,
        parent_id: optional_id,
        name: text,
        kind: text,
        manufacturer: text,
        model: text,
        serial: text,
        code: text,
        installed_on: text,
        notes: text,
    },
    only: "AND ($7 OR customer_id = $8) AND ($9 OR id IN (SELECT r.id FROM record_words r \
           WHERE r.organization_id = $1 AND r.kind = 'equipment' AND r.word >= $10 AND r.word < $11)) \
           AND ($12 OR code = $13)",
    |page| [
        page.customer.is_none(),
        page.customer.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        page.word.is_none(),
        page.words_like().0,
        page.words_like().1,
        page.barcode.is_none(),
        page.barcode.clone().unwrap_or_default()
    ]
}
