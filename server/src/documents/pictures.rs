//! Fetches the pictures of a document from where blobs are kept. What has not arrived is on its way, never an error.

use campo_documents::data::{Drawing, Pictures};
use sync_core::evidence::strokes::Point;
use sync_core::ids::{BlobHash, OrganizationId};

use crate::app::App;
use crate::documents::gather_order::Gathered;
use crate::evidence::blob_store::{BlobError, Derivative};
use crate::evidence::read_drawing::strokes_of;
use crate::evidence::read_photo::arrived;
use crate::store::StoreError;
use crate::store::blobs::ImageState;

/// Fetches what the document refers to and marks what is not there.
pub async fn fetch(
    app: &App,
    organization: OrganizationId,
    gathered: &mut Gathered,
) -> Result<Pictures, StoreError> {
    let mut pictures = Pictures::new();
    for (name, hash) in &gathered.pictures {
        if let Some(bytes) = screen_size(app, organization, *hash).await? {
            pictures.insert(name.clone(), bytes);
        }
    }
    for (index, hash) in &gathered.strokes {
        let drawing = strokes(app, organization, *hash).await?.unwrap_or(Drawing::OnItsWay);
        gathered.document.signatures[*index].drawing = Some(drawing);
    }
    mark_missing(gathered, &pictures);
    Ok(pictures)
}

fn mark_missing(gathered: &mut Gathered, pictures: &Pictures) {
    let document = &mut gathered.document;
    let is_missing = |name: &String| !pictures.contains_key(name);
    if document.organization.logo.as_ref().is_some_and(is_missing) {
        document.organization.logo = None;
    }
    for photo in &mut document.photos {
        if photo.picture.as_ref().is_some_and(is_missing) {
            photo.picture = None;
        }
    }
}

/// The bytes of a blob at the size of a screen; nothing while there is none.
async fn screen_size(
    app: &App,
    organization: OrganizationId,
    hash: BlobHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = arrived(&app.evidence, organization, hash).await?;
    if row.is_none_or(|row| row.image_state != ImageState::Ready) {
        return Ok(None);
    }
    let bytes = app.evidence.blobs().read_derivative(organization, hash, Derivative::Screen).await;
    Ok(readable(bytes.map(|bytes| bytes.to_vec())))
}

/// What was drawn on the pad; nothing while it has not arrived.
async fn strokes(
    app: &App,
    organization: OrganizationId,
    hash: BlobHash,
) -> Result<Option<Drawing>, StoreError> {
    let Some(row) = arrived(&app.evidence, organization, hash).await? else { return Ok(None) };
    let drawn = readable(strokes_of(&app.evidence, organization, &row).await).flatten();
    Ok(drawn
        .map(|drawn| Drawing::Strokes { strokes: drawn.strokes.iter().map(|stroke| line(stroke)).collect() }))
}

/// The pad has at most 10,000 units on a side: exact as `f32`.
fn line(stroke: &[Point]) -> Vec<(f32, f32)> {
    stroke.iter().map(|(x, y, ..)| (*x as f32, *y as f32)).collect()
}

fn readable<T>(bytes: Result<T, BlobError>) -> Option<T> {
    bytes.inspect_err(|error| tracing::warn!(%error, "a picture of a document cannot be read")).ok()
}
