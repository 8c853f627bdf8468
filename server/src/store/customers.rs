//! The customers of an organization. Never joins another table.

use std::collections::BTreeMap;

use crate::messages::Language;
use crate::on_db;
use crate::reference::{CustomerFields, CustomerKind, Record, ReferenceFields};
use crate::search_text::fold;
use crate::store::lengths::{lists, push_orders};
use crate::store::record_row::record_queries;
use crate::store::{Result, Tx, read_id};
use sync_core::ids::RecordId;
use sync_core::tax_id::TaxIdKind;

/// Writes a record; false when the stored version is not the one before the record's.
pub async fn save(tx: &mut Tx, record: &Record<CustomerFields>) -> Result<bool> {
    let organization = tx.organization();
    let fields = &record.fields;
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO customers (organization_id, id, archived, sort_name, search, version, created_at, updated_at, \
         name, legal_name, tax_id, tax_id_kind, vat_registered, email, phone, language, notes, \
         external_id, kind) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
         ON CONFLICT (organization_id, id) DO UPDATE SET \
         archived = excluded.archived, sort_name = excluded.sort_name, search = excluded.search, \
         version = excluded.version, updated_at = excluded.updated_at, name = excluded.name, \
         legal_name = excluded.legal_name, tax_id = excluded.tax_id, \
         tax_id_kind = excluded.tax_id_kind, vat_registered = excluded.vat_registered, \
         email = excluded.email, phone = excluded.phone, language = excluded.language, \
         notes = excluded.notes, external_id = excluded.external_id, kind = excluded.kind \
         WHERE customers.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(record.id.as_bytes().as_slice())
    .bind(record.archived)
    .bind(fold(fields.title()))
    .bind(fold(&fields.search_text()))
    .bind(record.version)
    .bind(record.created_at.0)
    .bind(record.updated_at.0)
    .bind(fields.name.as_str())
    .bind(fields.legal_name.as_str())
    .bind(fields.tax_id.as_str())
    .bind(fields.tax_id_kind.map_or("", TaxIdKind::as_str))
    .bind(fields.vat_registered)
    .bind(fields.email.as_str())
    .bind(fields.phone.as_str())
    .bind(fields.language.map_or("", Language::as_str))
    .bind(fields.notes.as_str())
    .bind(fields.external_id.as_str())
    .bind(fields.kind.map_or("", CustomerKind::as_str))
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// What these customers are called; those that are not known are left out.
pub async fn names(tx: &mut Tx, customers: &[RecordId]) -> Result<BTreeMap<RecordId, String>> {
    let organization = tx.organization();
    let mut names = BTreeMap::new();
    for list in lists(customers) {
        let rows: Vec<(Vec<u8>, String)> = on_db!(tx, |db| {
            let mut query =
                sqlx::QueryBuilder::new("SELECT id, name FROM customers WHERE organization_id = ");
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (id, name) in rows {
            names.insert(read_id(&id)?, name);
        }
    }
    Ok(names)
}

record_queries! {
    "customers",
    CustomerFields {
        name: text,
        kind: optional_customer_kind,
        legal_name: text,
        tax_id: text,
        tax_id_kind: optional_tax_id_kind,
        vat_registered: flag,
        email: text,
        phone: text,
        language: optional_language,
        notes: text,
        external_id: text,
    },
    only: "AND ($7 OR id IN (SELECT r.id FROM record_words r WHERE r.organization_id = $1 AND r.kind = 'customer' \
           AND r.word >= $8 AND r.word < $9))",
    |page| [page.word.is_none(), page.words_like().0, page.words_like().1]
}
