//! `/v1/orders/{id}/evidence`: the evidence file of an order, for `campo verify`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, web};

use crate::accounts::Principal;
use crate::http::error::Problem;
use crate::http::node::Node;
use crate::http::orders::order_of;
use crate::orders::Caller;
use crate::proof::export_evidence as proof;

pub async fn export_evidence(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let file = node.run(async move { proof::export_evidence(&app, caller, order).await }).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/jsonl")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"order-{order}.campo-evidence\""),
        ))
        .body(file))
}
