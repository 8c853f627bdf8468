//! The people at customers. Never checks that the customer exists.

use crate::messages::Language;
use crate::on_db;
use crate::reference::{ContactFields, Record, ReferenceFields};
use crate::search_text::fold;
use crate::store::record_row::record_queries;
use crate::store::{Result, Tx};

/// Writes a record; false when the stored version is not the one before the record's.
pub async fn save(tx: &mut Tx, record: &Record<ContactFields>) -> Result<bool> {
    let organization = tx.organization();
    let fields = &record.fields;
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO contacts (organization_id, id, archived, sort_name, search, version, created_at, updated_at, \
         customer_id, name, position, email, phone, language) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (organization_id, id) DO UPDATE SET \
         archived = excluded.archived, sort_name = excluded.sort_name, search = excluded.search, \
         version = excluded.version, updated_at = excluded.updated_at, \
         customer_id = excluded.customer_id, name = excluded.name, position = excluded.position, \
         email = excluded.email, phone = excluded.phone, language = excluded.language \
         WHERE contacts.version = excluded.version - 1"
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
    .bind(fields.name.as_str())
    .bind(fields.position.as_str())
    .bind(fields.email.as_str())
    .bind(fields.phone.as_str())
    .bind(fields.language.map_or("", Language::as_str))
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

record_queries! {
    "contacts",
    ContactFields {
        customer_id: id,
        name: text,
        position: text,
        email: text,
        phone: text,
        language: optional_language,
    },
    only: "AND ($7 OR customer_id = $8)",
    |page| [page.customer.is_none(), page.customer.map(|id| id.as_bytes().to_vec()).unwrap_or_default()]
}
