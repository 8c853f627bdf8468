//! Rows of resumable uploads and of their stored parts. Never touches a file.

use sync_core::ids::{BlobHash, DeviceId, OrganizationId, UploadId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{blob_hash, device_id, signed, unsigned, user_id};
use crate::store::{Result, StoreError, Tx, read_id};

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Bytes are missing, or all are here and not checked yet.
    Open,
    /// The blob is stored.
    Complete,
    /// All bytes came and were not acceptable.
    Refused,
    /// Given up by its owner, or expired.
    Ended,
}

impl UploadState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }

    fn read(text: &str) -> Result<Self> {
        let all = [Self::Open, Self::Complete, Self::Refused, Self::Ended];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| StoreError::internal("an unknown state of an upload"))
    }
}

/// One upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    pub id: UploadId,
    pub user: UserId,
    pub device: Option<DeviceId>,
    /// SHA-256 of the whole content.
    pub sha256: BlobHash,
    pub size_bytes: u64,
    /// What is stored for good.
    pub offset: u64,
    pub state: UploadState,
    /// The code of a refused one.
    pub refusal: String,
    /// Grows with every writer; one whose number is out of date may not add bytes.
    pub fence: i64,
    pub leased_until: Timestamp,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// One stored piece of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadPartRow {
    pub start: u64,
    /// Of the writer that stored it.
    pub fence: i64,
    pub size_bytes: u64,
}

pub async fn insert(tx: &mut Tx, row: &UploadRow) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO uploads (organization_id, upload_id, user_id, device_id, sha256, size_bytes, offset_bytes, \
         state, refusal, fence, leased_until, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.device.map(|id| id.as_bytes().to_vec()))
    .bind(row.sha256.as_bytes().as_slice())
    .bind(signed(row.size_bytes))
    .bind(signed(row.offset))
    .bind(row.state.as_str())
    .bind(row.refusal.as_str())
    .bind(row.fence)
    .bind(row.leased_until.0)
    .bind(row.created_at.0)
    .bind(row.expires_at.0)
    .execute(db)
    .await
    .map(drop)
    })?;
    Ok(())
}

type Columns = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Vec<u8>, i64, i64, String, String, i64, i64, i64, i64);

fn upload_row(columns: Columns) -> Result<UploadRow> {
    let (id, user, device, sha256, size, offset, state, refusal, fence, leased_until, created_at, expires_at) =
        columns;
    Ok(UploadRow {
        id: read_id(&id)?,
        user: user_id(&user)?,
        device: device.as_deref().map(device_id).transpose()?,
        sha256: blob_hash(&sha256)?,
        size_bytes: unsigned(size),
        offset: unsigned(offset),
        state: UploadState::read(&state)?,
        refusal,
        fence,
        leased_until: Timestamp(leased_until),
        created_at: Timestamp(created_at),
        expires_at: Timestamp(expires_at),
    })
}

pub async fn get(tx: &mut Tx, id: UploadId) -> Result<Option<UploadRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT upload_id, user_id, device_id, sha256, size_bytes, offset_bytes, state, refusal, fence, \
         leased_until, created_at, expires_at FROM uploads WHERE organization_id = $1 AND upload_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    row.map(upload_row).transpose()
}

/// The open upload by which a user brings this content, if there is one.
pub async fn open_of(tx: &mut Tx, user: UserId, sha256: BlobHash) -> Result<Option<UploadRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT upload_id, user_id, device_id, sha256, size_bytes, offset_bytes, state, refusal, fence, \
         leased_until, created_at, expires_at FROM uploads WHERE organization_id = $1 AND sha256 = $2 \
         AND user_id = $3 AND state = 'open' ORDER BY created_at DESC LIMIT 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    row.map(upload_row).transpose()
}

