//! Gives an upload up, by its owner or because its time is over. Never touches a blob that is complete.

use sync_core::ids::UploadId;
use sync_core::time::Timestamp;

use crate::evidence::blob_store::UploadName;
use crate::evidence::{Evidence, UploadRefusal, Uploader, release};
use crate::store::uploads::{self, UploadRow, UploadState};
use crate::store::{StoreError, Tx};

/// Ends an upload of the caller; what was stored of it is removed. A complete one keeps its content.
///
/// # Errors
///
/// `NotFound` for uploads of others, as for those that do not exist.
pub async fn end_upload(evidence: &Evidence, uploader: Uploader, id: UploadId) -> Result<(), UploadRefusal> {
    let mut tx = evidence.store().begin_write(uploader.organization).await?;
    let row = uploader.own_upload(&mut tx, id).await?;
    let is_ended = close(&mut tx, &row).await?;
    tx.commit().await?;
    if is_ended {
        evidence.blobs().delete_upload(uploader.name(id)).await?;
    }
    match row.state {
        UploadState::Ended => Err(UploadRefusal::Gone),
        UploadState::Open | UploadState::Complete | UploadState::Refused => Ok(()),
    }
}

/// Closes an open upload whoever writes to it, and gives back what it had reserved.
async fn close(tx: &mut Tx, row: &UploadRow) -> Result<bool, StoreError> {
    let Some(fence) = uploads::take_lease(tx, row.id, row.offset, row.leased_until).await? else {
        return Ok(false);
    };
    let is_ended = uploads::close(tx, row.id, fence, UploadState::Ended, "").await?;
    if is_ended {
        uploads::delete_parts_from(tx, row.id, 0).await?;
        release(tx, row.user, row.size_bytes).await?;
    }
    Ok(is_ended)
}

/// Ends an upload whose time is over at an instant, if it still is.
pub(super) async fn expire(
    evidence: &Evidence,
    name: UploadName,
    at: Timestamp,
) -> Result<(), UploadRefusal> {
    let mut tx = evidence.store().begin_write(name.organization).await?;
    let row = uploads::get(&mut tx, name.upload).await?;
    let is_ended = match row.filter(|row| row.expires_at <= at) {
        Some(row) => close(&mut tx, &row).await?,
        None => false,
    };
    tx.commit().await?;
    if is_ended {
        evidence.blobs().delete_upload(name).await?;
    }
    Ok(())
}
