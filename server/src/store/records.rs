//! The office's records that are only ever read whole: one table for all their kinds. Never looks into a body.

use sqlx::Row as _;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::reference::{Record, ReferenceFields};
use crate::search_text::fold;
use crate::store::{ListPage, Result, StoreError, Tx, read_id};

/// Records of one kind that are read at once; an organization has far fewer.
const ALL_MAX: i64 = 10_000;

/// Reads one row of either database.
macro_rules! read {
    ($row:expr) => {{
        let row = $row;
        let columns = || -> std::result::Result<_, sqlx::Error> {
            Ok(Columns {
                id: row.try_get("id")?,
                version: row.try_get("version")?,
                archived: row.try_get("archived")?,
                created_at: row.try_get("created_at")?,
                updated_at: row.try_get("updated_at")?,
                body: row.try_get("body")?,
            })
        };
        columns().map_err(StoreError::from).and_then(Columns::into_record)
    }};
}

struct Columns {
    id: Vec<u8>,
    version: i64,
    archived: bool,
    created_at: i64,
    updated_at: i64,
    body: String,
}

impl Columns {
    fn into_record<F: ReferenceFields>(self) -> Result<Record<F>> {
        let fields = serde_json::from_str(&self.body)
            .map_err(|error| StoreError::internal(&format!("a stored {}: {error}", F::KIND)))?;
        Ok(Record {
            id: read_id(&self.id)?,
            version: self.version,
            archived: self.archived,
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            fields,
        })
    }
}

/// Writes a record; false when the stored version is not the one before the record's.
pub async fn save<F: ReferenceFields>(tx: &mut Tx, record: &Record<F>) -> Result<bool> {
    let organization = tx.organization();
    let fields = &record.fields;
    let body = serde_json::to_string(fields).map_err(|error| StoreError::internal(&error.to_string()))?;
    let count = on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO records (organization_id, kind, id, archived, sort_name, search, customer_id, unique_key, \
             due_on, body, version, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (organization_id, kind, id) DO UPDATE SET archived = excluded.archived, \
             sort_name = excluded.sort_name, search = excluded.search, customer_id = excluded.customer_id, \
             unique_key = excluded.unique_key, due_on = excluded.due_on, body = excluded.body, \
             version = excluded.version, updated_at = excluded.updated_at \
             WHERE records.version = excluded.version - 1",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(F::KIND)
        .bind(record.id.as_bytes().as_slice())
        .bind(record.archived)
        .bind(fold(fields.title()))
        .bind(fold(&fields.search_text()))
        .bind(fields.customer().map(|id| id.as_bytes().to_vec()))
        .bind(fields.unique_key())
        .bind(fields.due_on())
        .bind(body.as_str())
        .bind(record.version)
        .bind(record.created_at.0)
        .bind(record.updated_at.0)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(count == 1)
}

/// The record of an id.
pub async fn get<F: ReferenceFields>(tx: &mut Tx, id: RecordId) -> Result<Option<Record<F>>> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "SELECT id, version, archived, created_at, updated_at, body FROM records \
         WHERE organization_id = $1 AND kind = $2 AND id = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(F::KIND)
    .bind(id.as_bytes().as_slice())
    .fetch_optional(db)
    .await?
    .map(|row| read!(row))
    .transpose())
}

/// The record of a key that is unique among those of its kind, archived or not.
pub async fn find<F: ReferenceFields>(tx: &mut Tx, key: &str) -> Result<Option<Record<F>>> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "SELECT id, version, archived, created_at, updated_at, body FROM records \
         WHERE organization_id = $1 AND kind = $2 AND unique_key = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(F::KIND)
    .bind(key)
    .fetch_optional(db)
    .await?
    .map(|row| read!(row))
    .transpose())
}

/// Whether the fields of any record of a kind have a text in them, which has no `%`, `_` or backslash.
pub async fn is_any_about(tx: &mut Tx, kind: &str, text: &str) -> Result<bool> {
    let organization = tx.organization();
    let found: Option<i64> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT version FROM records WHERE organization_id = $1 AND kind = $2 AND body LIKE $3 LIMIT 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(kind)
    .bind(format!("%{text}%"))
    .fetch_optional(db)
    .await?);
    Ok(found.is_some())
}

/// One page by name.
pub async fn list<F: ReferenceFields>(tx: &mut Tx, page: &ListPage) -> Result<Vec<Record<F>>> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "SELECT id, version, archived, created_at, updated_at, body FROM records \
         WHERE organization_id = $1 AND kind = $2 AND search LIKE $3 ESCAPE '\\' AND (NOT archived OR $4) \
         AND (sort_name, id) > ($5, $6) AND ($7 OR customer_id = $8) AND ($9 OR due_on < $10) \
         ORDER BY sort_name, id LIMIT $11"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(F::KIND)
    .bind(page.pattern.as_str())
    .bind(page.with_archived)
    .bind(page.after_name.as_str())
    .bind(page.after_id.as_slice())
    .bind(page.customer.is_none())
    .bind(page.customer.map(|id| id.as_bytes().to_vec()).unwrap_or_default())
    .bind(page.due_before.is_none())
    .bind(page.due_before.as_deref().unwrap_or_default())
    .bind(page.count_max)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| read!(row))
    .collect())
}

/// Every record of a kind, archived ones too, oldest first.
pub async fn all<F: ReferenceFields>(tx: &mut Tx) -> Result<Vec<Record<F>>> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "SELECT id, version, archived, created_at, updated_at, body FROM records \
         WHERE organization_id = $1 AND kind = $2 ORDER BY created_at, id LIMIT $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(F::KIND)
    .bind(ALL_MAX)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| read!(row))
    .collect())
}

/// Records that are not archived and due from a day on, by that day; those after a day and an id, up to a day.
pub async fn due_after<F: ReferenceFields>(
    tx: &mut Tx,
    (from, after): &(String, Vec<u8>),
    until: &str,
    count_max: i64,
) -> Result<Vec<Record<F>>> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "SELECT id, version, archived, created_at, updated_at, body FROM records \
         WHERE organization_id = $1 AND kind = $2 AND due_on IS NOT NULL AND NOT archived \
         AND (due_on, id) > ($3, $4) AND due_on <= $5 ORDER BY due_on, id LIMIT $6"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(F::KIND)
    .bind(from.as_str())
    .bind(after.as_slice())
    .bind(until)
    .bind(count_max)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| read!(row))
    .collect())
}
