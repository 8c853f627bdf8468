//! `/v1/customers/{id}/copy` and `…/erasure`, `/v1/users/{id}/copy` and `…/erasure`: what the law gives a person.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, web};
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::privacy::{self, ErasureRequest};

fn read_id(path: &web::Path<String>) -> Result<RecordId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

pub async fn copy_of_customer(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let copy = node.run(async move { privacy::copy_of_customer(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"customer.json\""))
        .json(copy))
}

pub async fn copy_of_user(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let copy = node.run(async move { privacy::copy_of_user(&app, &principal, id).await }).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"person.json\""))
        .json(copy))
}

pub async fn erase_customer(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    body: Json<ErasureRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (node.0.clone(), read_id(&path)?);
    let erasing = async move { privacy::erase_customer(&app, &principal, id, &body.value).await };
    Ok(HttpResponse::Ok().json(node.run(erasing).await?))
}

pub async fn erase_user(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    body: Json<ErasureRequest>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let erasing = async move { privacy::erase_user(&app, &principal, id, &body.value).await };
    Ok(HttpResponse::Ok().json(node.run(erasing).await?))
}
