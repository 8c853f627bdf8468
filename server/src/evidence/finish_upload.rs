//! Checks an upload that has all its bytes and makes it a blob. Never shows a blob whose hash was not computed from
//! what is stored.

use serde_json::json;
use sync_core::ids::BlobHash;

use crate::audit::{self, AuditEntry, Author};
use crate::evidence::blob_store::{BlobError, UploadName, digest_of};
use crate::evidence::resume_upload::asked;
use crate::evidence::sniff::{self, MediaType};
use crate::evidence::{Evidence, UploadRefusal, UploadStatus, Uploader, make_pictures, release};
use crate::store::blobs::{self, BlobRow, ImageState};
use crate::store::uploads::{self, UploadAdvance, UploadPartRow, UploadRow, UploadState};

/// Turns the parts of an upload into the original of its blob. Doing it again has no further effect.
///
/// `whole` is the hash of everything that was stored, where the caller has computed it already.
///
/// # Errors
///
/// `ChecksumMismatch` takes the upload back to its beginning; a type that is not accepted closes it.
pub(super) async fn finish_upload(
    evidence: &Evidence,
    uploader: Uploader,
    row: &UploadRow,
    whole: Option<BlobHash>,
) -> Result<UploadStatus, UploadRefusal> {
    let name = uploader.name(row.id);
    let media_type = match check(evidence, name, row, whole).await {
        Ok(media_type) => media_type,
        Err(UploadRefusal::ChecksumMismatch) => {
            rewind(evidence, name, row).await?;
            return Err(UploadRefusal::ChecksumMismatch);
        }
        Err(refusal @ (UploadRefusal::UnsupportedType | UploadRefusal::ImageTooBig)) => {
            refuse(evidence, name, row, &refusal).await?;
            return Err(refusal);
        }
        Err(other) => return Err(other),
    };
    fail::fail_point!("upload.after_rename", |_| std::process::abort());
    record(evidence, uploader, row, media_type).await
}

/// Compares the hash, looks at the type, and puts the bytes where the blob's are.
async fn check(
    evidence: &Evidence,
    name: UploadName,
    row: &UploadRow,
    whole: Option<BlobHash>,
) -> Result<MediaType, UploadRefusal> {
    let blobs = evidence.blobs();
    let mut tx = evidence.store().begin_read(name.organization).await?;
    let parts = uploads::parts(&mut tx, row.id).await?;
    tx.commit().await?;
    let digest = match whole {
        Some(whole) => Ok(whole),
        None if is_gapless(&parts, row.size_bytes) => digest_of(blobs.read_parts(name, &parts)).await,
        None => Err(BlobError::NotFound),
    };
    let placed = match digest {
        Ok(digest) if digest == row.sha256 => place(evidence, name, &parts, row).await,
        Ok(_) => Err(UploadRefusal::ChecksumMismatch),
        Err(error) => Err(error.into()),
    };
    match placed {
        Err(UploadRefusal::Blob(BlobError::NotFound)) => check_original(evidence, name, row.sha256).await,
        placed => placed,
    }
}

async fn place(
    evidence: &Evidence,
    name: UploadName,
    parts: &[UploadPartRow],
    row: &UploadRow,
) -> Result<MediaType, UploadRefusal> {
    let blobs = evidence.blobs();
    let media_type = sniff::media_type_of(blobs.read_parts(name, parts)).await?;
    blobs.place(name, parts, row.fence, row.sha256).await?;
    Ok(media_type)
}

/// Another writer, perhaps one that died after the rename, has taken the parts away: then the original is there.
async fn check_original(
    evidence: &Evidence,
    name: UploadName,
    sha256: BlobHash,
) -> Result<MediaType, UploadRefusal> {
    let blobs = evidence.blobs();
    match blobs.original_size(name.organization, sha256).await? {
        Some(_) if blobs.is_whole(name.organization, sha256).await? => {
            Ok(sniff::media_type_of(blobs.read_original(name.organization, sha256).await?).await?)
        }
        Some(_) | None => Err(UploadRefusal::ChecksumMismatch),
    }
}

