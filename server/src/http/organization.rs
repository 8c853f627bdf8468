//! `/v1/organization`: the profile of the caller's organization.

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse};

use crate::accounts::{self, OrganizationFields, Principal};
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::Problem;
use crate::http::node::Node;

pub async fn get_organization(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let organization = node.run(async move { accounts::get_organization(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(organization.version))).json(organization))
}

pub async fn update_organization(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    body: Json<OrganizationFields>,
) -> Result<HttpResponse, Problem> {
    let (app, version) = (node.0.clone(), expected_version(&request)?);
    let update = async move { accounts::update_organization(&app, &principal, version, body.value).await };
    let organization = node.run(update).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(organization.version))).json(organization))
}
