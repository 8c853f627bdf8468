//! `/v1/uploads`: resumable uploads as tus 1.0 describes them. Never holds more than a few pieces of a body in memory.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::{
    CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, HttpDate, LOCATION,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde_json::json;
use sync_core::ids::{BlobHash, UploadId};
use sync_core::time::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::accounts::Principal;
use crate::evidence::append_upload::{Append, Piece, append_upload};
use crate::evidence::blob_store::BlobError;
use crate::evidence::create_upload::{NewUpload, create_upload};
use crate::evidence::end_upload::end_upload;
use crate::evidence::resume_upload::resume_upload;
use crate::evidence::{LEASE_MS, UploadRefusal, UploadStatus, Uploader};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::refusal::{FieldProblem, Refusal};

/// Every path of uploads begins so.
pub const PATH: &str = "/v1/uploads";
const VERSION: &str = "1.0.0";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const UPLOAD_OFFSET: &str = "upload-offset";
const UPLOAD_LENGTH: &str = "upload-length";
const UPLOAD_EXPIRES: &str = "upload-expires";
const UPLOAD_METADATA: &str = "upload-metadata";
const UPLOAD_CHECKSUM: &str = "upload-checksum";
const MEDIA_TYPE: &str = "application/offset+octet-stream";
const METADATA_BYTES_MAX: usize = 4_096;
/// Pieces of a body that wait to be stored.
const PIECES_WAITING_MAX: usize = 16;
/// A body has to come at this rate, once the time of a lease has passed.
const BYTES_PER_S_MIN: f64 = 1_024.0;

/// What every answer about uploads carries.
pub fn add_tus_headers(headers: &mut HeaderMap) {
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(TUS_VERSION, HeaderValue::from_static(VERSION));
}

impl From<UploadRefusal> for Problem {
    fn from(refusal: UploadRefusal) -> Self {
        match refusal {
            UploadRefusal::NotFound => Self::new(Code::NotFound),
            UploadRefusal::RoleForbidden => Self::new(Code::RoleForbidden),
            UploadRefusal::Invalid { field, problem } => Refusal::Invalid { field, problem }.into(),
            UploadRefusal::TooLarge => Self::new(Code::TooLarge),
            UploadRefusal::OffsetMismatch { offset } => {
                Self::with_current(Code::OffsetMismatch, json!({ "offset": offset }))
            }
            UploadRefusal::Gone => Self::new(Code::Gone),
            UploadRefusal::ChecksumMismatch => Self::new(Code::ChecksumMismatch),
            UploadRefusal::UnsupportedType => Self::new(Code::UnsupportedType),
            UploadRefusal::ImageTooBig => Self::new(Code::ImageTooBig),
            UploadRefusal::Stalled => Self::new(Code::SlowRequest),
            UploadRefusal::Quota => Self::new(Code::Quota),
            UploadRefusal::Decoder(cause) => Self::internal(&cause),
            UploadRefusal::Blob(error) => error.into(),
            UploadRefusal::Store(error) => error.into(),
        }
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        let code = match &error {
            BlobError::NotFound => Code::NotFound,
            BlobError::StorageFull => Code::StorageFull,
            BlobError::Unavailable(_) => Code::Overloaded,
        };
        Self::caused(code, &error.to_string())
    }
}

/// What this installation takes; says nothing that `/v1/capabilities` does not.
pub async fn describe_uploads(node: Node) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("tus-extension", "creation,checksum,expiration,termination"))
        .insert_header(("tus-checksum-algorithm", "sha256"))
        .insert_header(("tus-max-size", node.0.evidence.limits().upload_bytes_max.to_string()))
        .finish()
}

pub async fn create_upload_here(
    node: Node,
    principal: Principal,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    require_version(&request)?;
    let new = NewUpload {
        sha256: sha256_of(&request)?,
        size_bytes: number(&request, UPLOAD_LENGTH, "Upload-Length")?,
    };
    let (app, uploader) = (node.0.clone(), uploader_of(&principal));
    let status = node.run(async move { create_upload(&app.evidence, uploader, new).await }).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("{PATH}/{}", status.id)));
    Ok(tell(&mut response, &status).finish())
}

pub async fn get_upload(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    require_version(&request)?;
    let (app, uploader, id) = (node.0.clone(), uploader_of(&principal), upload_of(&path)?);
    let status = node.run(async move { resume_upload(&app.evidence, uploader, id).await }).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((UPLOAD_LENGTH, status.size_bytes.to_string()));
    Ok(tell(&mut response, &status).finish())
}

