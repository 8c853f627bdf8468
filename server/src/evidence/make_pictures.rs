//! Makes the smaller pictures of a photo that has arrived. A photo that cannot be decoded keeps its original.

use sync_core::ids::{BlobHash, OrganizationId};
use sync_core::time::Timestamp;

use crate::evidence::blob_store::Derivative;
use crate::evidence::image_process::ImageProcessError;
use crate::evidence::image_worker::Pictures;
use crate::evidence::{Evidence, UploadRefusal};
use crate::jobs::{self, Job};
use crate::store::blobs::{self, ImageState};
use crate::store::{StoreError, Tx};

/// Makes and stores the pictures of one blob. Doing it again has no further effect.
///
/// # Errors
///
/// When the decoder could not be run or something could not be read or stored; another attempt may succeed.
pub async fn make_pictures(
    evidence: &Evidence,
    organization: OrganizationId,
    sha256: BlobHash,
) -> Result<(), UploadRefusal> {
    let mut tx = evidence.store().begin_read(organization).await?;
    let row = blobs::get(&mut tx, sha256).await?;
    tx.commit().await?;
    let Some(row) = row.filter(|row| row.is_stored && row.image_state == ImageState::Pending) else {
        return Ok(());
    };
    let original = evidence.blobs().read_original(organization, sha256).await?;
    let made = evidence.images().pictures_of(row.size_bytes, original).await;
    let state = match made {
        Ok(Some(pictures)) => {
            store_pictures(evidence, organization, sha256, pictures).await?;
            ImageState::Ready
        }
        Ok(None) => {
            tracing::warn!(blob.sha256 = %sha256, "a photo cannot be decoded; its original is kept");
            ImageState::Unprocessable
        }
        Err(ImageProcessError::Blob(error)) => return Err(error.into()),
        Err(error @ (ImageProcessError::CannotRun(_) | ImageProcessError::TookTooLong)) => {
            return Err(UploadRefusal::Decoder(error.to_string().into()));
        }
    };
    let mut tx = evidence.store().begin_write(organization).await?;
    blobs::set_image_state(&mut tx, sha256, state).await?;
    tx.commit().await?;
    Ok(())
}

/// Has the pictures of a blob made once the transaction is committed.
pub(super) async fn enqueue(
    tx: &mut Tx,
    sha256: BlobHash,
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let job = Job::MakePictures { organization: tx.organization(), sha256 };
    jobs::enqueue(tx, &job, cause, now).await
}

async fn store_pictures(
    evidence: &Evidence,
    organization: OrganizationId,
    sha256: BlobHash,
    pictures: Pictures,
) -> Result<(), UploadRefusal> {
    let Pictures { thumbnail, screen } = pictures;
    for (derivative, bytes) in [(Derivative::Thumbnail, thumbnail), (Derivative::Screen, screen)] {
        evidence.blobs().put_derivative(organization, sha256, derivative, bytes).await?;
    }
    Ok(())
}
