//! The organizations of this installation: one row each. Never lists one to another.

use sqlx::Row as _;
use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Store, Tx, read_id};

/// An organization's profile as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    pub name: String,
    pub legal_name: String,
    pub tax_id: String,
    pub tax_id_kind: String,
    /// Lines.
    pub address: String,
    pub phone: String,
    pub email: String,
    /// SHA-256 of a picture, hexadecimal; empty for none.
    pub logo: String,
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

/// Reads one row, whichever database it is from.
macro_rules! read {
    ($row:expr) => {
        OrganizationRow {
            name: $row.try_get("name")?,
            legal_name: $row.try_get("legal_name")?,
            tax_id: $row.try_get("tax_id")?,
            tax_id_kind: $row.try_get("tax_id_kind")?,
            address: $row.try_get("address")?,
            phone: $row.try_get("phone")?,
            email: $row.try_get("email")?,
            logo: $row.try_get("logo")?,
            language: $row.try_get("language")?,
            currency: $row.try_get("currency")?,
            zone: $row.try_get("zone")?,
            version: $row.try_get("version")?,
            created_at: Timestamp($row.try_get("created_at")?),
            updated_at: Timestamp($row.try_get("updated_at")?),
        }
    };
}

/// Writes the profile; false when the stored version is not the one before `row.version`.
pub async fn save(tx: &mut Tx, row: &OrganizationRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO organizations (organization_id, name, legal_name, tax_id, tax_id_kind, language, currency, zone, \
         version, created_at, updated_at, address, phone, email, logo) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (organization_id) DO UPDATE SET name = excluded.name, legal_name = excluded.legal_name, \
         tax_id = excluded.tax_id, tax_id_kind = excluded.tax_id_kind, language = excluded.language, \
         currency = excluded.currency, zone = excluded.zone, version = excluded.version, \
         address = excluded.address, phone = excluded.phone, email = excluded.email, logo = excluded.logo, \
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
    .bind(row.address.as_str())
    .bind(row.phone.as_str())
    .bind(row.email.as_str())
    .bind(row.logo.as_str())
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// The profile of the transaction's organization.
pub async fn get(tx: &mut Tx) -> Result<Option<OrganizationRow>> {
    let organization = tx.organization();
    let row = on_db!(tx, |db| {
        let row = sqlx::query(
            "SELECT name, legal_name, tax_id, tax_id_kind, address, phone, email, logo, language, currency, zone, \
             version, created_at, updated_at FROM organizations WHERE organization_id = $1",
        )
        .bind(organization.as_bytes().as_slice())
        .fetch_optional(db)
        .await?;
        match &row {
            Some(row) => Some(read!(row)),
            None => None,
        }
    });
    Ok(row)
}

/// Every organization, in a transaction of its own.
pub async fn all(store: &Store) -> Result<Vec<OrganizationId>> {
    let mut tx = store.begin_system_read().await?;
    let ids = list_ids(&mut tx).await?;
    tx.commit().await?;
    Ok(ids)
}

/// Every organization; in a system transaction only.
pub async fn list_ids(tx: &mut Tx) -> Result<Vec<OrganizationId>> {
    let rows: Vec<(Vec<u8>,)> =
        on_db!(tx, |db| sqlx::query_as("SELECT organization_id FROM organizations ORDER BY organization_id")
            .fetch_all(db)
            .await?);
    rows.iter().map(|(id,)| read_id(id)).collect()
}
