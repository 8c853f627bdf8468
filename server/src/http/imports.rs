//! `/v1/imports`: files of other software, what their columns mean, and how far they have come.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETAG};
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::http::body::{BodyPace, Json, check_declared_length, read_body};
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::imports::{self, FILE_BYTES_MAX, Import, ImportKind, ImportLook, ImportSettings, NewImport};

/// What a file brings.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImportRequest {
    kind: ImportKind,
}

/// The newest imports.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportList {
    pub rows: Vec<Import>,
}

fn read_id(path: &web::Path<String>) -> Result<RecordId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

fn shown(look: &ImportLook) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, entity_tag(look.import.version))).json(look)
}

pub async fn begin_import(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    query: web::Query<ImportRequest>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    principal.require_office()?;
    check_declared_length(&request, FILE_BYTES_MAX)?;
    let pace = BodyPace { total: std::time::Duration::from_secs(600), ..BodyPace::STANDARD };
    let bytes = read_body(payload, FILE_BYTES_MAX, pace).await?;
    let (app, kind) = (node.0.clone(), query.kind);
    let beginning = async move { imports::begin_import(&app, &principal, NewImport { kind, bytes }).await };
    let look = node.run(beginning).await?;
    Ok(HttpResponse::Created().insert_header((ETAG, entity_tag(look.import.version))).json(look))
}

pub async fn list_imports(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let rows = node.run(async move { imports::list_imports(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().json(ImportList { rows }))
}

pub async fn get_import(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    Ok(shown(&node.run(async move { imports::import_page(&app, &principal, id).await }).await?))
}

pub async fn update_import(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<ImportSettings>,
) -> Result<HttpResponse, Problem> {
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let update = async move { imports::update_import(&app, &principal, (id, version), body.value).await };
    Ok(shown(&node.run(update).await?))
}

pub async fn check_import(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let import = node.run(async move { imports::start_import(&app, &principal, id, false).await }).await?;
    Ok(HttpResponse::Accepted().json(import))
}

pub async fn run_import(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let import = node.run(async move { imports::start_import(&app, &principal, id, true).await }).await?;
    Ok(HttpResponse::Accepted().json(import))
}

pub async fn cancel_import(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let import = node.run(async move { imports::cancel_import(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Ok().json(import))
}

pub async fn error_file(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let file = node.run(async move { imports::error_file(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"errors.csv\""))
        .body(file))
}