pub async fn append_to_upload(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    require_version(&request)?;
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if given != Some(MEDIA_TYPE) {
        return Err(Problem::new(Code::UnsupportedType));
    }
    let append = Append {
        upload: upload_of(&path)?,
        offset: number(&request, UPLOAD_OFFSET, "Upload-Offset")?,
        declared_bytes: text(&request, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()),
        checksum: checksum_of(&request)?,
    };
    let (app, uploader) = (node.0.clone(), uploader_of(&principal));
    let (sender, pieces) = mpsc::channel(PIECES_WAITING_MAX);
    let storing = node.run(async move { append_upload(&app.evidence, uploader, append, pieces).await });
    // Storing goes on by itself; when it ends early, nobody reads the rest of the body.
    let mut storing = std::pin::pin!(storing);
    let status = tokio::select! {
        status = &mut storing => status,
        () = pass_on(payload, sender) => storing.await,
    }?;
    Ok(tell(&mut HttpResponse::NoContent(), &status).finish())
}

pub async fn delete_upload(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    require_version(&request)?;
    let (app, uploader, id) = (node.0.clone(), uploader_of(&principal), upload_of(&path)?);
    node.run(async move { end_upload(&app.evidence, uploader, id).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Hands the pieces of a body on as they come. A body that breaks off is one without an end.
async fn pass_on(mut payload: web::Payload, sender: mpsc::Sender<Piece>) {
    let lease = Duration::from_millis(LEASE_MS.unsigned_abs());
    let start = Instant::now();
    let mut received_bytes = 0_usize;
    loop {
        let earned = Duration::from_secs_f64(received_bytes as f64 / BYTES_PER_S_MIN);
        let deadline = (Instant::now() + lease).min(start + lease + earned);
        let piece = match tokio::time::timeout_at(deadline, payload.next()).await {
            Err(_) => Piece::Stalled,
            Ok(None) => Piece::End,
            Ok(Some(Err(_))) => return,
            Ok(Some(Ok(bytes))) => {
                received_bytes += bytes.len();
                Piece::Bytes(bytes)
            }
        };
        let goes_on = matches!(piece, Piece::Bytes(_));
        if sender.send(piece).await.is_err() || !goes_on {
            return;
        }
    }
}

fn uploader_of(principal: &Principal) -> Uploader {
    Uploader {
        organization: principal.organization,
        user: principal.user,
        device: principal.device,
        role: principal.role,
    }
}

fn upload_of(path: &web::Path<String>) -> Result<UploadId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

fn tell<'a>(response: &'a mut HttpResponseBuilder, status: &UploadStatus) -> &'a mut HttpResponseBuilder {
    response
        .insert_header((UPLOAD_OFFSET, status.offset.to_string()))
        .insert_header((UPLOAD_EXPIRES, http_date(status.expires_at)))
}

fn http_date(at: Timestamp) -> HttpDate {
    let since_epoch = Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
    HttpDate::from(UNIX_EPOCH.checked_add(since_epoch).unwrap_or_else(SystemTime::now))
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

fn require_version(request: &HttpRequest) -> Result<(), Problem> {
    match text(request, TUS_RESUMABLE.as_str()) {
        Some(VERSION) => Ok(()),
        Some(_) | None => Err(Problem::new(Code::TusVersion)),
    }
}

fn number(request: &HttpRequest, name: &str, field: &'static str) -> Result<u64, Problem> {
    let value = text(request, name).ok_or(Refusal::invalid(field, FieldProblem::Required))?;
    let digits = (!value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit())).then_some(value);
    let number = digits.and_then(|digits| digits.parse().ok());
    Ok(number.ok_or(Refusal::invalid(field, FieldProblem::Format))?)
}

/// The value of `sha256` in `Upload-Metadata`: 64 hexadecimal digits, in base64 as every value there.
fn sha256_of(request: &HttpRequest) -> Result<BlobHash, Problem> {
    let problem = |problem| Problem::from(Refusal::invalid("Upload-Metadata", problem));
    let metadata = text(request, UPLOAD_METADATA).ok_or_else(|| problem(FieldProblem::Required))?;
    if metadata.len() > METADATA_BYTES_MAX {
        return Err(problem(FieldProblem::TooLong));
    }
    let pairs = metadata.split(',').filter_map(|pair| pair.trim().split_once(' '));
    let value = pairs.filter(|(key, _)| *key == "sha256").map(|(_, value)| value).next();
    let value = value.ok_or_else(|| problem(FieldProblem::Required))?;
    let hash = STANDARD.decode(value.trim()).ok().and_then(|digits| String::from_utf8(digits).ok());
    hash.and_then(|digits| digits.parse().ok()).ok_or_else(|| problem(FieldProblem::Format))
}

/// `Upload-Checksum: sha256 <base64>`, if there is one.
fn checksum_of(request: &HttpRequest) -> Result<Option<BlobHash>, Problem> {
    let Some(value) = text(request, UPLOAD_CHECKSUM) else { return Ok(None) };
    let hash = value.strip_prefix("sha256 ").and_then(|value| STANDARD.decode(value.trim()).ok());
    let hash = hash.and_then(|bytes| BlobHash::from_slice(&bytes));
    let problem = Refusal::invalid("Upload-Checksum", FieldProblem::Format);
    hash.map(Some).ok_or_else(|| problem.into())
}
