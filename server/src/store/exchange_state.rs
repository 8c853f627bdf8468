//! What the exchange keeps once per installation: its epoch, its secret, its backup watermark. Never per organization.

use sync_core::time::Timestamp;

use crate::clock::random_bytes;
use crate::on_db;
use crate::store::{Result, Store, StoreError, Tx};

pub(crate) const EPOCH: &str = "exchange.epoch";
const ACTOR_SECRET: &str = "exchange.actor_secret";
pub(crate) const BACKUP_WATERMARK: &str = "exchange.backup_watermark";

/// Which life of the server this is. Devices that hear of another one offer again everything they hold.
pub async fn epoch(tx: &mut Tx) -> Result<u64> {
    match read(tx, EPOCH).await? {
        Some(bytes) => number(&bytes),
        None => Ok(0),
    }
}

/// Begins another life of the server, after its database was restored from a backup and before a node starts on it.
///
/// The pens of the life before are put away: phones may hold changes the server wrote with them and lost, and a pen
/// that wrote two changes in one place would have forked.
///
/// # Errors
///
/// Fails only when the database does.
pub async fn begin_epoch(store: &Store, now: Timestamp) -> Result<u64> {
    let mut tx = store.begin_system_write().await?;
    let last = epoch(&mut tx).await?;
    let next = u64::try_from(now.0).unwrap_or(0).max(last + 1);
    write(&mut tx, EPOCH, &next.to_le_bytes()).await?;
    let secret: [u8; 32] = random_bytes();
    write(&mut tx, ACTOR_SECRET, &secret).await?;
    tx.commit().await?;
    Ok(next)
}

/// Notes that a backup holds everything received up to `at`.
pub async fn set_backup_watermark(tx: &mut Tx, at: Timestamp) -> Result<()> {
    let millis = u64::try_from(at.0).unwrap_or(0);
    write(tx, BACKUP_WATERMARK, &millis.to_le_bytes()).await
}

/// The secret from which the server's pens are made; made at the first start, and anew for each epoch.
pub async fn actor_secret(store: &Store) -> Result<[u8; 32]> {
    let mut tx = store.begin_system_write().await?;
    let fresh: [u8; 32] = random_bytes();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO server_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
    )
    .bind(ACTOR_SECRET)
    .bind(fresh.as_slice())
    .execute(db)
    .await
    .map(|_| ()))?;
    let secret = read(&mut tx, ACTOR_SECRET).await?.unwrap_or_default();
    tx.commit().await?;
    secret.try_into().map_err(|_| StoreError::internal("the actor secret has the wrong length"))
}

async fn read(tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>> {
    let value: Option<Vec<u8>> =
        on_db!(tx, |db| sqlx::query_scalar("SELECT value FROM server_settings WHERE name = $1")
            .bind(name)
            .fetch_optional(db)
            .await)?;
    Ok(value)
}

async fn write(tx: &mut Tx, name: &str, value: &[u8]) -> Result<()> {
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO server_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2"
    )
    .bind(name)
    .bind(value)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

pub(crate) fn number(bytes: &[u8]) -> Result<u64> {
    let bytes = bytes.try_into().map_err(|_| StoreError::internal("a setting has the wrong length"))?;
    Ok(u64::from_le_bytes(bytes))
}
