//! Finds the drawing of a signature for somebody who sees the order: its strokes as data, or drawn. Never runs anything.

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use sync_core::evidence::strokes::Strokes;
use sync_core::ids::{BlobHash, EntryId, OrderId, OrganizationId};

use crate::evidence::Evidence;
use crate::evidence::blob_store::BlobError;
use crate::evidence::read_photo::{FoundPhoto, PhotoBytes, PhotoRefusal, arrived, original, sees_originals};
use crate::evidence::sniff::MediaType;
use crate::orders::order_view::PhotoState;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::store::blobs::BlobRow;
use crate::sync::Orders;

/// No drawing within the limits of strokes is longer.
const STROKES_BYTES_MAX: u64 = 1024 * 1024;

/// How a drawing is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawingForm {
    /// The points with time and pressure, as the phone sent them.
    Strokes,
    /// Lines, as SVG made of nothing but the points.
    Picture,
}

/// The drawing of a signature.
///
/// # Errors
///
/// `NotFound` for an order that the caller does not see, and for a signature without a drawing.
pub async fn read_drawing(
    orders: &Orders,
    evidence: &Evidence,
    caller: Caller,
    (order, signature): (OrderId, EntryId),
    form: DrawingForm,
) -> Result<FoundPhoto, PhotoRefusal> {
    let view = read_order(orders, caller, order).await?;
    let drawn = view.signatures.get(&signature).and_then(|signature| signature.strokes);
    let sha256 = drawn.ok_or(OrderRefusal::NotFound)?;
    if form == DrawingForm::Strokes && !sees_originals(caller.role) {
        return Err(OrderRefusal::RoleForbidden.into());
    }
    let row = arrived(evidence, caller.organization, sha256).await.map_err(OrderRefusal::from)?;
    let Some(row) = row else { return Ok(FoundPhoto::NotYet(PhotoState::OnItsWay)) };
    match form {
        DrawingForm::Strokes => original(evidence, caller.organization, row).await,
        DrawingForm::Picture => Ok(strokes_of(evidence, caller.organization, &row)
            .await?
            .map_or(FoundPhoto::NoPicture, |strokes| picture(sha256, &strokes))),
    }
}

/// What was drawn, of a blob that has arrived; `None` when it is no drawing.
pub async fn strokes_of(
    evidence: &Evidence,
    organization: OrganizationId,
    row: &BlobRow,
) -> Result<Option<Strokes>, BlobError> {
    if row.media_type != MediaType::Strokes.as_str() || row.size_bytes > STROKES_BYTES_MAX {
        return Ok(None);
    }
    let bytes = whole(evidence.blobs().read_original(organization, row.sha256).await?).await?;
    Ok(Strokes::parse(&bytes).ok())
}

/// All bytes of a stream; only for what is known to be small.
pub async fn whole(mut runs: BoxStream<'static, Result<Bytes, BlobError>>) -> Result<Vec<u8>, BlobError> {
    let mut bytes = Vec::new();
    while let Some(run) = runs.try_next().await? {
        bytes.extend_from_slice(&run);
    }
    Ok(bytes)
}

fn picture(sha256: BlobHash, strokes: &Strokes) -> FoundPhoto {
    let svg = Bytes::from(strokes.to_svg());
    FoundPhoto::Here(PhotoBytes {
        tag: format!("{sha256}-drawing"),
        media_type: "image/svg+xml".to_owned(),
        size_bytes: u64::try_from(svg.len()).expect("a drawing fits in memory"),
        bytes: stream::once(async move { Ok(svg) }.boxed()).boxed(),
    })
}
