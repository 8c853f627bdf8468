//! `/v1/jobs`: what the server does later, and what it gave up. Admins only.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::webhooks::before_of;
use crate::jobs;

/// Which jobs are asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct JobsRequest {
    /// `ready`, `running`, `done` or `dead`; every state when absent.
    #[serde(default)]
    state: String,
    /// Every kind when absent.
    #[serde(default)]
    kind: String,
    /// `next_page` of the page before.
    page: Option<String>,
}

pub async fn list_jobs(
    node: Node,
    principal: Principal,
    query: web::Query<JobsRequest>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let JobsRequest { state, kind, page } = query.into_inner();
    let (at, id) = before_of(page.as_deref())?;
    let listing = async move { jobs::list_jobs(&app, &principal, state, kind, (at, *id.as_bytes())).await };
    Ok(HttpResponse::Ok().json(node.run(listing).await?))
}

pub async fn retry_job(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: RecordId = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    node.run(async move { jobs::retry_job(&app, &principal, *id.as_bytes()).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
