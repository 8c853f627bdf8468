//! `/v1/devices`: enroll, list and revoke installed apps.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use sync_core::ids::DeviceId;

use crate::accounts::{self, DeviceEnrollment, Principal};
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::list::ListResponse;
use crate::http::node::Node;

#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeviceListRequest {
    /// The whole organization's, for admins.
    #[serde(default)]
    everybody: bool,
}

pub async fn enroll_device(
    node: Node,
    principal: Principal,
    body: Json<DeviceEnrollment>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let enroll = async move { accounts::enroll_device(&app, &principal, body.value).await };
    Ok(HttpResponse::Created().json(node.run(enroll).await?))
}

pub async fn list_devices(
    node: Node,
    principal: Principal,
    query: web::Query<DeviceListRequest>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let everybody = query.everybody;
    let list = async move { accounts::list_devices(&app, &principal, everybody).await };
    Ok(HttpResponse::Ok().json(ListResponse { rows: node.run(list).await?, next_page: None }))
}

pub async fn revoke_device(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let device: DeviceId = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    node.run(async move { accounts::revoke_device(&app, &principal, device).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
