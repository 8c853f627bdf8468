//! `/v1/notifications`: a person's inbox and what they turned off; `/v1/notification-settings`: the organization's matrix.

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::webhooks::before_of;
use crate::notifications::settings::NotificationSettings;
use crate::notifications::{self, TurnedOff};

/// Which part of the inbox is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct InboxRequest {
    /// `next_page` of the page before.
    page: Option<String>,
    /// Only what was not read.
    #[serde(default)]
    unread: bool,
}

pub async fn list_notifications(
    node: Node,
    principal: Principal,
    query: web::Query<InboxRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, before, unread) = (node.0.clone(), before_of(query.page.as_deref())?, query.unread);
    let listing = async move { notifications::list_notifications(&app, &principal, unread, before).await };
    Ok(HttpResponse::Ok().json(node.run(listing).await?))
}

pub async fn mark_read(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    node.run(async move { notifications::mark_read(&app, &principal, id).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn mark_all_read(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    node.run(async move { notifications::mark_all_read(&app, &principal).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn get_preferences(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let found = node.run(async move { notifications::get_preferences(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(found.version))).json(found))
}

/// What the caller does not want to hear, as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesRequest {
    turned_off: Vec<TurnedOff>,
}

pub async fn save_preferences(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    body: Json<PreferencesRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, version, off) = (node.0.clone(), expected_version(&request)?, body.value.turned_off);
    let saving = async move { notifications::save_preferences(&app, &principal, version, off).await };
    let saved = node.run(saving).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(saved.version))).json(saved))
}

pub async fn get_settings(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let found = node.run(async move { notifications::get_settings(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(found.version))).json(found))
}

pub async fn save_settings(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    body: Json<NotificationSettings>,
) -> Result<HttpResponse, Problem> {
    let (app, version) = (node.0.clone(), expected_version(&request)?);
    let saving = async move { notifications::save_settings(&app, &principal, version, body.value).await };
    let saved = node.run(saving).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(saved.version))).json(saved))
}
