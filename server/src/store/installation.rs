//! What belongs to the installation and no organization: its identity, token keys, first-run link, failed sign-ins.
//! Never holds anything in clear that opens a door, except the token keys themselves.

use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx};

/// Keeps the first value ever offered for a setting and returns it.
pub async fn settle(tx: &mut Tx, name: &str, offered: &[u8]) -> Result<Vec<u8>> {
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO server_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
    )
    .bind(name)
    .bind(offered)
    .execute(db)
    .await
    .map(drop)?);
    Ok(on_db!(tx, |db| sqlx::query_scalar("SELECT value FROM server_settings WHERE name = $1")
        .bind(name)
        .fetch_one(db)
        .await?))
}

/// A key that signs access tokens.
pub struct SigningKeyRow {
    pub key_id: String,
    pub private_key: Vec<u8>,
    pub public_key: Vec<u8>,
    pub created_at: Timestamp,
}

pub async fn insert_signing_key(tx: &mut Tx, row: &SigningKeyRow) -> Result<()> {
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO signing_keys (key_id, private_key, public_key, created_at) VALUES ($1, $2, $3, $4)"
    )
    .bind(row.key_id.as_str())
    .bind(row.private_key.as_slice())
    .bind(row.public_key.as_slice())
    .bind(row.created_at.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// The newest keys, newest first.
pub async fn list_signing_keys(tx: &mut Tx, count_max: i64) -> Result<Vec<SigningKeyRow>> {
    let rows: Vec<(String, Vec<u8>, Vec<u8>, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT key_id, private_key, public_key, created_at FROM signing_keys \
         ORDER BY created_at DESC, key_id LIMIT $1"
    )
    .bind(count_max)
    .fetch_all(db)
    .await?);
    Ok(rows
        .into_iter()
        .map(|(key_id, private_key, public_key, created_at)| SigningKeyRow {
            key_id,
            private_key,
            public_key,
            created_at: Timestamp(created_at),
        })
        .collect())
}

/// Replaces every unused first-run link by this one.
pub async fn offer_setup(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query("DELETE FROM setup WHERE used_at IS NULL").execute(db).await.map(drop)?);
    on_db!(tx, |db| sqlx::query("INSERT INTO setup (token_hash, created_at) VALUES ($1, $2)")
        .bind(token_hash)
        .bind(now.0)
        .execute(db)
        .await
        .map(drop)?);
    Ok(())
}

/// Uses a first-run link; true exactly once for each.
pub async fn use_setup(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<bool> {
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE setup SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL"
    )
    .bind(token_hash)
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}

/// How often an address failed to sign in since it last succeeded, and when it last did.
pub async fn failures(tx: &mut Tx, email_hash: &[u8]) -> Result<(i64, Timestamp)> {
    let row: Option<(i64, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT failures, failed_at FROM sign_in_failures WHERE email_hash = $1"
    )
    .bind(email_hash)
    .fetch_optional(db)
    .await?);
    Ok(row.map_or((0, Timestamp(0)), |(failures, failed_at)| (failures, Timestamp(failed_at))))
}

pub async fn add_failure(tx: &mut Tx, email_hash: &[u8], now: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO sign_in_failures (email_hash, failures, failed_at) VALUES ($1, 1, $2) \
         ON CONFLICT (email_hash) DO UPDATE \
         SET failures = sign_in_failures.failures + 1, failed_at = excluded.failed_at"
    )
    .bind(email_hash)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

pub async fn clear_failures(tx: &mut Tx, email_hash: &[u8]) -> Result<()> {
    on_db!(tx, |db| sqlx::query("DELETE FROM sign_in_failures WHERE email_hash = $1")
        .bind(email_hash)
        .execute(db)
        .await
        .map(drop)?);
    Ok(())
}

/// Forgets failures that happened before.
pub async fn delete_failures_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query("DELETE FROM sign_in_failures WHERE failed_at < $1")
        .bind(before.0)
        .execute(db)
        .await
        .map(drop)?);
    Ok(())
}
