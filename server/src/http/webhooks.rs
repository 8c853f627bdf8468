//! `/v1/webhooks`: where other programs are told what happened, and what was told. Admins only.

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::refusal::{FieldProblem, Refusal};
use crate::webhooks::{self, Webhook, WebhookFields};

fn read_id(text: &str) -> Result<RecordId, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// Every webhook of the organization.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookList {
    pub rows: Vec<Webhook>,
}

pub async fn create_webhook(
    node: Node,
    principal: Principal,
    body: Json<WebhookFields>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let creating = async move { webhooks::create_webhook(&app, &principal, body.value).await };
    let made = node.run(creating).await?;
    Ok(HttpResponse::Created().insert_header((ETAG, entity_tag(made.webhook.version))).json(made))
}

pub async fn list_webhooks(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let rows = node.run(async move { webhooks::list_webhooks(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().json(WebhookList { rows }))
}

pub async fn get_webhook(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let webhook = node.run(async move { webhooks::get_webhook(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(webhook.version))).json(webhook))
}

pub async fn update_webhook(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<WebhookFields>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let update = async move { webhooks::update_webhook(&app, &principal, id, version, body.value).await };
    let webhook = node.run(update).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(webhook.version))).json(webhook))
}

pub async fn delete_webhook(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    node.run(async move { webhooks::delete_webhook(&app, &principal, id, version).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn rotate_secret(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let rotating = async move { webhooks::rotate_secret(&app, &principal, id, version).await };
    let made = node.run(rotating).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(made.webhook.version))).json(made))
}

pub async fn send_test(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let delivery = node.run(async move { webhooks::send_test(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Accepted().json(delivery))
}

/// Where a page of the log begins.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeliveriesRequest {
    /// `next_page` of the page before.
    page: Option<String>,
}

/// Before which row a page begins; the latest there can be where none is said.
pub(super) fn before_of(page: Option<&str>) -> Result<(Timestamp, RecordId), Refusal> {
    let Some(page) = page else { return Ok((Timestamp(i64::MAX), RecordId::from_bytes([0xff; 16]))) };
    let read = || {
        let (at, id) = page.split_once('_')?;
        Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
    };
    read().ok_or(Refusal::invalid("page", FieldProblem::Format))
}

pub async fn list_deliveries(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    query: web::Query<DeliveriesRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, id, before) = (node.0.clone(), read_id(&path)?, before_of(query.page.as_deref())?);
    let listing = async move { webhooks::list_deliveries(&app, &principal, id, before).await };
    Ok(HttpResponse::Ok().json(node.run(listing).await?))
}

pub async fn resend(
    node: Node,
    principal: Principal,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (app, webhook, delivery) = (node.0.clone(), read_id(&path.0)?, read_id(&path.1)?);
    let resending = async move { webhooks::resend(&app, &principal, webhook, delivery).await };
    Ok(HttpResponse::Accepted().json(node.run(resending).await?))
}
