//! `/v1/setup`: the first organization, with the one-time token printed at the first start.

use actix_web::HttpResponse;

use crate::accounts::{self, SetUp};
use crate::http::body::Json;
use crate::http::error::Problem;
use crate::http::node::Node;

pub async fn set_up(node: Node, body: Json<SetUp>) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let done = node.run(async move { accounts::set_up(&app, body.value).await }).await?;
    Ok(HttpResponse::Created().json(done))
}
