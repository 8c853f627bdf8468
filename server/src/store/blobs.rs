//! Rows of what arrived whole, once for each organization. Never touches a file.

use sync_core::ids::{BlobHash, DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{blob_hash, device_id, signed, unsigned, user_id};
use crate::store::{Result, StoreError, Tx};

/// What is known of the pictures derived from a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageState {
    /// It is no image.
    None,
    /// They are still to be made.
    Pending,
    /// They are there.
    Ready,
    /// They cannot be made; the original is kept.
    Unprocessable,
}

impl ImageState {
    /// What is to be known of a blob that has just arrived.
    pub const fn of(is_image: bool) -> Self {
        if is_image { Self::Pending } else { Self::None }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Unprocessable => "unprocessable",
        }
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        let all = [Self::None, Self::Pending, Self::Ready, Self::Unprocessable];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| StoreError::internal("an unknown state of an image"))
    }
}

/// One blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    pub sha256: BlobHash,
    pub size_bytes: u64,
    /// What the content says it is.
    pub media_type: String,
    /// False when its bytes were lost.
    pub is_stored: bool,
    pub image_state: ImageState,
    /// Who brought it first.
    pub user: UserId,
    pub device: Option<DeviceId>,
    pub received_at: Timestamp,
}

/// Adds a blob, or says that a lost one is back; false when it was there.
pub async fn put(tx: &mut Tx, row: &BlobRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO blobs (organization_id, sha256, size_bytes, media_type, state, image_state, user_id, \
         device_id, received_at) VALUES ($1, $2, $3, $4, 'stored', $5, $6, $7, $8) \
         ON CONFLICT (organization_id, sha256) DO UPDATE SET state = 'stored', image_state = $5 \
         WHERE blobs.state = 'missing'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.sha256.as_bytes().as_slice())
    .bind(signed(row.size_bytes))
    .bind(row.media_type.as_str())
    .bind(row.image_state.as_str())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.device.map(|id| id.as_bytes().to_vec()))
    .bind(row.received_at.0)
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(count == 1)
}

type Columns = (Vec<u8>, i64, String, String, String, Vec<u8>, Option<Vec<u8>>, i64);

fn blob_row(columns: Columns) -> Result<BlobRow> {
    let (sha256, size, media_type, state, image_state, user, device, received_at) = columns;
    Ok(BlobRow {
        sha256: blob_hash(&sha256)?,
        size_bytes: unsigned(size),
        media_type,
        is_stored: state == "stored",
        image_state: ImageState::read(&image_state)?,
        user: user_id(&user)?,
        device: device.as_deref().map(device_id).transpose()?,
        received_at: Timestamp(received_at),
    })
}

pub async fn get(tx: &mut Tx, sha256: BlobHash) -> Result<Option<BlobRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT sha256, size_bytes, media_type, state, image_state, user_id, device_id, received_at FROM blobs \
         WHERE organization_id = $1 AND sha256 = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .fetch_optional(db)
    .await
    })?;
    row.map(blob_row).transpose()
}

/// Whether a blob and its bytes are here.
pub async fn is_here(tx: &mut Tx, sha256: BlobHash) -> Result<bool> {
    Ok(get(tx, sha256).await?.is_some_and(|row| row.is_stored))
}

/// The blobs whose hashes begin with a byte.
pub async fn list_beginning_with(tx: &mut Tx, first: u8) -> Result<Vec<BlobRow>> {
    let organization = tx.organization();
    // After every hash of 32 bytes that begins so.
    let last = [[first].as_slice(), &[0xff; 32]].concat();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT sha256, size_bytes, media_type, state, image_state, user_id, device_id, received_at FROM blobs \
         WHERE organization_id = $1 AND sha256 >= $2 AND sha256 < $3 ORDER BY sha256"
    )
    .bind(organization.as_bytes().as_slice())
    .bind([first].as_slice())
    .bind(last.as_slice())
    .fetch_all(db)
    .await
    })?;
    rows.into_iter().map(blob_row).collect()
}

pub async fn set_image_state(tx: &mut Tx, sha256: BlobHash, state: ImageState) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE blobs SET image_state = $3 WHERE organization_id = $1 AND sha256 = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .bind(state.as_str())
    .execute(db)
    .await
    .map(drop))?;
    Ok(())
}

/// Says whether the bytes of a blob are there.
pub async fn set_stored(tx: &mut Tx, sha256: BlobHash, is_stored: bool) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("UPDATE blobs SET state = $3 WHERE organization_id = $1 AND sha256 = $2")
        .bind(organization.as_bytes().as_slice())
        .bind(sha256.as_bytes().as_slice())
        .bind(if is_stored { "stored" } else { "missing" })
        .execute(db)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets a blob.
pub async fn delete(tx: &mut Tx, sha256: BlobHash) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM blobs WHERE organization_id = $1 AND sha256 = $2")
        .bind(organization.as_bytes().as_slice())
        .bind(sha256.as_bytes().as_slice())
        .execute(db)
        .await
        .map(drop))?;
    Ok(())
}

/// How many blobs of an organization no order refers to, though they came before.
pub async fn count_unreferenced(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let organization = tx.organization();
    let (count,): (i64,) = on_db!(tx, |db| sqlx::query_as(
        "SELECT COUNT(*) FROM blobs WHERE organization_id = $1 AND received_at < $2 AND NOT EXISTS \
         (SELECT 1 FROM order_blobs WHERE order_blobs.organization_id = blobs.organization_id \
         AND order_blobs.sha256 = blobs.sha256)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(before.0)
    .fetch_one(db)
    .await)?;
    Ok(unsigned(count))
}
