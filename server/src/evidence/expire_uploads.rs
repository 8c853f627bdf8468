//! Ends uploads that nobody continued in time. Never one that moved within the term.

use sync_core::time::Timestamp;

use crate::evidence::blob_store::UploadName;
use crate::evidence::{DAY_MS, Evidence, UploadRefusal, end_upload};
use crate::store::uploads;

const UPLOADS_AT_ONCE: i64 = 200;
/// How long after its end an upload is still known to be over instead of unknown.
const KEEP_ENDED_MS: i64 = 60 * DAY_MS;

/// Ends every upload whose time is over and forgets those that were over long ago.
///
/// # Errors
///
/// When the database or the place of the blobs fails; the next run goes on.
pub async fn expire_uploads(evidence: &Evidence) -> Result<(), UploadRefusal> {
    let now = evidence.now();
    end_expired_at(evidence, now).await?;
    let mut tx = evidence.store().begin_system_write().await?;
    uploads::delete_over_before(&mut tx, now.plus_millis(-KEEP_ENDED_MS)).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends every open upload, when their pieces are lost: devices begin again from the file.
///
/// # Errors
///
/// When the database or the place of the blobs fails.
pub async fn end_every_upload(evidence: &Evidence) -> Result<(), UploadRefusal> {
    end_expired_at(evidence, Timestamp(i64::MAX)).await
}

async fn end_expired_at(evidence: &Evidence, at: Timestamp) -> Result<(), UploadRefusal> {
    loop {
        let mut tx = evidence.store().begin_system_read().await?;
        let expired = uploads::list_expired(&mut tx, at, UPLOADS_AT_ONCE).await?;
        tx.commit().await?;
        if expired.is_empty() {
            return Ok(());
        }
        for (organization, upload) in expired {
            end_upload::expire(evidence, UploadName { organization, upload }, at).await?;
        }
    }
}
