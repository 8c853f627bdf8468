//! `POST /v1/sync`: a device offers its changes and reads what happened. Never reads a body of another type.

use std::collections::BTreeMap;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use sync_core::ids::DeviceId;
use sync_core::intake::{Access, KEPT_MS, Pusher};
use sync_core::message::{
    ChangeResult, EnvelopeError, FeedCursor, HeldReason, OrderResults, Outcome, PUSH_CHANGES_MAX,
    REQUEST_BYTES_MAX, SyncRequest, SyncResponse, open, seal,
};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::accounts::{Depositor, Principal};
use crate::http::auth::{Caller, principal_of, seal_of, session_or_deposit};
use crate::http::body::{BodyPace, check_declared_length, read_body};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::refusal::Refusal;
use crate::sync::accept_changes::{Push, accept_changes};
use crate::sync::answer_sync::answer_sync;
use crate::sync::read_page::Reader;

const MEDIA_TYPE: &str = "application/cbor";

pub async fn sync(node: Node, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    require_type(&request)?;
    check_declared_length(&request, REQUEST_BYTES_MAX)?;
    if let Err(refused) = principal_of(&request)
        && seal_of(&request)?.is_none()
    {
        return Err(refused);
    }
    let body = read_body(payload, REQUEST_BYTES_MAX, BodyPace::STANDARD).await?;
    match session_or_deposit(&node, &request, &body).await? {
        Caller::Session(principal) => answer(&node, &principal, body).await,
        Caller::Deposit(depositor) => take_deposit(&node, depositor, body).await,
    }
}

fn require_type(request: &HttpRequest) -> Result<(), Problem> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_ours = given.is_some_and(|given| given.eq_ignore_ascii_case(MEDIA_TYPE));
    if is_ours { Ok(()) } else { Err(Problem::new(Code::UnsupportedType)) }
}

async fn answer(node: &Node, principal: &Principal, body: Vec<u8>) -> Result<HttpResponse, Problem> {
    let device = principal.device.ok_or_else(|| Problem::new(Code::RoleForbidden))?;
    let reader =
        Reader { organization: principal.organization, user: principal.user, role: principal.role, device };
    let app = node.0.clone();
    let reply = node
        .run(async move {
            let request = read_request(&body, device)?;
            let now = app.clock.now();
            app.orders.orphans().admit(device, now).map_err(Problem::from)?;
            let reply = answer_sync(&app.orders, reader, request, now).await?;
            app.orders.orphans().note(device, &reply.results, now);
            Ok::<_, Problem>(seal(&reply))
        })
        .await?;
    Ok(HttpResponse::Ok().content_type(MEDIA_TYPE).body(reply))
}

fn read_request(body: &[u8], device: DeviceId) -> Result<SyncRequest, Problem> {
    let request: SyncRequest = open(body, REQUEST_BYTES_MAX).map_err(|error| {
        Problem::new(match error {
            EnvelopeError::TooLarge => Code::TooLarge,
            EnvelopeError::Protocol | EnvelopeError::Malformed => Code::Malformed,
        })
    })?;
    let change_count: usize = request.push.iter().map(|order| order.changes.len()).sum();
    if change_count > PUSH_CHANGES_MAX {
        return Err(Problem::new(Code::TooLarge));
    }
    if request.device != device {
        return Err(Problem::new(Code::TokenInvalid));
    }
    Ok(request)
}

/// Holds everything for the office. The answer says nothing that depends on what the server knows.
async fn take_deposit(node: &Node, depositor: Depositor, body: Vec<u8>) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let reply = node
        .run(async move {
            let request = read_request(&body, depositor.device)?;
            let now = app.clock.now();
            let reply = deposit_reply(&request, now);
            let pusher = Pusher {
                user: depositor.user,
                role: Role::Technician,
                device: Some(depositor.device),
                access: Access::Ended,
            };
            let (organization, vouched) = (depositor.organization, BTreeMap::new());
            let push = Push { organization, pusher, orders: request.push, vouched };
            accept_changes(&app.orders, push, now).await.map_err(Refusal::from)?;
            Ok::<_, Problem>(seal(&reply))
        })
        .await?;
    Ok(HttpResponse::Accepted().content_type(MEDIA_TYPE).body(reply))
}

fn deposit_reply(request: &SyncRequest, now: Timestamp) -> SyncResponse {
    let until = now.plus_millis(KEPT_MS);
    let held =
        |hash| ChangeResult { hash, outcome: Outcome::Held { reason: HeldReason::AuthorDisabled, until } };
    let results = request
        .push
        .iter()
        .map(|order| OrderResults {
            order: order.order,
            results: order.changes.iter().map(|change| held(change.hash)).collect(),
        })
        .collect();
    SyncResponse {
        cursor: FeedCursor { epoch: 0, scope: [0; 16], seq: 0, reference_seq: 0 },
        more: false,
        digest: None,
        results,
        orders: Vec::new(),
        reference: Vec::new(),
        server_time: now,
        upgrade: false,
        retry_after_s: None,
        backup_watermark: None,
        wants_heads: false,
        voucher: None,
    }
}
