//! Which refusals an operation may answer with, and how they look. Never a code that is not in `Code`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::http::error::Code;
use crate::http::openapi::reference;
use crate::http::operation::{Access, Body, Condition, Operation};
use crate::messages::{self, Language};

/// What any request may meet.
const ALWAYS: &[Code] = &[
    Code::UnsupportedEncoding,
    Code::RateLimited,
    Code::Internal,
    Code::Overloaded,
    Code::DbUnavailable,
    Code::ReadOnly,
    Code::Starting,
    Code::StorageFull,
];

/// The refusals that follow from what the operation takes, and those its row names.
pub fn codes_of(operation: &Operation) -> Vec<Code> {
    let mut codes = ALWAYS.to_vec();
    if operation.access != Access::Public {
        codes.extend([Code::TokenExpired, Code::TokenInvalid, Code::SessionRevoked, Code::RoleForbidden]);
    }
    if operation.parameters().next().is_some() {
        codes.push(Code::NotFound);
    }
    if operation.query.is_some() {
        codes.extend([Code::Malformed, Code::Invalid]);
    }
    if !matches!(operation.body, Body::Nothing) {
        codes.extend([
            Code::Malformed,
            Code::SlowRequest,
            Code::TooLarge,
            Code::UnsupportedType,
            Code::Invalid,
        ]);
    }
    match operation.condition {
        Condition::None => {}
        Condition::Optional | Condition::Required => codes.extend([Code::Stale, Code::Invalid]),
    }
    if operation.scope.is_some() {
        codes.push(Code::ScopeMissing);
    }
    if operation.takes_key() {
        codes.extend([Code::IdempotencyMismatch, Code::IdempotencyRunning, Code::IdempotencyLost]);
    }
    codes.extend(&operation.problems);
    codes
}

/// One response for each status that codes have, saying which they are.
pub fn responses() -> Value {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(code.status()).or_default().push(*code);
    }
    let responses =
        by_status.into_iter().map(|(status, codes)| (format!("Problem{status}"), response(&codes)));
    Value::Object(responses.collect::<Map<_, _>>())
}

fn response(codes: &[Code]) -> Value {
    let described = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), sentence(*code)));
    let mut headers = json!({ "Campo-Request-Id": reference("headers", "CampoRequestId") });
    if codes.iter().any(|code| code.is_retryable_later()) {
        headers["Retry-After"] = reference("headers", "RetryAfter");
    }
    json!({
        "description": described.collect::<Vec<_>>().join("\n\n"),
        "headers": headers,
        "content": { "application/problem+json": { "schema": reference("schemas", "Problem") } },
    })
}

fn sentence(code: Code) -> String {
    let key = code.as_str().replace('_', "-");
    messages::sentence(Language::English, &key, &[("field", "…".into())])
}

/// The problem document.
pub fn schema() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "Why a request was refused (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "retryable", "retry_after_s", "request_id"],
        "properties": {
            "type": { "type": "string", "description": "`urn:campo:problem:` and the code." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "One sentence in the caller's language." },
            "code": { "type": "string", "enum": codes, "description": "What programs decide by." },
            "retryable": {
                "type": "boolean",
                "description": "Whether the same request may succeed later without a person.",
            },
            "retry_after_s": { "type": ["integer", "null"], "minimum": 0 },
            "request_id": { "type": "string", "description": "Names this answer in the server's log." },
            "field": { "type": "string", "description": "The field that is not acceptable." },
            "rule": { "type": "string", "description": "The rule of the order that stands against it." },
            "current": { "description": "How things stand instead." },
            "problems": { "description": "What is wrong, place by place." },
        },
    })
}
