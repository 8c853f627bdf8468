//! Customers, sites, catalogue items, teams and all other records: the same five requests for each kind.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::RecordId;
use sync_core::workflow::Workflow;

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::list::{ListRequest, ListResponse};
use crate::http::node::Node;
use crate::reference::{self, Record, ReferenceFields};

fn read_id(path: &web::Path<String>) -> Result<RecordId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

fn answer<F: ReferenceFields>(
    mut response: actix_web::HttpResponseBuilder,
    record: &Record<F>,
) -> HttpResponse {
    response.insert_header((ETAG, entity_tag(record.version))).json(record)
}

pub async fn create_record<F: ReferenceFields>(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    body: Json<F>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let record =
        node.run(async move { reference::create_record(&app, &principal, body.value).await }).await?;
    let location = format!("{}/{}", request.path(), record.id);
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, location));
    Ok(answer(response, &record))
}

pub async fn get_record<F: ReferenceFields>(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let record = node.run(async move { reference::get_record::<F>(&app, &principal, id).await }).await?;
    Ok(answer(HttpResponse::Ok(), &record))
}

pub async fn list_records<F: ReferenceFields>(
    node: Node,
    principal: Principal,
    query: web::Query<ListRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, query) = (node.0.clone(), ListRequest::read(query)?);
    let page = node.run(async move { reference::list_records::<F>(&app, &principal, &query).await }).await?;
    Ok(HttpResponse::Ok().json(ListResponse::from(page)))
}

pub async fn update_record<F: ReferenceFields>(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<F>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let update = async move { reference::update_record(&app, &principal, id, version, body.value).await };
    Ok(answer(HttpResponse::Ok(), &node.run(update).await?))
}

pub async fn archive_record<F: ReferenceFields>(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let archive = async move { reference::archive_record::<F>(&app, &principal, id, version).await };
    Ok(answer(HttpResponse::Ok(), &node.run(archive).await?))
}

/// `GET /v1/workflows/starters`: workflows to begin with, to be published as they are or changed.
pub async fn starter_workflows(_: Principal) -> HttpResponse {
    HttpResponse::Ok().json(StarterWorkflows { rows: reference::starter_workflows() })
}

#[derive(Serialize, JsonSchema)]
pub struct StarterWorkflows {
    rows: &'static [Workflow],
}

/// `GET /v1/equipment/{id}/history`.
pub async fn get_equipment_history(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let read = async move { reference::equipment_history(&app, &principal, id).await };
    Ok(HttpResponse::Ok().json(node.run(read).await?))
}
