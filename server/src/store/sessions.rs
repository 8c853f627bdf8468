//! Sessions and the refresh tokens that descend from each sign-in. Never stores a token, only its hash.

use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, StoreError, Tx, read_id};

/// Names one session: everything that descends from one sign-in.
pub type FamilyId = [u8; 16];
pub type TokenHash = [u8; 32];

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyRow {
    pub id: FamilyId,
    pub user: UserId,
    pub device: Option<DeviceId>,
    /// The token used last; it and its children are good, everything else in the family is a reuse.
    pub grace_hash: TokenHash,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

pub async fn insert_family(tx: &mut Tx, row: &FamilyRow, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO refresh_families (organization_id, family_id, user_id, device_id, grace_hash, created_at, \
         used_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_slice())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.device.map(|id| id.as_bytes().to_vec()))
    .bind(row.grace_hash.as_slice())
    .bind(now.0)
    .bind(row.expires_at.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

/// Reads a session; on PostgreSQL also keeps others from rotating it until this transaction ends.
pub async fn lock_family(tx: &mut Tx, family: FamilyId, now: Timestamp) -> Result<Option<FamilyRow>> {
    let organization = tx.organization();
    let row: Option<FamilyColumns> = on_db!(tx, |db| sqlx::query_as(
        "UPDATE refresh_families SET used_at = $3 WHERE organization_id = $1 AND family_id = $2 \
         RETURNING user_id, device_id, grace_hash, expires_at, revoked_at"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(family.as_slice())
    .bind(now.0)
    .fetch_optional(db)
    .await?);
    row.map(|columns| family_row(family, columns)).transpose()
}

/// Reads a session and changes nothing.
pub async fn get_family(tx: &mut Tx, family: FamilyId) -> Result<Option<FamilyRow>> {
    let organization = tx.organization();
    let row: Option<FamilyColumns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT user_id, device_id, grace_hash, expires_at, revoked_at FROM refresh_families \
         WHERE organization_id = $1 AND family_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(family.as_slice())
    .fetch_optional(db)
    .await?);
    row.map(|columns| family_row(family, columns)).transpose()
}

type FamilyColumns = (Vec<u8>, Option<Vec<u8>>, Vec<u8>, i64, Option<i64>);

fn family_row(id: FamilyId, columns: FamilyColumns) -> Result<FamilyRow> {
    let (user, device, grace_hash, expires_at, revoked_at) = columns;
    Ok(FamilyRow {
        id,
        user: read_id(&user)?,
        device: device.map(|id| read_id(&id)).transpose()?,
        grace_hash: read_hash(grace_hash)?,
        expires_at: Timestamp(expires_at),
        revoked_at: revoked_at.map(Timestamp),
    })
}

/// Moves the grace to the token just used, and the end of the session with it.
pub async fn advance_family(
    tx: &mut Tx,
    family: FamilyId,
    grace_hash: TokenHash,
    expires_at: Timestamp,
) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "UPDATE refresh_families SET grace_hash = $3, expires_at = $4 WHERE organization_id = $1 AND family_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(family.as_slice())
    .bind(grace_hash.as_slice())
    .bind(expires_at.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

pub async fn insert_token(
    tx: &mut Tx,
    family: FamilyId,
    token_hash: TokenHash,
    parent_hash: TokenHash,
    now: Timestamp,
) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO refresh_tokens (organization_id, family_id, token_hash, parent_hash, issued_at) \
         VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(family.as_slice())
    .bind(token_hash.as_slice())
    .bind(parent_hash.as_slice())
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// The token a stored token was given for; `None` for a token that was never issued.
pub async fn find_parent(tx: &mut Tx, family: FamilyId, token_hash: TokenHash) -> Result<Option<TokenHash>> {
    let organization = tx.organization();
    let row: Option<(Vec<u8>,)> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT parent_hash FROM refresh_tokens WHERE organization_id = $1 AND family_id = $2 AND token_hash = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(family.as_slice())
    .bind(token_hash.as_slice())
    .fetch_optional(db)
    .await?
    });
    row.map(|(hash,)| read_hash(hash)).transpose()
}

/// Whose sessions to end.
#[derive(Debug, Clone, Copy)]
pub enum Ending {
    Family(FamilyId),
    User(UserId),
    Device(DeviceId),
}

/// Ends sessions and returns those that were still open.
pub async fn revoke(tx: &mut Tx, ending: Ending, reason: &str, now: Timestamp) -> Result<Vec<FamilyId>> {
    let organization = tx.organization();
    let (statement, id) = match ending {
        Ending::Family(family) => (
            "UPDATE refresh_families SET revoked_at = $3, revoked_reason = $4 \
             WHERE organization_id = $1 AND family_id = $2 AND revoked_at IS NULL RETURNING family_id",
            family,
        ),
        Ending::User(user) => (
            "UPDATE refresh_families SET revoked_at = $3, revoked_reason = $4 \
             WHERE organization_id = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING family_id",
            *user.as_bytes(),
        ),
        Ending::Device(device) => (
            "UPDATE refresh_families SET revoked_at = $3, revoked_reason = $4 \
             WHERE organization_id = $1 AND device_id = $2 AND revoked_at IS NULL RETURNING family_id",
            *device.as_bytes(),
        ),
    };
    let rows: Vec<(Vec<u8>,)> = on_db!(tx, |db| sqlx::query_as(statement)
        .bind(organization.as_bytes().as_slice())
        .bind(id.as_slice())
        .bind(now.0)
        .bind(reason)
        .fetch_all(db)
        .await?);
    rows.into_iter().map(|(id,)| read_family_id(id)).collect()
}

/// The sessions ended since, in any organization; in a system transaction only.
pub async fn list_revoked_since(tx: &mut Tx, since: Timestamp) -> Result<Vec<(FamilyId, Timestamp)>> {
    let rows: Vec<(Vec<u8>, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT family_id, revoked_at FROM refresh_families WHERE revoked_at >= $1"
    )
    .bind(since.0)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(|(id, at)| Ok((read_family_id(id)?, Timestamp(at)))).collect()
}

/// Forgets sessions that ended before, with their tokens; in a system transaction only.
pub async fn delete_ended_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    for statement in [
        "DELETE FROM refresh_tokens WHERE EXISTS (SELECT 1 FROM refresh_families AS family \
         WHERE family.organization_id = refresh_tokens.organization_id \
         AND family.family_id = refresh_tokens.family_id \
         AND (family.expires_at < $1 OR family.revoked_at < $1))",
        "DELETE FROM refresh_families WHERE expires_at < $1 OR revoked_at < $1",
    ] {
        on_db!(tx, |db| sqlx::query(statement).bind(before.0).execute(db).await.map(drop)?);
    }
    Ok(())
}

fn read_family_id(bytes: Vec<u8>) -> Result<FamilyId> {
    bytes.try_into().map_err(|_| StoreError::internal("a stored session name has a wrong length"))
}

fn read_hash(bytes: Vec<u8>) -> Result<TokenHash> {
    bytes.try_into().map_err(|_| StoreError::internal("a stored hash has a wrong length"))
}
