//! Tokens of other software. Never a token itself, only the hash of its secret.

use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::sessions::TokenHash;
use crate::store::{Result, StoreError, Tx, read_id};

/// A token as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenRow {
    pub id: RecordId,
    pub name: String,
    pub role: String,
    pub language: String,
    /// Separated by spaces.
    pub scopes: String,
    pub secret_hash: TokenHash,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

type Columns = (Vec<u8>, String, String, String, String, Vec<u8>, Vec<u8>, i64, Option<i64>, Option<i64>);

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT token_id, name, role, language, scopes, secret_hash, created_by, created_at, expires_at, \
             revoked_at FROM api_tokens WHERE organization_id = $1",
            $tail
        )
    };
}

fn token_row(columns: Columns) -> Result<ApiTokenRow> {
    let (id, name, role, language, scopes, secret_hash, created_by, created_at, expires_at, revoked_at) =
        columns;
    let wrong_length = |_| StoreError::internal("a stored hash has a wrong length");
    Ok(ApiTokenRow {
        id: read_id(&id)?,
        name,
        role,
        language,
        scopes,
        secret_hash: secret_hash.try_into().map_err(wrong_length)?,
        created_by: read_id(&created_by)?,
        created_at: Timestamp(created_at),
        expires_at: expires_at.map(Timestamp),
        revoked_at: revoked_at.map(Timestamp),
    })
}

pub async fn insert(tx: &mut Tx, row: &ApiTokenRow) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO api_tokens (organization_id, token_id, name, role, language, scopes, secret_hash, created_by, \
             created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(row.id.as_bytes().as_slice())
        .bind(row.name.as_str())
        .bind(row.role.as_str())
        .bind(row.language.as_str())
        .bind(row.scopes.as_str())
        .bind(row.secret_hash.as_slice())
        .bind(row.created_by.as_bytes().as_slice())
        .bind(row.created_at.0)
        .bind(row.expires_at.map(|at| at.0))
        .execute(db)
        .await
        .map(drop)?
    });
    Ok(())
}

pub async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<ApiTokenRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" AND token_id = $2"))
        .bind(organization.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_optional(db)
        .await?);
    row.map(token_row).transpose()
}

/// Every token, newest first, ended ones too.
pub async fn list(tx: &mut Tx) -> Result<Vec<ApiTokenRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" ORDER BY created_at DESC, token_id"))
        .bind(organization.as_bytes().as_slice())
        .fetch_all(db)
        .await?);
    rows.into_iter().map(token_row).collect()
}

/// Ends a token; one that has ended stays as it is.
pub async fn revoke(tx: &mut Tx, id: RecordId, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
            "UPDATE api_tokens SET revoked_at = $3 WHERE organization_id = $1 AND token_id = $2 AND revoked_at IS NULL",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .bind(now.0)
        .execute(db)
        .await
        .map(drop)?
    });
    Ok(())
}
