//! The door of every operation: who comes in, before anything of a body is read. Never decides about one record.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use crate::http::auth::principal_of;
use crate::http::error::{Code, Problem};
use crate::http::operation::Access;

/// Lets a request in, or answers it.
pub async fn admit(
    access: Access,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match access {
        Access::Public | Access::Device => return next.call(request).await,
        Access::Session | Access::Workers | Access::Office | Access::Admin => {}
    }
    match principal_of(request.request()) {
        Err(problem) => Ok(request.error_response(problem)),
        Ok(principal) if access.admits(principal.role) => {
            request.extensions_mut().insert(principal);
            next.call(request).await
        }
        Ok(_) => Ok(request.error_response(Problem::new(Code::RoleForbidden))),
    }
}
