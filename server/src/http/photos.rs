//! `/v1/orders/{order}/photos/{photo}`: a photo and the pictures made of it; also the drawing of a signature. Nothing
//! served here runs in a browser.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde_json::json;

use crate::accounts::Principal;
use crate::evidence::blob_store::Derivative;
use crate::evidence::read_drawing::{DrawingForm, read_drawing};
use crate::evidence::read_photo::{FoundPhoto, PhotoBytes, PhotoName, PhotoRefusal, read_photo};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::orders::Caller;
use crate::orders::order_view::PhotoState;

/// Shown instead of a picture that cannot be made.
const NO_PICTURE: &[u8] = include_bytes!("no_picture.png");
/// Asked again each time: who may see an order changes.
const CACHING: &str = "private, no-cache";
const SECURITY_POLICY: &str = "default-src 'none'; sandbox";

impl From<PhotoRefusal> for Problem {
    fn from(refusal: PhotoRefusal) -> Self {
        match refusal {
            PhotoRefusal::Order(refusal) => refusal.into(),
            PhotoRefusal::Blob(error) => error.into(),
        }
    }
}

type PhotoPath = web::Path<(String, String)>;

pub async fn get_photo(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: PhotoPath,
) -> Result<HttpResponse, Problem> {
    answer(node, principal, &request, path, None).await
}

pub async fn get_thumbnail(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: PhotoPath,
) -> Result<HttpResponse, Problem> {
    answer(node, principal, &request, path, Some(Derivative::Thumbnail)).await
}

pub async fn get_screen(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: PhotoPath,
) -> Result<HttpResponse, Problem> {
    answer(node, principal, &request, path, Some(Derivative::Screen)).await
}

pub async fn get_strokes(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: PhotoPath,
) -> Result<HttpResponse, Problem> {
    draw(node, principal, &request, path, DrawingForm::Strokes).await
}

pub async fn get_drawing(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: PhotoPath,
) -> Result<HttpResponse, Problem> {
    draw(node, principal, &request, path, DrawingForm::Picture).await
}

async fn draw(
    node: Node,
    principal: Principal,
    request: &HttpRequest,
    path: PhotoPath,
    form: DrawingForm,
) -> Result<HttpResponse, Problem> {
    let (order, signature) = path.into_inner();
    let unknown = |_| Problem::new(Code::NotFound);
    let name = (order.parse().map_err(unknown)?, signature.parse().map_err(unknown)?);
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let reading = async move { read_drawing(&app.orders, &app.evidence, caller, name, form).await };
    show(request, node.run(reading).await?, form == DrawingForm::Strokes)
}

async fn answer(
    node: Node,
    principal: Principal,
    request: &HttpRequest,
    path: PhotoPath,
    derivative: Option<Derivative>,
) -> Result<HttpResponse, Problem> {
    let (order, photo) = path.into_inner();
    let unknown = |_| Problem::new(Code::NotFound);
    let name = PhotoName { order: order.parse().map_err(unknown)?, photo: photo.parse().map_err(unknown)? };
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let reading = async move { read_photo(&app.orders, &app.evidence, caller, name, derivative).await };
    show(request, node.run(reading).await?, derivative.is_none())
}

pub(super) fn show(
    request: &HttpRequest,
    found: FoundPhoto,
    is_original: bool,
) -> Result<HttpResponse, Problem> {
    match found {
        FoundPhoto::Here(photo) => Ok(serve(request, photo, is_original)),
        FoundPhoto::NotYet(state) => Err(not_yet(state)),
        FoundPhoto::NoPicture => {
            let mut response = harmless(HttpResponse::Ok(), "image/png", "inline");
            response.insert_header((CACHE_CONTROL, CACHING));
            Ok(response.insert_header(("campo-photo-state", "unprocessable")).body(NO_PICTURE))
        }
    }
}

/// Why there is nothing yet, in the words of the order's view.
fn not_yet(state: PhotoState) -> Problem {
    let problem = Problem::with_current(Code::NotFound, json!({ "state": state }));
    match state {
        PhotoState::OnItsWay => problem.saying("photo-on-its-way"),
        PhotoState::Stored | PhotoState::Unprocessable => problem,
    }
}

fn serve(request: &HttpRequest, photo: PhotoBytes, is_original: bool) -> HttpResponse {
    let PhotoBytes { tag, media_type, size_bytes, bytes } = photo;
    let tag = format!("\"{tag}\"");
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let disposition = if is_original { "attachment" } else { "inline" };
    let mut response = harmless(HttpResponse::build(status), &media_type, disposition);
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, CACHING));
    if is_known {
        return response.finish();
    }
    response.no_chunking(size_bytes).streaming(bytes)
}

/// Whatever the bytes are, a browser shows or saves them and does nothing else.
fn harmless(mut response: HttpResponseBuilder, media_type: &str, disposition: &str) -> HttpResponseBuilder {
    let ending = media_type.rsplit('/').next().unwrap_or_default().split('+').next().unwrap_or_default();
    response
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("{disposition}; filename=\"photo.{ending}\"")))
        .insert_header((CONTENT_SECURITY_POLICY, SECURITY_POLICY));
    response
}
