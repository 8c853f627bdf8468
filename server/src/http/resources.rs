//! Makes the framework's resources of the table. Whatever stands in it in which order: names go before variables.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use crate::http::door::{Door, admit};
use crate::http::error::{Code, Problem};
use crate::http::health;
use crate::http::operation::Operation;

/// The parts of a path; a variable part sorts after every name and is equal to any other.
type Pattern = Vec<(bool, &'static str)>;

pub fn pattern_of(path: &'static str) -> Pattern {
    let part = |part: &'static str| if part.starts_with('{') { (true, "") } else { (false, part) };
    path.split('/').map(part).collect()
}

/// Serves these operations and nothing else.
pub fn serve(app: &mut ServiceConfig, operations: Vec<Operation>) {
    app.app_data(web::QueryConfig::default().error_handler(|_, _| Problem::new(Code::Malformed).into()));
    app.default_service(web::to(health::not_found));
    let mut by_pattern: BTreeMap<Pattern, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        by_pattern.entry(pattern_of(operation.path)).or_default().push(operation);
    }
    for operations in by_pattern.into_values() {
        if let Some(first) = operations.first() {
            app.service(resource(first.path, operations));
        }
    }
}

fn resource(path: &str, operations: Vec<Operation>) -> Resource {
    let methods: Vec<&str> = operations.iter().map(|operation| operation.method.as_str()).collect();
    let allowed = methods.join(", ");
    let mut resource = web::resource(path);
    for operation in operations {
        let door = Door::of(&operation);
        resource =
            resource.route(operation.route.wrap(from_fn(move |request, next| admit(door, request, next))));
    }
    resource.default_service(web::to(move |method: Method| refuse_method(method, allowed.clone())))
}

/// The path exists, and the method does not.
async fn refuse_method(_: Method, allowed: String) -> HttpResponse {
    let mut response = HttpResponse::from_error(Problem::new(Code::MethodNotAllowed));
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_variables() {
        let mut paths = ["/v1/orders/{id}", "/v1/orders/{id}/notes", "/v1/orders/export", "/v1/orders"];

        paths.sort_by_key(|path| pattern_of(path));

        assert_eq!(paths, ["/v1/orders", "/v1/orders/export", "/v1/orders/{id}", "/v1/orders/{id}/notes"]);
        assert_eq!(pattern_of("/a/{id}"), pattern_of("/a/{other}"));
    }
}
