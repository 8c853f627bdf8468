//! `/v1/users`: the people of an organization. Disabling is an update.

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use sync_core::ids::UserId;

use crate::accounts::{self, NewUser, Principal, UserChange};
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::list::{ListRequest, ListResponse};
use crate::http::node::Node;

fn read_id(path: &web::Path<String>) -> Result<UserId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// `GET /v1/me`.
pub async fn who_is_calling(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let me = node.run(async move { accounts::who_is_calling(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().json(me))
}

pub async fn create_user(
    node: Node,
    principal: Principal,
    body: Json<NewUser>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let user = node.run(async move { accounts::create_user(&app, &principal, body.value).await }).await?;
    Ok(HttpResponse::Created().insert_header((ETAG, entity_tag(user.version))).json(user))
}

pub async fn get_user(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let user = node.run(async move { accounts::get_user(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(user.version))).json(user))
}

pub async fn list_users(
    node: Node,
    principal: Principal,
    query: web::Query<ListRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, query) = (node.0.clone(), ListRequest::read(query)?);
    let page = node.run(async move { accounts::list_users(&app, &principal, &query).await }).await?;
    Ok(HttpResponse::Ok().json(ListResponse::from(page)))
}

pub async fn update_user(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<UserChange>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let update = async move { accounts::update_user(&app, &principal, id, version, body.value).await };
    let user = node.run(update).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(user.version))).json(user))
}
