//! Removes the bytes of a file whose person was erased. Never one that something else still refers to.

use sync_core::ids::{BlobHash, OrganizationId};

use crate::evidence::{Evidence, UploadRefusal};
use crate::reference::{PrescriptionFields, ReferenceFields as _};
use crate::store::{Result, Tx, blobs, order_blobs, organizations, records};

/// Removes a blob with the pictures made of it; one that is gone already is no failure.
///
/// # Errors
///
/// When the database or the place of the blobs fails; the next attempt goes on.
pub async fn erase_blob(
    evidence: &Evidence,
    organization: OrganizationId,
    sha256: BlobHash,
) -> std::result::Result<(), UploadRefusal> {
    let mut tx = evidence.store().begin_write(organization).await?;
    if is_referred(&mut tx, sha256).await? {
        return Ok(());
    }
    blobs::delete(&mut tx, sha256).await?;
    tx.commit().await?;
    Ok(evidence.blobs().delete_original(organization, sha256).await?)
}

async fn is_referred(tx: &mut Tx, sha256: BlobHash) -> Result<bool> {
    let name = sha256.to_string();
    let is_logo = organizations::get(tx).await?.is_some_and(|profile| profile.logo == name);
    Ok(is_logo
        || order_blobs::is_referred(tx, sha256).await?
        || records::is_any_about(tx, PrescriptionFields::KIND, &name).await?)
}
