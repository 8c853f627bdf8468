//! `GET /v1/places`: where an address is, from the geocoder that the operator named.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::Principal;
use crate::geocoder;
use crate::http::error::Problem;
use crate::http::node::Node;

/// What is looked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlacesRequest {
    /// An address, as one writes it on a letter.
    #[schemars(length(min = 1, max = 300))]
    q: String,
}

pub async fn geocode(
    node: Node,
    principal: Principal,
    query: web::Query<PlacesRequest>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let asking = async move { geocoder::geocode(&app, &principal, &query.q).await };
    Ok(HttpResponse::Ok().json(node.run(asking).await?))
}
