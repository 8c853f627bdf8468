//! Imports, how far they have come, and the rows they did not take. Never a row's content.

use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::imports::{Import, ImportKind, ImportState};
use crate::on_db;
use crate::store::columns::user_id;
use crate::store::lengths::pieces;
use crate::store::{Result, StoreError, Tx, read_id};

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRefusalRow {
    /// As a spreadsheet counts: the headings are row 1.
    pub row_number: u64,
    pub field: String,
    /// The name of a sentence.
    pub problem: String,
    /// What the sentence speaks of, such as another row.
    pub detail: String,
}

type Columns = (Vec<u8>, String, String, String, String, Vec<u8>, String, String, i64, i64, i64);

fn import_row(columns: Columns) -> Result<Import> {
    let (id, kind, state, settings, progress, created_by, role, language, version, created_at, updated_at) =
        columns;
    let damaged = || StoreError::internal("a stored import cannot be read");
    Ok(Import {
        id: read_id(&id)?,
        version,
        kind: ImportKind::from_name(&kind).ok_or_else(damaged)?,
        state: ImportState::from_name(&state).ok_or_else(damaged)?,
        settings: serde_json::from_str(&settings).map_err(|_| damaged())?,
        progress: serde_json::from_str(&progress).map_err(|_| damaged())?,
        created_by: user_id(&created_by)?,
        role,
        language,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(updated_at),
    })
}

/// Writes an import; false when the stored version is not the one before the row's.
pub async fn save(tx: &mut Tx, import: &Import) -> Result<bool> {
    let organization = tx.organization();
    let settings = serde_json::to_string(&import.settings).expect("settings are plain data");
    let progress = serde_json::to_string(&import.progress).expect("figures are plain data");
    let count = on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO imports (organization_id, import_id, kind, state, settings, progress, created_by, role, \
             language, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (organization_id, import_id) DO UPDATE SET state = excluded.state, \
             settings = excluded.settings, progress = excluded.progress, version = excluded.version, \
             updated_at = excluded.updated_at WHERE imports.version = excluded.version - 1",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(import.id.as_bytes().as_slice())
        .bind(import.kind.as_str())
        .bind(import.state.as_str())
        .bind(settings)
        .bind(progress)
        .bind(import.created_by.as_bytes().as_slice())
        .bind(import.role.as_str())
        .bind(import.language.as_str())
        .bind(import.version)
        .bind(import.created_at.0)
        .bind(import.updated_at.0)
        .execute(db)
        .await
        .map(|done| done.rows_affected())?
    });
    Ok(count == 1)
}

pub async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Import>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT import_id, kind, state, settings, progress, created_by, role, language, version, created_at, \
         updated_at FROM imports WHERE organization_id = $1 AND import_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .fetch_optional(db)
    .await?
    });
    row.map(import_row).transpose()
}

/// The newest imports.
pub async fn list(tx: &mut Tx, count_max: i64) -> Result<Vec<Import>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT import_id, kind, state, settings, progress, created_by, role, language, version, created_at, \
         updated_at FROM imports WHERE organization_id = $1 ORDER BY created_at DESC, import_id DESC LIMIT $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(count_max)
    .fetch_all(db)
    .await?
    });
    rows.into_iter().map(import_row).collect()
}

/// Imports that nobody touched since a moment and whose file is still there.
pub async fn list_untouched(tx: &mut Tx, since: Timestamp) -> Result<Vec<Import>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT import_id, kind, state, settings, progress, created_by, role, language, version, created_at, \
         updated_at FROM imports WHERE organization_id = $1 AND updated_at < $2 AND state <> 'expired'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(since.0)
    .fetch_all(db)
    .await?
    });
    rows.into_iter().map(import_row).collect()
}

/// Notes rows that were not taken.
pub async fn refuse(tx: &mut Tx, import: RecordId, rows: &[ImportRefusalRow]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(rows) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO import_refusals (organization_id, import_id, row_number, field, problem, detail) ",
            );
            query.push_values(some, |mut values, row| {
                values
                    .push_bind(organization.as_bytes().as_slice())
                    .push_bind(import.as_bytes().as_slice())
                    .push_bind(i64::try_from(row.row_number).unwrap_or(i64::MAX))
                    .push_bind(row.field.as_str())
                    .push_bind(row.problem.as_str())
                    .push_bind(row.detail.as_str());
            });
            query.push(" ON CONFLICT (organization_id, import_id, row_number) DO NOTHING");
            query.build().execute(db).await.map(drop)?;
        });
    }
    Ok(())
}

/// Forgets what a check refused, before the rows are gone through again.
pub async fn clear_refusals(tx: &mut Tx, import: RecordId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query("DELETE FROM import_refusals WHERE organization_id = $1 AND import_id = $2")
            .bind(organization.as_bytes().as_slice())
            .bind(import.as_bytes().as_slice())
            .execute(db)
            .await
            .map(drop)?
    });
    Ok(())
}

/// The rows that were not taken, in their order.
pub async fn refusals(tx: &mut Tx, import: RecordId) -> Result<Vec<ImportRefusalRow>> {
    let organization = tx.organization();
    let rows: Vec<(i64, String, String, String)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT row_number, field, problem, detail FROM import_refusals \
         WHERE organization_id = $1 AND import_id = $2 ORDER BY row_number"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(import.as_bytes().as_slice())
    .fetch_all(db)
    .await?);
    let read = |(row_number, field, problem, detail): (i64, String, String, String)| ImportRefusalRow {
        row_number: row_number.unsigned_abs(),
        field,
        problem,
        detail,
    };
    Ok(rows.into_iter().map(read).collect())
}
