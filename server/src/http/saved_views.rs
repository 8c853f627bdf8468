//! `/v1/saved-views`: lists of orders under names. Never the orders.

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::order_lists::ListOrdersRequest;
use crate::orders::saved_views::{self, SavedView, SavedViewFields};
use crate::refusal::{FieldProblem, Refusal};

/// What a view has fields of its own for.
const NOT_OF_A_FILTER: [&str; 3] = ["sort", "page", "limit"];

/// Every view the caller sees.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SavedViewList {
    pub rows: Vec<SavedView>,
}

fn read_id(path: &web::Path<String>) -> Result<RecordId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// A filter names parameters of the list, with values that the list takes.
fn check_filter(fields: &SavedViewFields) -> Result<(), Problem> {
    let schema = schemars::schema_for!(ListOrdersRequest).to_value();
    let known = schema["properties"].as_object();
    let is_known = |name: &String| {
        known.is_some_and(|known| known.contains_key(name)) && !NOT_OF_A_FILTER.contains(&name.as_str())
    };
    if !fields.filter.keys().all(is_known) {
        return Err(Refusal::invalid("filter", FieldProblem::Unknown).into());
    }
    let request = serde_json::from_value::<ListOrdersRequest>(Value::Object(fields.filter.clone()));
    let request = request.map_err(|_| Problem::from(Refusal::invalid("filter", FieldProblem::Format)))?;
    request.read(Timestamp(0)).map(drop)
}

pub async fn list_views(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let rows = node.run(async move { saved_views::list_views(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().json(SavedViewList { rows }))
}

pub async fn create_view(
    node: Node,
    principal: Principal,
    body: Json<SavedViewFields>,
) -> Result<HttpResponse, Problem> {
    check_filter(&body.value)?;
    let app = node.0.clone();
    let creating = async move { saved_views::create_view(&app, &principal, body.value).await };
    let view = node.run(creating).await?;
    Ok(HttpResponse::Created().insert_header((ETAG, entity_tag(view.version))).json(view))
}

pub async fn update_view(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<SavedViewFields>,
) -> Result<HttpResponse, Problem> {
    check_filter(&body.value)?;
    let (app, id, version) = (node.0.clone(), read_id(&path)?, expected_version(&request)?);
    let update = async move { saved_views::update_view(&app, &principal, id, version, body.value).await };
    let view = node.run(update).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(view.version))).json(view))
}

pub async fn delete_view(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    node.run(async move { saved_views::delete_view(&app, &principal, id).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
