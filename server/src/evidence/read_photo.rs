//! Finds a photo of an order for somebody who sees that order. Never the original for those who only look on.

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use sync_core::ids::{BlobHash, EntryId, OrderId, OrganizationId};
use sync_core::workflow::Role;

use crate::evidence::Evidence;
use crate::evidence::blob_store::{BlobError, Derivative};
use crate::orders::order_view::PhotoState;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::store::StoreError;
use crate::store::blobs::{self, BlobRow, ImageState};
use crate::sync::Orders;

/// The photo that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoName {
    pub order: OrderId,
    pub photo: EntryId,
}

/// What there is to see.
pub enum FoundPhoto {
    /// Its bytes.
    Here(PhotoBytes),
    /// They have not arrived, or no smaller picture was made yet.
    NotYet(PhotoState),
    /// They are here, but no picture can be made of them.
    NoPicture,
}

/// The bytes of a photo as they come.
pub struct PhotoBytes {
    /// Names them; other bytes have another.
    pub tag: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub bytes: BoxStream<'static, Result<Bytes, BlobError>>,
}

/// Why a photo is not shown.
#[derive(Debug, thiserror::Error)]
pub enum PhotoRefusal {
    #[error(transparent)]
    Order(#[from] OrderRefusal),
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// The photo as the phone sent it, or a picture made of it.
///
/// # Errors
///
/// `NotFound` for every photo of an order that the caller does not see.
pub async fn read_photo(
    orders: &Orders,
    evidence: &Evidence,
    caller: Caller,
    name: PhotoName,
    derivative: Option<Derivative>,
) -> Result<FoundPhoto, PhotoRefusal> {
    let view = read_order(orders, caller, name.order).await?;
    let sha256 = view.photos.get(&name.photo).ok_or(OrderRefusal::NotFound)?.photo.sha256;
    if derivative.is_none() && !sees_originals(caller.role) {
        return Err(OrderRefusal::RoleForbidden.into());
    }
    let row = arrived(evidence, caller.organization, sha256).await.map_err(OrderRefusal::from)?;
    let Some(row) = row else { return Ok(FoundPhoto::NotYet(PhotoState::OnItsWay)) };
    match derivative {
        None => original(evidence, caller.organization, row).await,
        Some(derivative) => picture(evidence, caller, sha256, row.image_state, derivative).await,
    }
}

/// A file that a record refers to, as it was uploaded.
///
/// # Errors
///
/// When its bytes cannot be read.
pub async fn read_file(
    evidence: &Evidence,
    organization: OrganizationId,
    sha256: BlobHash,
) -> Result<FoundPhoto, PhotoRefusal> {
    let row = arrived(evidence, organization, sha256).await.map_err(OrderRefusal::from)?;
    match row {
        Some(row) => original(evidence, organization, row).await,
        None => Ok(FoundPhoto::NotYet(PhotoState::OnItsWay)),
    }
}

/// The row of a blob whose bytes are here.
pub(crate) async fn arrived(
    evidence: &Evidence,
    organization: OrganizationId,
    sha256: BlobHash,
) -> Result<Option<BlobRow>, StoreError> {
    let mut tx = evidence.store().begin_read(organization).await?;
    let row = blobs::get(&mut tx, sha256).await?;
    tx.commit().await?;
    Ok(row.filter(|row| row.is_stored))
}

/// Those who record evidence or decide about it.
pub(super) const fn sees_originals(role: Role) -> bool {
    match role {
        Role::Admin | Role::Dispatcher | Role::Technician | Role::System => true,
        Role::Viewer | Role::Customer => false,
    }
}

pub(super) async fn original(
    evidence: &Evidence,
    organization: OrganizationId,
    row: BlobRow,
) -> Result<FoundPhoto, PhotoRefusal> {
    let bytes = evidence.blobs().read_original(organization, row.sha256).await?;
    Ok(FoundPhoto::Here(PhotoBytes {
        tag: row.sha256.to_string(),
        media_type: row.media_type,
        size_bytes: row.size_bytes,
        bytes,
    }))
}

async fn picture(
    evidence: &Evidence,
    caller: Caller,
    sha256: BlobHash,
    state: ImageState,
    derivative: Derivative,
) -> Result<FoundPhoto, PhotoRefusal> {
    match state {
        ImageState::Pending => return Ok(FoundPhoto::NotYet(PhotoState::Stored)),
        ImageState::None | ImageState::Unprocessable => return Ok(FoundPhoto::NoPicture),
        ImageState::Ready => {}
    }
    let picture = evidence.blobs().read_derivative(caller.organization, sha256, derivative).await?;
    Ok(FoundPhoto::Here(PhotoBytes {
        tag: format!("{sha256}-{}", derivative.as_str()),
        media_type: "image/jpeg".to_owned(),
        size_bytes: u64::try_from(picture.len()).expect("a picture fits in memory"),
        bytes: stream::once(async move { Ok(picture) }.boxed()).boxed(),
    }))
}