fn is_gapless(parts: &[UploadPartRow], size_bytes: u64) -> bool {
    let end = parts.iter().try_fold(0, |end, part| (part.start == end).then_some(end + part.size_bytes));
    end == Some(size_bytes)
}

/// Makes the blob known and the upload complete, with the work that follows from it.
async fn record(
    evidence: &Evidence,
    uploader: Uploader,
    row: &UploadRow,
    media_type: MediaType,
) -> Result<UploadStatus, UploadRefusal> {
    let now = evidence.now();
    let blob = BlobRow {
        sha256: row.sha256,
        size_bytes: row.size_bytes,
        media_type: media_type.as_str().to_owned(),
        is_stored: true,
        image_state: ImageState::of(media_type.is_image()),
        user: uploader.user,
        device: uploader.device,
        received_at: now,
    };
    let mut tx = evidence.store().begin_write(uploader.organization).await?;
    if !uploads::close(&mut tx, row.id, row.fence, UploadState::Complete, "").await? {
        let row = asked(uploader.own_upload(&mut tx, row.id).await?, evidence)?;
        return match row.state {
            UploadState::Complete => Ok(UploadStatus::of(&row)),
            UploadState::Open | UploadState::Refused | UploadState::Ended => {
                Err(UploadRefusal::OffsetMismatch { offset: row.offset })
            }
        };
    }
    uploads::delete_parts_from(&mut tx, row.id, 0).await?;
    if blobs::put(&mut tx, &blob).await? {
        let author = Author { user: Some(uploader.user), device: uploader.device };
        let details = json!({ "size_bytes": blob.size_bytes, "media_type": blob.media_type });
        let entry = AuditEntry { action: "blob.store".to_owned(), subject: blob.sha256.to_string(), details };
        audit::append(&mut tx, author, entry, now).await?;
        if media_type.is_image() {
            make_pictures::enqueue(&mut tx, row.sha256, &row.id.to_string(), now).await?;
        }
    } else {
        release(&mut tx, row.user, row.size_bytes).await?;
    }
    tx.commit().await?;
    fail::fail_point!("upload.after_db", |_| std::process::abort());
    remove_parts(evidence, uploader.name(row.id)).await;
    Ok(UploadStatus { offset: row.size_bytes, ..UploadStatus::of(row) })
}

/// Lets the upload begin again: which byte is wrong, nobody knows.
async fn rewind(evidence: &Evidence, name: UploadName, row: &UploadRow) -> Result<(), UploadRefusal> {
    let advance = UploadAdvance {
        id: row.id,
        fence: row.fence,
        offset: 0,
        leased_until: evidence.now(),
        expires_at: row.expires_at,
    };
    let mut tx = evidence.store().begin_write(name.organization).await?;
    let is_ours = uploads::advance(&mut tx, advance).await?;
    if is_ours {
        uploads::delete_parts_from(&mut tx, row.id, 0).await?;
    }
    tx.commit().await?;
    if is_ours {
        remove_parts(evidence, name).await;
    }
    Ok(())
}

/// Closes an upload whose content is not accepted, and keeps nothing of it but the answer.
async fn refuse(
    evidence: &Evidence,
    name: UploadName,
    row: &UploadRow,
    refusal: &UploadRefusal,
) -> Result<(), UploadRefusal> {
    let mut tx = evidence.store().begin_write(name.organization).await?;
    let is_ours =
        uploads::close(&mut tx, row.id, row.fence, UploadState::Refused, refusal.kept_name()).await?;
    if is_ours {
        uploads::delete_parts_from(&mut tx, row.id, 0).await?;
        release(&mut tx, row.user, row.size_bytes).await?;
    }
    tx.commit().await?;
    if is_ours {
        remove_parts(evidence, name).await;
    }
    Ok(())
}

/// What cannot be removed is swept later.
async fn remove_parts(evidence: &Evidence, name: UploadName) {
    if let Err(error) = evidence.blobs().delete_upload(name).await {
        tracing::warn!(%error, "the parts of an upload could not be removed yet");
    }
}