/// Whether an open upload brings this content.
pub async fn is_on_its_way(tx: &mut Tx, sha256: BlobHash) -> Result<bool> {
    let organization = tx.organization();
    let row: Option<(i64,)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT fence FROM uploads WHERE organization_id = $1 AND sha256 = $2 AND state = 'open' LIMIT 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(sha256.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    Ok(row.is_some())
}

/// Makes the caller the only writer of an open upload that stands at `offset`, until another takes it.
///
/// `None` when it is not open or stands elsewhere.
pub async fn take_lease(
    tx: &mut Tx,
    id: UploadId,
    offset: u64,
    leased_until: Timestamp,
) -> Result<Option<i64>> {
    let organization = tx.organization();
    let row: Option<(i64,)> = on_db!(tx, |db| {
        sqlx::query_as(
        "UPDATE uploads SET fence = fence + 1, leased_until = $4 WHERE organization_id = $1 AND upload_id = $2 \
         AND offset_bytes = $3 AND state = 'open' RETURNING fence"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(signed(offset))
    .bind(leased_until.0)
    .fetch_optional(db)
    .await
    })?;
    Ok(row.map(|(fence,)| fence))
}

/// Where a writer has come to, and how long it and the upload may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadAdvance {
    pub id: UploadId,
    pub fence: i64,
    pub offset: u64,
    pub leased_until: Timestamp,
    pub expires_at: Timestamp,
}

/// Moves an upload on, if this writer still holds it.
pub async fn advance(tx: &mut Tx, advance: UploadAdvance) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE uploads SET offset_bytes = $4, leased_until = $5, expires_at = $6 \
         WHERE organization_id = $1 AND upload_id = $2 AND fence = $3 AND state = 'open'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(advance.id.as_bytes().as_slice())
    .bind(advance.fence)
    .bind(signed(advance.offset))
    .bind(advance.leased_until.0)
    .bind(advance.expires_at.0)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(count == 1)
}

/// Closes an open upload, if this writer still holds it.
pub async fn close(tx: &mut Tx, id: UploadId, fence: i64, state: UploadState, refusal: &str) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE uploads SET state = $4, refusal = $5, leased_until = 0, \
         offset_bytes = CASE WHEN $4 = 'complete' THEN size_bytes ELSE offset_bytes END \
         WHERE organization_id = $1 AND upload_id = $2 AND fence = $3 AND state = 'open'"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(fence)
    .bind(state.as_str())
    .bind(refusal)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(count == 1)
}

/// Adds a part, or lets the one that begins there grow.
pub async fn put_part(tx: &mut Tx, id: UploadId, part: UploadPartRow) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO upload_parts (organization_id, upload_id, start_offset, fence, size_bytes) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (organization_id, upload_id, start_offset) DO UPDATE SET fence = $4, size_bytes = $5"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(signed(part.start))
    .bind(part.fence)
    .bind(signed(part.size_bytes))
    .execute(db)
    .await
    .map(drop))?;
    Ok(())
}

/// The parts of an upload, from its beginning.
pub async fn parts(tx: &mut Tx, id: UploadId) -> Result<Vec<UploadPartRow>> {
    let organization = tx.organization();
    let rows: Vec<(i64, i64, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT start_offset, fence, size_bytes FROM upload_parts \
         WHERE organization_id = $1 AND upload_id = $2 ORDER BY start_offset"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    let part =
        |(start, fence, size)| UploadPartRow { start: unsigned(start), fence, size_bytes: unsigned(size) };
    Ok(rows.into_iter().map(part).collect())
}

/// Forgets the parts of an upload from a position on.
pub async fn delete_parts_from(tx: &mut Tx, id: UploadId, start: u64) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM upload_parts WHERE organization_id = $1 AND upload_id = $2 AND start_offset >= $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(signed(start))
    .execute(db)
    .await
    .map(drop))?;
    Ok(())
}

/// Open uploads whose time has come, in any organization; in a system transaction only.
pub async fn list_expired(
    tx: &mut Tx,
    before: Timestamp,
    count_max: i64,
) -> Result<Vec<(OrganizationId, UploadId)>> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT organization_id, upload_id FROM uploads WHERE state = 'open' AND expires_at <= $1 \
         ORDER BY expires_at LIMIT $2"
    )
    .bind(before.0)
    .bind(count_max)
    .fetch_all(db)
    .await)?;
    rows.iter().map(|(organization, id)| Ok((read_id(organization)?, read_id(id)?))).collect()
}

/// Forgets uploads that are over since before; in a system transaction only.
pub async fn delete_over_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query("DELETE FROM uploads WHERE state <> 'open' AND expires_at < $1")
        .bind(before.0)
        .execute(db)
        .await
        .map(drop))?;
    Ok(())
}
