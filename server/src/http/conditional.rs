//! Entity tags: a record's version as `ETag`, and the version a caller means as `If-Match`.

use actix_web::HttpRequest;
use actix_web::http::header::IF_MATCH;

use crate::http::error::Problem;
use crate::refusal::{FieldProblem, Refusal};

pub fn entity_tag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version the caller saw; a write without one is refused, so that nobody overwrites what they did not see.
pub fn expected_version(request: &HttpRequest) -> Result<i64, Problem> {
    let value = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
    let value = value.ok_or(Refusal::invalid("If-Match", FieldProblem::Required))?;
    let version = value.trim().trim_start_matches("W/").trim_matches('"').parse();
    Ok(version.map_err(|_| Refusal::invalid("If-Match", FieldProblem::Format))?)
}
