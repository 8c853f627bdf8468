//! The door of every operation: who comes in and how often, before anything of a body is read. Never decides about one
//! record.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, ETAG, IF_NONE_MATCH};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};

use crate::accounts::{API_TOKEN_PREFIX, Principal, authenticate_api_token};
use crate::app::App;
use crate::http::address::caller_address;
use crate::http::auth::principal_of;
use crate::http::error::{Code, Problem};
use crate::http::idempotency::{IDEMPOTENCY_KEY, once};
use crate::http::node::node_of;
use crate::http::operation::{Access, Operation};
use crate::http::scope::Scope;

/// What one row of the table says about who comes in.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    access: Access,
    scope: Option<Scope>,
    takes_key: bool,
    answers_by_tag: bool,
    /// Asked all the time by machines of the operator.
    is_of_operator: bool,
}

impl Door {
    pub fn of(row: &Operation) -> Self {
        Self {
            access: row.access,
            scope: row.scope,
            takes_key: row.takes_key(),
            answers_by_tag: row.answers_by_tag(),
            is_of_operator: !row.path.starts_with("/v1/"),
        }
    }
}

/// Lets a request in, or answers it.
pub async fn admit(
    door: Door,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if door.is_of_operator {
        return next.call(request).await;
    }
    let (app, principal) = match enter(door, &request).await {
        Ok(entered) => entered,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let Some(principal) = principal else { return next.call(request).await };
    request.extensions_mut().insert(principal.language);
    request.extensions_mut().insert(principal.clone());
    if door.takes_key && request.headers().contains_key(IDEMPOTENCY_KEY) {
        return once(app, principal, request, next).await;
    }
    let response = next.call(request).await?;
    Ok(if door.answers_by_tag { without_what_is_known(response) } else { response })
}

/// Who asks, where the operation has to know; `None` where it finds out itself.
async fn enter(door: Door, request: &ServiceRequest) -> Result<(Arc<App>, Option<Principal>), Problem> {
    let app = Arc::clone(node_of(request.request())?);
    if let Some(address) = caller_address(app.config.trusted_proxies, request.request()) {
        app.traffic.admit_address(address)?;
    }
    match door.access {
        Access::Public | Access::Device => return Ok((app, None)),
        Access::Session | Access::Workers | Access::Office | Access::Admin => {}
    }
    let principal = match api_token_of(request) {
        Some(token) => {
            let (principal, scopes) = authenticate_api_token(&app, token).await?;
            if !door.scope.is_some_and(|scope| scopes.contains(&scope)) {
                return Err(Problem::new(Code::ScopeMissing));
            }
            principal
        }
        None => principal_of(request.request())?,
    };
    app.traffic.admit_caller(*principal.user.as_bytes())?;
    if !door.access.admits(principal.role) {
        return Err(Problem::new(Code::RoleForbidden));
    }
    Ok((app, Some(principal)))
}

fn api_token_of(request: &ServiceRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").filter(|token| token.starts_with(API_TOKEN_PREFIX))
}

/// Nothing instead of a version that the caller has.
fn without_what_is_known(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let known = response.request().headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let tag = response.headers().get(ETAG).and_then(|value| value.to_str().ok());
    let is_known = known.zip(tag).is_some_and(|(known, tag)| {
        known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
    });
    let Some(tag) =
        response.headers().get(ETAG).cloned().filter(|_| is_known && response.status() == StatusCode::OK)
    else {
        return response;
    };
    response.into_response(HttpResponse::NotModified().insert_header((ETAG, tag)).finish())
}
