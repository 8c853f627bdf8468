//! Begins an upload. Content that the caller's organization has already is complete at once.

use sync_core::ids::{BlobHash, UploadId};
use sync_core::workflow::Role;

use crate::clock::fresh_id;
use crate::evidence::resume_upload::resume_upload;
use crate::evidence::{Evidence, UPLOAD_KEPT_MS, UploadRefusal, UploadStatus, Uploader};
use crate::refusal::FieldProblem;
use crate::store::uploads::{self, UploadRow, UploadState};
use crate::store::{Tx, blobs, storage_use};

/// What is about to be brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUpload {
    pub sha256: BlobHash,
    pub size_bytes: u64,
}

/// Reserves the place of an upload and names it. Asked again, because the answer was lost, it names the same one.
///
/// # Errors
///
/// `TooLarge` and `Quota` before a byte was sent.
pub async fn create_upload(
    evidence: &Evidence,
    uploader: Uploader,
    new: NewUpload,
) -> Result<UploadStatus, UploadRefusal> {
    require_may_bring(uploader.role)?;
    let limits = evidence.limits();
    if new.size_bytes > limits.upload_bytes_max {
        return Err(UploadRefusal::TooLarge);
    }
    if new.size_bytes == 0 {
        return Err(UploadRefusal::Invalid { field: "Upload-Length", problem: FieldProblem::Range });
    }
    let is_here = is_here(evidence, uploader, new).await?;
    let now = evidence.now();
    let row = UploadRow {
        id: UploadId::from_bytes(fresh_id()),
        user: uploader.user,
        device: uploader.device,
        sha256: new.sha256,
        size_bytes: new.size_bytes,
        offset: if is_here { new.size_bytes } else { 0 },
        state: if is_here { UploadState::Complete } else { UploadState::Open },
        refusal: String::new(),
        fence: 0,
        leased_until: now,
        created_at: now,
        expires_at: now.plus_millis(UPLOAD_KEPT_MS),
    };
    let mut tx = evidence.store().begin_write(uploader.organization).await?;
    if !is_here {
        let open = uploads::open_of(&mut tx, uploader.user, new.sha256).await?;
        if let Some(open) = open.filter(|open| open.size_bytes == new.size_bytes && open.expires_at > now) {
            tx.commit().await?;
            // One that has all its bytes and was never checked is checked before it is called complete.
            let is_unchecked = open.offset == open.size_bytes;
            return if is_unchecked {
                resume_upload(evidence, uploader, open.id).await
            } else {
                Ok(UploadStatus::of(&open))
            };
        }
        reserve(&mut tx, evidence, &row).await?;
    }
    uploads::insert(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(UploadStatus::of(&row))
}

fn require_may_bring(role: Role) -> Result<(), UploadRefusal> {
    match role {
        Role::Admin | Role::Dispatcher | Role::Technician => Ok(()),
        Role::Viewer | Role::Customer | Role::System => Err(UploadRefusal::RoleForbidden),
    }
}

/// Whether the caller's own organization has this content, in its rows and in fact. Nobody else's is ever looked at.
async fn is_here(evidence: &Evidence, uploader: Uploader, new: NewUpload) -> Result<bool, UploadRefusal> {
    let mut tx = evidence.store().begin_read(uploader.organization).await?;
    let row = blobs::get(&mut tx, new.sha256).await?;
    tx.commit().await?;
    let is_known = row.is_some_and(|row| row.is_stored && row.size_bytes == new.size_bytes);
    if !is_known {
        return Ok(false);
    }
    let found = evidence.blobs().original_size(uploader.organization, new.sha256).await?;
    if found == Some(new.size_bytes) {
        return Ok(true);
    }
    let mut tx = evidence.store().begin_write(uploader.organization).await?;
    blobs::set_stored(&mut tx, new.sha256, false).await?;
    tx.commit().await?;
    tracing::error!(blob.sha256 = %new.sha256, "the bytes of a stored blob are lost; a device brings them again");
    Ok(false)
}

async fn reserve(tx: &mut Tx, evidence: &Evidence, row: &UploadRow) -> Result<(), UploadRefusal> {
    let limits = evidence.limits();
    let quotas = [
        (row.user, limits.user_quota_bytes),
        (storage_use::WHOLE_ORGANIZATION, limits.organization_quota_bytes),
    ];
    for (user, quota_bytes) in quotas {
        if !storage_use::reserve(tx, user, row.size_bytes, quota_bytes).await? {
            return Err(UploadRefusal::Quota);
        }
    }
    Ok(())
}
