//! What was written to customers: the log of an order and of a customer, mails again by hand, links into WhatsApp.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::orders::order_of;
use crate::notifications::{self, WhatsAppMessage};
use crate::store::messages::MessageRow;

/// The newest messages first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageList {
    pub rows: Vec<MessageRow>,
}

pub async fn list_messages_of_order(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, order) = (node.0.clone(), order_of(&path)?);
    let listing = async move { notifications::list_messages_of_order(&app, &principal, order).await };
    Ok(HttpResponse::Ok().json(MessageList { rows: node.run(listing).await? }))
}

pub async fn list_messages_of_customer(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let customer = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    let listing = async move { notifications::list_messages_of_customer(&app, &principal, customer).await };
    Ok(HttpResponse::Ok().json(MessageList { rows: node.run(listing).await? }))
}

pub async fn resend_message(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    let sent = node.run(async move { notifications::resend_message(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Accepted().json(sent))
}

/// What is to be said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppRequest {
    #[serde(default)]
    message: WhatsAppMessage,
}

pub async fn link_to_write(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    query: web::Query<WhatsAppRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, order, message) = (node.0.clone(), order_of(&path)?, query.message);
    let linking = async move { notifications::link_to_write(&app, &principal, order, message).await };
    Ok(HttpResponse::Ok().json(node.run(linking).await?))
}

pub async fn note_opened(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    body: Json<WhatsAppRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, order, message) = (node.0.clone(), order_of(&path)?, body.value.message);
    let noting = async move { notifications::note_opened(&app, &principal, order, message).await };
    Ok(HttpResponse::Created().json(node.run(noting).await?))
}
