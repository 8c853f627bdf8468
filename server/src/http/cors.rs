//! Which pages of other origins a browser lets read answers. None, unless the operator names them.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE, HEAD";
const REQUEST_HEADERS: &str = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Accept-Language, \
    Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum";
const EXPOSED_HEADERS: &str = "ETag, Location, Retry-After, Campo-Request-Id, Idempotency-Replayed, Upload-Offset, Upload-Length, Upload-Expires";
const PREFLIGHT_SECONDS: &str = "3600";

/// The origin of the page that asks, if it is one of those.
pub fn allowed_origin(request: &ServiceRequest, origins: &[String]) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?;
    let is_allowed = origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
    is_allowed.then(|| origin.clone())
}

/// The answer to a browser that asks whether it may ask.
pub fn answer_preflight(request: &ServiceRequest) -> Option<HttpResponse> {
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    is_preflight.then(|| {
        HttpResponse::NoContent()
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS))
            .finish()
    })
}

/// Lets the page read the answer. Never with cookies: there are none.
pub fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
