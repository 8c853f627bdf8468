//! What every request and answer share: a request id, the language, the log line, the figures. Never reads a body.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt as _;

use crate::http::cors;
use crate::http::error::{Code, Problem};
use crate::http::node::NodeSlot;
use crate::http::uploads;
use crate::messages::Language;

const REQUEST_ID: HeaderName = HeaderName::from_static("campo-request-id");

/// Wraps every request.
pub async fn envelope(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let request_id = uuid::Uuid::new_v4().simple().to_string();
    let origin = origin_of(&request);
    let preflight = origin.as_ref().and_then(|_| cors::answer_preflight(&request));
    let (response, problem) = if let Some(preflight) = preflight {
        (request.into_response(preflight), None)
    } else if is_encoded(&request) {
        let problem = Problem::new(Code::UnsupportedEncoding);
        (request.into_response(problem.render(Language::English, "")), Some(problem))
    } else {
        let response = answer(request, next, &request_id).await?;
        let problem = response.response().error().and_then(problem_of);
        (response, problem)
    };
    let mut response = finish(response, problem, &request_id, started);
    if let Some(origin) = origin {
        cors::allow(response.headers_mut(), origin);
    }
    Ok(response)
}

/// The origin of a page that may read the answer.
fn origin_of(request: &ServiceRequest) -> Option<HeaderValue> {
    let slot = request.app_data::<web::Data<NodeSlot>>()?;
    cors::allowed_origin(request, &slot.get()?.config.cors_origins)
}

/// Lets the handler answer; one that panics costs its caller a 500 and nobody else anything.
async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    request_id: &str,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let answering = async {
        fail::fail_point!(&format!("http.handler{}", request.path()));
        next.call(request).await
    };
    match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(answered) => Ok(answered?.map_into_boxed_body()),
        Err(_) => {
            tracing::error!(request.id = request_id, "a handler panicked");
            Err(Panicked { request_id: request_id.to_owned() }.into())
        }
    }
}

/// The request went down with its handler; only its id is left for the answer.
#[derive(Debug)]
struct Panicked {
    request_id: String,
}

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a handler panicked")
    }
}

impl ResponseError for Panicked {
    fn error_response(&self) -> HttpResponse {
        Problem::new(Code::Internal).render(Language::default(), &self.request_id)
    }
}

fn is_encoded(request: &ServiceRequest) -> bool {
    request
        .headers()
        .get(CONTENT_ENCODING)
        .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn problem_of(error: &Error) -> Option<Problem> {
    error.as_error::<Problem>().cloned()
}

/// Renders a problem in the caller's language, then logs and counts the answer.
fn finish(
    response: ServiceResponse,
    problem: Option<Problem>,
    request_id: &str,
    started: Instant,
) -> ServiceResponse {
    let mut response = match &problem {
        None => response,
        Some(problem) => {
            let (request, refused) = response.into_parts();
            let mut rendered = problem.render(language_of(&request), request_id);
            if let Some(allowed) = refused.headers().get(ALLOW) {
                rendered.headers_mut().insert(ALLOW, allowed.clone());
            }
            ServiceResponse::new(request, rendered)
        }
    };
    let is_of_uploads = response.request().path().starts_with(uploads::PATH);
    let headers = response.headers_mut();
    if is_of_uploads {
        uploads::add_tus_headers(headers);
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    record(&response, problem.as_ref(), request_id, started);
    response
}

fn language_of(request: &HttpRequest) -> Language {
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted
        .and_then(Language::negotiate)
        .or_else(|| request.extensions().get::<Language>().copied())
        .unwrap_or_default()
}

/// One line and one count per answer; the path is the pattern of the route, so that no identifier is a label.
fn record(response: &ServiceResponse, problem: Option<&Problem>, request_id: &str, started: Instant) {
    let request = response.request();
    let route = request.match_pattern().unwrap_or_else(|| "unknown".to_owned());
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    if let Some(app) = request.app_data::<web::Data<NodeSlot>>().and_then(|slot| slot.get()) {
        app.metrics.requests.with_label_values(&[route.as_str(), &status.to_string()]).inc();
        app.metrics.request_seconds.with_label_values(&[route.as_str()]).observe(elapsed.as_secs_f64());
    }
    let method = request.method().as_str();
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let code = problem.map_or("", |problem| problem.code().as_str());
    let cause = problem.and_then(Problem::cause).unwrap_or_default();
    if status >= 500 {
        tracing::error!(
            request.id = request_id,
            method,
            route,
            status,
            elapsed_ms,
            code,
            cause,
            "request failed"
        );
    } else {
        tracing::info!(request.id = request_id, method, route, status, elapsed_ms, code, "request answered");
    }
}
