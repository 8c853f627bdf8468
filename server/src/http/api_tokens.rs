//! `/v1/api-tokens`: access for other software. A secret is in the answer that makes it and in no other.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::accounts::{self, NewApiToken, Principal};
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::list::ListResponse;
use crate::http::node::Node;

pub async fn create_api_token(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    body: Json<NewApiToken>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let creating = async move { accounts::create_api_token(&app, &principal, body.value).await };
    let made = node.run(creating).await?;
    let location = format!("{}/{}", request.path(), made.api_token.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(made))
}

pub async fn list_api_tokens(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let rows = node.run(async move { accounts::list_api_tokens(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().json(ListResponse { rows, next_page: None }))
}

pub async fn revoke_api_token(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    node.run(async move { accounts::revoke_api_token(&app, &principal, id).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
