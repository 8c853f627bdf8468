//! Says where an upload stands, and takes it from a writer that may hang: what it sends from then on is not stored.

use std::time::{Duration, Instant};

use sync_core::ids::UploadId;

use crate::evidence::finish_upload::finish_upload;
use crate::evidence::{Evidence, UploadRefusal, UploadStatus, Uploader};
use crate::store::uploads::{self, UploadRow, UploadState};

/// A writer whose connection has just broken is saving what came; it lets the upload go by itself.
const SAVING_TIME_MAX: Duration = Duration::from_millis(400);
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// The upload as it stands once nobody else writes to it.
///
/// One that has all its bytes and was interrupted while they were checked is finished first.
///
/// # Errors
///
/// `Gone` when it ended or its time is over; the refusal of its content, when that was refused.
pub async fn resume_upload(
    evidence: &Evidence,
    uploader: Uploader,
    id: UploadId,
) -> Result<UploadStatus, UploadRefusal> {
    let row = take_over(evidence, uploader, id).await?;
    if row.state == UploadState::Open && row.offset == row.size_bytes {
        return finish_upload(evidence, uploader, &row, None).await;
    }
    Ok(UploadStatus::of(&row))
}

async fn take_over(
    evidence: &Evidence,
    uploader: Uploader,
    id: UploadId,
) -> Result<UploadRow, UploadRefusal> {
    let mut row = look(evidence, uploader, id).await?;
    let patience = Instant::now() + SAVING_TIME_MAX;
    while is_held(&row, evidence) && Instant::now() < patience {
        tokio::time::sleep(LOOK_EVERY).await;
        row = look(evidence, uploader, id).await?;
    }
    let is_whole = row.offset == row.size_bytes;
    if row.state == UploadState::Complete || !(is_held(&row, evidence) || is_whole) {
        return Ok(row);
    }
    let mut tx = evidence.store().begin_write(uploader.organization).await?;
    let row = asked(uploader.own_upload(&mut tx, id).await?, evidence)?;
    let fence = uploads::take_lease(&mut tx, id, row.offset, evidence.now()).await?;
    tx.commit().await?;
    Ok(UploadRow { fence: fence.unwrap_or(row.fence), ..row })
}

async fn look(evidence: &Evidence, uploader: Uploader, id: UploadId) -> Result<UploadRow, UploadRefusal> {
    let mut tx = evidence.store().begin_read(uploader.organization).await?;
    let row = uploader.own_upload(&mut tx, id).await?;
    tx.commit().await?;
    asked(row, evidence)
}

fn is_held(row: &UploadRow, evidence: &Evidence) -> bool {
    row.state == UploadState::Open && row.leased_until > evidence.now()
}

/// The upload, unless it is over.
pub(super) fn asked(row: UploadRow, evidence: &Evidence) -> Result<UploadRow, UploadRefusal> {
    match row.state {
        UploadState::Complete => Ok(row),
        UploadState::Refused => Err(UploadRefusal::kept(&row.refusal)),
        UploadState::Ended => Err(UploadRefusal::Gone),
        UploadState::Open if row.expires_at <= evidence.now() => Err(UploadRefusal::Gone),
        UploadState::Open => Ok(row),
    }
}
