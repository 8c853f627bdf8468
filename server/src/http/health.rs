//! `/live`, `/ready`, `/metrics`: for load balancers and operators. Never says anything about an organization.

use actix_web::{HttpRequest, HttpResponse};

use crate::ballast::DiskSpace;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("live\n")
}

/// Requests can be served: the database answers and nobody asked this node to stop.
pub async fn ready(node: Node) -> Result<HttpResponse, Problem> {
    if node.0.is_stopping() {
        return Err(Problem::new(Code::Starting));
    }
    let app = node.0.clone();
    node.run(async move { app.store.ping().await }).await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

pub async fn metrics(node: Node) -> HttpResponse {
    // A disk that cannot be asked keeps its last figure.
    if let Ok(space) = DiskSpace::of(&node.0.config.data_directory) {
        node.0.metrics.disk_free_percent.set(i64::try_from(space.free_percent()).unwrap_or(100));
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(node.0.metrics.render())
}

/// Every path that is none.
pub async fn not_found(_: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound))
}
