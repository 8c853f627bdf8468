//! The people of an organization. Never returns a password hash with a profile.

use sync_core::ids::{OrganizationId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::messages::Language;
use crate::on_db;
use crate::search_text::fold;
use crate::store::{ListPage, Result, StoreError, Tx, read_id};

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    pub phone: String,
    pub disabled_at: Option<Timestamp>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

type Columns = (Vec<u8>, String, String, String, String, String, Option<i64>, i64, i64, i64);

impl UserRow {
    fn read(columns: Columns) -> Result<Self> {
        let (id, email, name, role, language, phone, disabled_at, version, created_at, updated_at) = columns;
        Ok(Self {
            id: read_id(&id)?,
            email,
            name,
            role: Role::from_name(&role).ok_or_else(|| StoreError::internal("a stored role is unknown"))?,
            language: Language::from_name(&language).unwrap_or_default(),
            phone,
            disabled_at: disabled_at.map(Timestamp),
            version,
            created_at: Timestamp(created_at),
            updated_at: Timestamp(updated_at),
        })
    }
}

/// Writes a person; false when the stored version is not the one before `row.version`.
pub async fn save(tx: &mut Tx, row: &UserRow) -> Result<bool> {
    let organization = tx.organization();
    let search = fold(&format!("{} {} {}", row.name, row.email, row.phone));
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO users (organization_id, user_id, email, name, role, language, phone, disabled_at, sort_name, \
         search, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (organization_id, user_id) DO UPDATE SET email = excluded.email, name = excluded.name, \
         role = excluded.role, language = excluded.language, phone = excluded.phone, \
         disabled_at = excluded.disabled_at, sort_name = excluded.sort_name, search = excluded.search, \
         version = excluded.version, updated_at = excluded.updated_at \
         WHERE users.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.email.as_str())
    .bind(row.name.as_str())
    .bind(row.role.as_str())
    .bind(row.language.as_str())
    .bind(row.phone.as_str())
    .bind(row.disabled_at.map(|at| at.0))
    .bind(fold(&row.name))
    .bind(search.as_str())
    .bind(row.version)
    .bind(row.created_at.0)
    .bind(row.updated_at.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

pub async fn set_password(tx: &mut Tx, user: UserId, password_hash: &str) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE users SET password_hash = $3 WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(password_hash)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// Writes another password where the person still has the one before, or still none; says whether it did.
pub async fn replace_password(
    tx: &mut Tx,
    user: UserId,
    before: Option<&str>,
    password_hash: &str,
) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
            "UPDATE users SET password_hash = $3 WHERE organization_id = $1 AND user_id = $2 \
         AND COALESCE(password_hash, '') = $4",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(user.as_bytes().as_slice())
        .bind(password_hash)
        .bind(before.unwrap_or_default())
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(count == 1)
}

/// What a person's password is checked against; nothing for who has none yet.
pub async fn password_hash(tx: &mut Tx, user: UserId) -> Result<Option<String>> {
    let organization = tx.organization();
    let row: Option<(Option<String>,)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT password_hash FROM users WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_optional(db)
    .await?);
    Ok(row.and_then(|(password_hash,)| password_hash))
}

pub async fn get(tx: &mut Tx, user: UserId) -> Result<Option<UserRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT user_id, email, name, role, language, phone, disabled_at, version, created_at, updated_at \
         FROM users WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_optional(db)
    .await?
    });
    row.map(UserRow::read).transpose()
}

/// One page of people by name; disabled ones only when asked for.
pub async fn list(tx: &mut Tx, page: &ListPage, with_disabled: bool) -> Result<Vec<UserRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT user_id, email, name, role, language, phone, disabled_at, version, created_at, updated_at \
         FROM users WHERE organization_id = $1 AND search LIKE $2 ESCAPE '\\' \
         AND (disabled_at IS NULL OR $3) AND (sort_name, user_id) > ($4, $5) \
         ORDER BY sort_name, user_id LIMIT $6"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(page.pattern.as_str())
    .bind(with_disabled)
    .bind(page.after_name.as_str())
    .bind(page.after_id.as_slice())
    .bind(page.count_max)
    .fetch_all(db)
    .await?
    });
    rows.into_iter().map(UserRow::read).collect()
}

/// Everybody in a role who can still sign in, by name.
pub async fn list_enabled(tx: &mut Tx, role: Role) -> Result<Vec<UserRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT user_id, email, name, role, language, phone, disabled_at, version, created_at, updated_at \
         FROM users WHERE organization_id = $1 AND role = $2 AND disabled_at IS NULL ORDER BY sort_name, user_id"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(role.as_str())
    .fetch_all(db)
    .await?
    });
    rows.into_iter().map(UserRow::read).collect()
}

/// How many admins can still sign in.
pub async fn count_admins(tx: &mut Tx) -> Result<i64> {
    let organization = tx.organization();
    Ok(on_db!(tx, |db| sqlx::query_scalar(
        "SELECT COUNT(*) FROM users WHERE organization_id = $1 AND role = 'admin' AND disabled_at IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .fetch_one(db)
    .await?))
}

/// The enabled people with this address, in any organization, with a password or without; in a system transaction only.
pub async fn find_addressed(
    tx: &mut Tx,
    email: &str,
    count_max: i64,
) -> Result<Vec<(OrganizationId, UserId)>> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT organization_id, user_id FROM users WHERE email = $1 AND disabled_at IS NULL \
         ORDER BY created_at LIMIT $2"
    )
    .bind(email)
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(|(organization, user)| Ok((read_id(&organization)?, read_id(&user)?))).collect()
}

/// Somebody who may be signing in.
pub struct Candidate {
    pub organization: OrganizationId,
    pub user: UserId,
    pub password_hash: String,
}

/// The enabled people with this address, in any organization; in a system transaction only.
pub async fn find_candidates(tx: &mut Tx, email: &str, count_max: i64) -> Result<Vec<Candidate>> {
    let rows: Vec<(Vec<u8>, Vec<u8>, String)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT organization_id, user_id, password_hash FROM users \
         WHERE email = $1 AND disabled_at IS NULL AND password_hash IS NOT NULL ORDER BY created_at LIMIT $2"
    )
    .bind(email)
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter()
        .map(|(organization, user, password_hash)| {
            Ok(Candidate { organization: read_id(&organization)?, user: read_id(&user)?, password_hash })
        })
        .collect()
}
