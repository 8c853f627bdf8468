//! Filter, sort and columns of lists under names. Never judges a filter.

use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::user_id;
use crate::store::{Result, Tx, read_id};

/// One view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedViewRow {
    pub id: RecordId,
    /// Who made it.
    pub user: UserId,
    pub is_shared: bool,
    pub name: String,
    /// JSON.
    pub filter: String,
    pub sort: String,
    /// JSON.
    pub columns: String,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

type Columns = (Vec<u8>, Vec<u8>, bool, String, String, String, String, i64, i64, i64);

fn view_row(columns: Columns) -> Result<SavedViewRow> {
    let (id, user, is_shared, name, filter, sort, columns, version, created_at, updated_at) = columns;
    Ok(SavedViewRow {
        id: read_id(&id)?,
        user: user_id(&user)?,
        is_shared,
        name,
        filter,
        sort,
        columns,
        version,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(updated_at),
    })
}

/// Writes a view; false when the stored version is not the one before the row's.
pub async fn save(tx: &mut Tx, row: &SavedViewRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO saved_views (organization_id, view_id, user_id, is_shared, name, filter, sort, columns, version, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (organization_id, view_id) DO UPDATE SET is_shared = excluded.is_shared, name = excluded.name, \
         filter = excluded.filter, sort = excluded.sort, columns = excluded.columns, version = excluded.version, \
         updated_at = excluded.updated_at WHERE saved_views.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.is_shared)
    .bind(row.name.as_str())
    .bind(row.filter.as_str())
    .bind(row.sort.as_str())
    .bind(row.columns.as_str())
    .bind(row.version)
    .bind(row.created_at.0)
    .bind(row.updated_at.0)
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(count == 1)
}

/// The views that are shared or a person's own, by name.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<SavedViewRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT view_id, user_id, is_shared, name, filter, sort, columns, version, created_at, updated_at \
         FROM saved_views WHERE organization_id = $1 AND (is_shared OR user_id = $2) ORDER BY name, view_id"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_all(db)
    .await
    })?;
    rows.into_iter().map(view_row).collect()
}

/// Takes a view away: it is a way to look at orders and holds nothing that anybody recorded.
pub async fn delete(tx: &mut Tx, id: RecordId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM saved_views WHERE organization_id = $1 AND view_id = $2")
        .bind(organization.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
