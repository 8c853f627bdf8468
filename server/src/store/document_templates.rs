//! The templates organizations replaced ours with. Never judges one.

use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx};

/// A template as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentTemplateRow {
    pub source: String,
    pub version: i64,
    pub updated_at: Timestamp,
}

/// Writes a template; false when the stored version is not the one before `row.version`.
pub async fn save(tx: &mut Tx, kind: &str, row: &DocumentTemplateRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO document_templates (organization_id, kind, source, version, updated_at) \
             SELECT $1, $2, $3, $4, $5 WHERE $4 = 1 OR EXISTS (SELECT 1 FROM document_templates \
             WHERE organization_id = $1 AND kind = $2) \
             ON CONFLICT (organization_id, kind) DO UPDATE SET source = excluded.source, \
             version = excluded.version, updated_at = excluded.updated_at \
             WHERE document_templates.version = excluded.version - 1",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(kind)
        .bind(row.source.as_str())
        .bind(row.version)
        .bind(row.updated_at.0)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(count == 1)
}

/// The organization's template of a kind.
pub async fn get(tx: &mut Tx, kind: &str) -> Result<Option<DocumentTemplateRow>> {
    let organization = tx.organization();
    let row: Option<(String, i64, i64)> = on_db!(tx, |db| {
        sqlx::query_as(
            "SELECT source, version, updated_at FROM document_templates WHERE organization_id = $1 AND kind = $2",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(kind)
        .fetch_optional(db)
        .await?
    });
    Ok(row.map(|(source, version, updated_at)| DocumentTemplateRow {
        source,
        version,
        updated_at: Timestamp(updated_at),
    }))
}

/// Removes the organization's template of a kind.
pub async fn delete(tx: &mut Tx, kind: &str) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query("DELETE FROM document_templates WHERE organization_id = $1 AND kind = $2")
            .bind(organization.as_bytes().as_slice())
            .bind(kind)
            .execute(db)
            .await
            .map(drop)?
    });
    Ok(())
}
