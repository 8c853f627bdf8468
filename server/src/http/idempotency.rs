//! `Idempotency-Key`: a request that makes something is made once, however often it is sent. Never a key across callers.

use std::sync::Arc;

use actix_web::HttpMessage as _;
use actix_web::body::{BoxBody, MessageBody as _, to_bytes_limited};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LOCATION};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse, rt};
use futures_util::stream;
use sha2::{Digest as _, Sha256};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::http::body::{BodyPace, JSON_BYTES_MAX, check_declared_length, read_body};
use crate::http::error::{Code, Problem};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::idempotency_keys::{self, KeptAnswer, KeyName};
use crate::store::{MadeUnder, StoreError};

pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];
const KEY_LENGTH_MAX: usize = 255;
/// For so long an answer is given again.
pub const KEPT_MS: i64 = 24 * 3_600_000;
/// A request that is not answered for so long went down with its node.
const RUNNING_MS: i64 = 60_000;
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// What a request with a key comes to.
enum Claim {
    /// It is the first one.
    Ours(Timestamp),
    /// It was answered.
    Answered(KeptAnswer),
}

/// Makes a request once; gives the kept answer to the same request, and refuses another one under the same key.
pub async fn once(
    app: Arc<App>,
    principal: Principal,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let claimed = async {
        let key = key_of(&request, &principal)?;
        check_declared_length(request.request(), JSON_BYTES_MAX)?;
        let body = read_body(request.take_payload(), JSON_BYTES_MAX, BodyPace::STANDARD).await?;
        let hash = hash_of(&request, &body);
        request.set_payload(payload_of(body));
        let claim = claim(&app, &principal, &key, &hash).await?;
        Ok::<_, Problem>((key, claim))
    };
    match claimed.await {
        Err(problem) => Ok(request.error_response(problem)),
        Ok((_, Claim::Answered(answer))) => Ok(request.into_response(replay(answer))),
        Ok((key, Claim::Ours(claimed_at))) => {
            // Goes on when the caller goes away: what was made has to be found under its key.
            let made_under = MadeUnder { key: key.clone(), claimed_at };
            let making = rt::spawn(async move {
                let response = made_under.scope(next.call(request)).await?;
                if dies_before_keeping() {
                    return Ok(response);
                }
                keep(&app, &principal, &key, claimed_at, response).await
            });
            making.await.map_err(|error| Error::from(Problem::internal(&error.to_string())))?
        }
    }
}

/// Where tests let a node die between what it made and the answer it keeps.
fn dies_before_keeping() -> bool {
    fail::fail_point!("idempotency.before_keep", |_| true);
    false
}

fn key_of(request: &ServiceRequest, principal: &Principal) -> Result<KeyName, Problem> {
    let invalid = || Problem::from(Refusal::invalid("Idempotency-Key", FieldProblem::Format));
    let value = request.headers().get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok());
    let name = value.map(str::trim).filter(|name| (1..=KEY_LENGTH_MAX).contains(&name.len()));
    Ok(KeyName { principal: *principal.user.as_bytes(), name: name.ok_or_else(invalid)?.to_owned() })
}

fn hash_of(request: &ServiceRequest, body: &[u8]) -> [u8; 32] {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut hash = Sha256::new();
    hash.update(request.method().as_str());
    hash.update([b' ']);
    hash.update(path);
    hash.update([b'\n']);
    hash.update(body);
    hash.finalize().into()
}

fn payload_of(body: Vec<u8>) -> Payload {
    let whole = stream::once(std::future::ready(Ok(Bytes::from(body))));
    Payload::Stream { payload: Box::pin(whole) }
}

async fn claim(app: &App, principal: &Principal, key: &KeyName, hash: &[u8; 32]) -> Result<Claim, Problem> {
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    if idempotency_keys::claim(&mut tx, key, hash, now).await? {
        tx.commit().await?;
        return Ok(Claim::Ours(now));
    }
    let running = || Problem::new(Code::IdempotencyRunning);
    let row = idempotency_keys::get(&mut tx, key).await?.ok_or_else(running)?;
    let age_ms = now.millis_since(row.claimed_at);
    let went_down = row.answer.is_none() && age_ms >= RUNNING_MS;
    if went_down && row.is_made && age_ms < KEPT_MS {
        let is_same = row.request_hash == *hash;
        return Err(Problem::new(if is_same { Code::IdempotencyLost } else { Code::IdempotencyMismatch }));
    }
    if age_ms >= KEPT_MS || went_down {
        let is_ours = idempotency_keys::claim_again(&mut tx, key, row.claimed_at, hash, now).await?;
        tx.commit().await?;
        return if is_ours { Ok(Claim::Ours(now)) } else { Err(running()) };
    }
    if row.request_hash != *hash {
        return Err(Problem::new(Code::IdempotencyMismatch));
    }
    row.answer.map(Claim::Answered).ok_or_else(running)
}

fn replay(answer: KeptAnswer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    let headers: Vec<(String, String)> = serde_json::from_str(&answer.headers).unwrap_or_default();
    for header in headers {
        response.insert_header(header);
    }
    response.insert_header((REPLAYED, HeaderValue::from_static("true"))).body(answer.body)
}

/// Keeps the answer of what was made; what was refused made nothing and may be asked again.
async fn keep(
    app: &App,
    principal: &Principal,
    key: &KeyName,
    claimed_at: Timestamp,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !response.status().is_success() {
        release(app, principal, key, claimed_at).await;
        return Ok(response);
    }
    let (status, headers) = (response.status().as_u16(), headers_text(response.headers()));
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes_limited(body, ANSWER_BYTES_MAX).await;
    let body = body.map_err(|_| Error::from(Problem::internal("an answer is too large to be kept")))??;
    let answer = KeptAnswer { status, headers, body: body.to_vec() };
    let keeping = async {
        let mut tx = app.store.begin_write(principal.organization).await?;
        idempotency_keys::keep(&mut tx, key, claimed_at, &answer).await?;
        tx.commit().await
    };
    log_failure(keeping.await);
    Ok(ServiceResponse::new(request, response.set_body(body.boxed())))
}

async fn release(app: &App, principal: &Principal, key: &KeyName, claimed_at: Timestamp) {
    let releasing = async {
        let mut tx = app.store.begin_write(principal.organization).await?;
        idempotency_keys::release(&mut tx, key, claimed_at).await?;
        tx.commit().await
    };
    log_failure(releasing.await);
}

/// The request itself is done or refused by now; its key is free again after a minute.
fn log_failure(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "the answer to a request with a key could not be kept");
    }
}

fn headers_text(headers: &HeaderMap) -> String {
    let kept =
        KEPT_HEADERS.iter().filter_map(|name| Some((name.as_str(), headers.get(name)?.to_str().ok()?)));
    serde_json::to_string(&kept.collect::<Vec<_>>()).unwrap_or_default()
}
