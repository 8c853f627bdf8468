//! The organizations of this installation: one row each. Never lists one to another.

use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx, read_id};

/// An organization's profile as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    pub name: String,
    pub legal_name: String,
    pub tax_id: String,
    pub tax_id_kind: String,
    pub language: String,
    pub currency: String,
    pub zone: String,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl OrganizationRow {
    /// What the organization is called on paper: its legal name, or its name where it has none.
    pub fn formal_name(&self) -> &str {
        if self.legal_name.is_empty() { &self.name } else { &self.legal_name }
    }
}

/// Writes the profile; false when the stored version is not the one before `row.version`.
pub async fn save(tx: &mut Tx, row: &OrganizationRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO organizations (organization_id, name, legal_name, tax_id, tax_id_kind, language, currency, zone, \
         version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (organization_id) DO UPDATE SET name = excluded.name, legal_name = excluded.legal_name, \
         tax_id = excluded.tax_id, tax_id_kind = excluded.tax_id_kind, language = excluded.language, \
         currency = excluded.currency, zone = excluded.zone, version = excluded.version, \
         updated_at = excluded.updated_at WHERE organizations.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.name.as_str())
    .bind(row.legal_name.as_str())
    .bind(row.tax_id.as_str())
    .bind(row.tax_id_kind.as_str())
    .bind(row.language.as_str())
    .bind(row.currency.as_str())
    .bind(row.zone.as_str())
    .bind(row.version)
    .bind(row.created_at.0)
    .bind(row.updated_at.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// The profile of the transaction's organization.
pub async fn get(tx: &mut Tx) -> Result<Option<OrganizationRow>> {
    type Row = (String, String, String, String, String, String, String, i64, i64, i64);
    let organization = tx.organization();
    let row: Option<Row> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT name, legal_name, tax_id, tax_id_kind, language, currency, zone, version, created_at, updated_at \
         FROM organizations WHERE organization_id = $1"
    )
    .bind(organization.as_bytes().as_slice())
    .fetch_optional(db)
    .await?
    });
    Ok(row.map(
        |(
            name,
            legal_name,
            tax_id,
            tax_id_kind,
            language,
            currency,
            zone,
            version,
            created_at,
            updated_at,
        )| {
            OrganizationRow {
                name,
                legal_name,
                tax_id,
                tax_id_kind,
                language,
                currency,
                zone,
                version,
                created_at: Timestamp(created_at),
                updated_at: Timestamp(updated_at),
            }
        },
    ))
}

/// Every organization; in a system transaction only.
pub async fn list_ids(tx: &mut Tx) -> Result<Vec<OrganizationId>> {
    let rows: Vec<(Vec<u8>,)> =
        on_db!(tx, |db| sqlx::query_as("SELECT organization_id FROM organizations ORDER BY organization_id")
            .fetch_all(db)
            .await?);
    rows.iter().map(|(id,)| read_id(id)).collect()
}
