//! The installed apps of an organization and their public keys. Never holds a private key.

use sync_core::ids::{DeviceId, OrganizationId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, StoreError, Tx, read_id};

/// An installed app as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    pub id: DeviceId,
    pub user: UserId,
    pub name: String,
    pub platform: String,
    pub public_key: [u8; 32],
    pub enrolled_at: Timestamp,
    pub seen_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

type Columns = (Vec<u8>, Vec<u8>, String, String, Vec<u8>, i64, i64, Option<i64>);

impl DeviceRow {
    fn read(
        (id, user, name, platform, public_key, enrolled_at, seen_at, revoked_at): Columns,
    ) -> Result<Self> {
        Ok(Self {
            id: read_id(&id)?,
            user: read_id(&user)?,
            name,
            platform,
            public_key: public_key
                .try_into()
                .map_err(|_| StoreError::internal("a stored device key has a wrong length"))?,
            enrolled_at: Timestamp(enrolled_at),
            seen_at: Timestamp(seen_at),
            revoked_at: revoked_at.map(Timestamp),
        })
    }
}

pub async fn insert(tx: &mut Tx, row: &DeviceRow) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO devices (organization_id, device_id, user_id, name, platform, public_key, enrolled_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.name.as_str())
    .bind(row.platform.as_str())
    .bind(row.public_key.as_slice())
    .bind(row.enrolled_at.0)
    .bind(row.seen_at.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

pub async fn get(tx: &mut Tx, device: DeviceId) -> Result<Option<DeviceRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT device_id, user_id, name, platform, public_key, enrolled_at, seen_at, revoked_at FROM devices \
         WHERE organization_id = $1 AND device_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(device.as_bytes().as_slice())
    .fetch_optional(db)
    .await?
    });
    row.map(DeviceRow::read).transpose()
}

/// The organization a device belongs to; in a system transaction only.
pub async fn find_organization(tx: &mut Tx, device: DeviceId) -> Result<Option<OrganizationId>> {
    let row: Option<(Vec<u8>,)> =
        on_db!(tx, |db| sqlx::query_as("SELECT organization_id FROM devices WHERE device_id = $1")
            .bind(device.as_bytes().as_slice())
            .fetch_optional(db)
            .await?);
    row.map(|(organization,)| read_id(&organization)).transpose()
}

/// The devices of one person, or of everybody, newest first.
pub async fn list(tx: &mut Tx, user: Option<UserId>) -> Result<Vec<DeviceRow>> {
    const COUNT_MAX: i64 = 1_000;
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT device_id, user_id, name, platform, public_key, enrolled_at, seen_at, revoked_at FROM devices \
         WHERE organization_id = $1 AND ($2 OR user_id = $3) ORDER BY enrolled_at DESC, device_id LIMIT $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.is_none())
    .bind(user.map(|id| id.as_bytes().to_vec()).unwrap_or_default())
    .bind(COUNT_MAX)
    .fetch_all(db)
    .await?
    });
    rows.into_iter().map(DeviceRow::read).collect()
}

/// Ends a device; false when there is none, or it was ended before.
pub async fn revoke(tx: &mut Tx, device: DeviceId, now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "UPDATE devices SET revoked_at = $3 WHERE organization_id = $1 AND device_id = $2 AND revoked_at IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(device.as_bytes().as_slice())
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

pub async fn mark_seen(tx: &mut Tx, device: DeviceId, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE devices SET seen_at = $3 WHERE organization_id = $1 AND device_id = $2 AND seen_at < $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(device.as_bytes().as_slice())
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}
