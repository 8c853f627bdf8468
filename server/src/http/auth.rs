//! Who sent a request: from its access token, or from its device seal. Never decides what they may do.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sync_core::ids::OrganizationId;

use crate::accounts::device_seal::{Seal, SealedRequest};
use crate::accounts::{Depositor, Principal, authenticate, identify_depositor};
use crate::app::App;
use crate::http::error::{Code, Problem};
use crate::http::node::{Node, node_of};
use crate::refusal::Refusal;

const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 16..=64;

impl FromRequest for Principal {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(known.map_or_else(|| principal_of(request), Ok))
    }
}

/// The caller by access token; remembers their language for the sentences of the answer.
pub fn principal_of(request: &HttpRequest) -> Result<Principal, Problem> {
    let app = node_of(request)?;
    let value = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or_else(|| Problem::new(Code::TokenInvalid))?;
    let principal = authenticate(app, token)?;
    request.extensions_mut().insert(principal.language);
    Ok(principal)
}

/// Somebody with a session, or somebody who may only leave work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Session(Principal),
    Deposit(Depositor),
}

/// The caller of a request that may also be a deposit: without a valid token, the seal of a known device is enough.
///
/// An expired token is not a deposit: the device refreshes it first.
pub async fn session_or_deposit(node: &Node, request: &HttpRequest, body: &[u8]) -> Result<Caller, Problem> {
    let refused = match principal_of(request) {
        Ok(principal) => return Ok(Caller::Session(principal)),
        Err(problem) if matches!(problem.code(), Code::TokenInvalid | Code::SessionRevoked) => problem,
        Err(problem) => return Err(problem),
    };
    let Some(seal) = seal_of(request)? else { return Err(refused) };
    let sealable = SealableRequest::new(request, body.to_vec());
    match identify_depositor(&node.0, sealable.to_sealed(&node.0), &seal).await {
        Ok(depositor) => Ok(Caller::Deposit(depositor)),
        Err(Refusal::TokenInvalid) => Err(refused),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The parts of a request that a device seals, kept for an operation that outlives the request.
pub struct SealableRequest {
    method: String,
    path: String,
    body: Vec<u8>,
}

impl SealableRequest {
    pub fn new(request: &HttpRequest, body: Vec<u8>) -> Self {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        Self { method: request.method().to_string(), path: path.to_owned(), body }
    }

    /// The organization is filled in by whoever checks the seal.
    pub fn to_sealed<'a>(&'a self, app: &'a App) -> SealedRequest<'a> {
        SealedRequest {
            method: &self.method,
            path: &self.path,
            server_id: &app.server_id,
            organization: OrganizationId::from_bytes([0; 16]),
            body: &self.body,
        }
    }
}

/// The device seal in a request's headers; `None` when there is none, refused when it is damaged.
pub fn seal_of(request: &HttpRequest) -> Result<Option<Seal>, Problem> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header("campo-signature").is_none() {
        return Ok(None);
    }
    let seal = || {
        Some(Seal {
            device: header("campo-device")?.parse().ok()?,
            nonce: header("campo-nonce").filter(|nonce| is_nonce(nonce))?.to_owned(),
            timestamp_ms: header("campo-timestamp")?.parse().ok()?,
            signature: STANDARD.decode(header("campo-signature")?).ok()?.try_into().ok()?,
        })
    };
    seal().map(Some).ok_or_else(|| Problem::new(Code::TokenInvalid))
}

fn is_nonce(nonce: &str) -> bool {
    NONCE_LENGTH.contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_graphic())
}
