//! The interface described as OpenAPI 3.1, from the table of operations. Never says what the table does not.

mod problems;
mod schemas;

use serde_json::{Map, Value, json};

use crate::http::error::Code;
use crate::http::operation::{Access, Answer, Area, Body, Condition, Content, Operation};
use problems::codes_of;
use schemas::Schemas;

const DESCRIPTION: &str = "Field-service orders for the office and for other software. Refused requests are answered \
    with a problem document (RFC 9457) whose `code` is stable. Instants are milliseconds since 1970-01-01T00:00:00Z; \
    amounts are whole numbers of the currency's minor unit. Lists come in pages: give `next_page` back as `page`.";

/// The document as text, the same for the same table.
pub fn text(areas: &[Area]) -> String {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for area in areas {
        for operation in &area.operations {
            let path = paths.entry(operation.path).or_insert_with(|| json!({}));
            path[operation.method.as_str().to_lowercase()] = describe(area, operation, &mut schemas);
        }
    }
    let tags = areas.iter().map(|area| json!({ "name": area.name, "description": area.says }));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Campo",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "responses": problems::responses(),
            "parameters": parameters(),
            "headers": headers(),
            "securitySchemes": security_schemes(),
        },
    });
    schemas.finish(document, problems::schema())
}

fn describe(area: &Area, operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.says,
        "tags": [area.name],
        "security": security(operation),
        "parameters": parameters_of(operation, schemas),
        "responses": responses_of(operation, schemas),
    });
    match operation.body {
        Body::Nothing => {}
        Body::Json(describe) => {
            let schema = schemas.of_request(describe);
            described["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        Body::Bytes(media_type) => {
            described["requestBody"] = json!({ "required": true, "content": { media_type: {} } });
        }
    }
    described
}

/// The role that gets in is said in words: security schemes know scopes only.
fn security(operation: &Operation) -> Value {
    let token = operation.scope.map(|scope| json!({ "apiToken": [scope.as_str()] }));
    match operation.access {
        Access::Public => json!([]),
        Access::Device => json!([{ "session": [] }, { "deviceSeal": [] }]),
        Access::Session | Access::Workers | Access::Office | Access::Admin => {
            let session = json!({ "session": roles(operation.access) });
            json!([Some(session), token].into_iter().flatten().collect::<Vec<_>>())
        }
    }
}

fn roles(access: Access) -> Vec<&'static str> {
    use sync_core::workflow::Role;
    let all = [Role::Admin, Role::Dispatcher, Role::Technician, Role::Viewer];
    all.into_iter().filter(|role| access.admits(*role)).map(Role::as_str).collect()
}

fn parameters_of(operation: &Operation, schemas: &mut Schemas) -> Vec<Value> {
    let in_path = operation.parameters().map(|name| {
        let is_text = operation.text_parameters.contains(&name);
        let schema = if is_text { json!({ "type": "string", "minLength": 1 }) } else { uuid() };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let mut parameters: Vec<Value> = in_path.collect();
    if let Some(query) = operation.query {
        parameters.extend(schemas.query_parameters(query));
    }
    for header in &operation.headers {
        parameters.push(json!({
            "name": header.name,
            "in": "header",
            "required": header.is_required,
            "description": header.says,
            "schema": { "type": "string" },
        }));
    }
    let mut shared = vec!["AcceptLanguage"];
    if operation.takes_key() {
        shared.push("IdempotencyKey");
    }
    if operation.answers_by_tag() {
        shared.push("IfNoneMatch");
    }
    match operation.condition {
        Condition::None => {}
        Condition::Optional => shared.push("IfMatchOptional"),
        Condition::Required => shared.push("IfMatch"),
    }
    let shared = shared.into_iter().map(|name| reference("parameters", name));
    parameters.extend(shared);
    parameters
}

fn responses_of(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for answer in &operation.answers {
        responses.insert(answer.status.to_string(), answered(operation, answer, schemas));
    }
    if operation.answers_by_tag() {
        responses.insert("304".to_owned(), json!({ "description": reason(304) }));
    }
    for status in codes_of(operation).into_iter().map(Code::status) {
        let name = format!("Problem{status}");
        responses.entry(status.to_string()).or_insert_with(|| reference("responses", &name));
    }
    Value::Object(responses)
}

fn answered(operation: &Operation, answer: &Answer, schemas: &mut Schemas) -> Value {
    let mut response = json!({
        "description": reason(answer.status),
        "headers": { "Campo-Request-Id": reference("headers", "CampoRequestId") },
    });
    if operation.is_versioned && answer.status < 300 && !matches!(answer.content, Content::Nothing) {
        response["headers"]["ETag"] = reference("headers", "ETag");
    }
    match answer.content {
        Content::Nothing => {}
        Content::Json(describe) => {
            response["content"] = json!({ "application/json": { "schema": schemas.of_answer(describe) } });
        }
        Content::Bytes(media_types) => {
            let content = media_types.iter().map(|media_type| ((*media_type).to_owned(), json!({})));
            response["content"] = Value::Object(content.collect());
        }
    }
    response
}

const fn reason(status: u16) -> &'static str {
    match status {
        101 => "The connection goes on as a web socket.",
        201 => "It was made.",
        202 => "It was taken in.",
        204 => "It was done.",
        304 => "Nothing has changed.",
        _ => "The answer.",
    }
}

fn reference(part: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{part}/{name}") })
}

fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn parameters() -> Value {
    let header = |name: &str, is_required: bool, says: &str| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "header", "required": is_required, "description": says, "schema": schema })
    };
    json!({
        "AcceptLanguage": header(
            "Accept-Language", false,
            "The language of sentences: en, pt-BR, es or ro; without it that of the caller's profile.",
        ),
        "IdempotencyKey": header(
            "Idempotency-Key", false,
            "A name of the caller's own for this request; sent again within 24 hours, it is answered and not made again.",
        ),
        "IfNoneMatch": header(
            "If-None-Match", false, "The entity tag of the version the caller has; if it is still that, the answer is 304.",
        ),
        "IfMatch": header("If-Match", true, "The entity tag of the version that is to be changed."),
        "IfMatchOptional": header(
            "If-Match", false, "The entity tag of the version the caller saw; without it the request is not conditional.",
        ),
    })
}

fn headers() -> Value {
    json!({
        "CampoRequestId": {
            "description": "Names this answer in the server's log.",
            "schema": { "type": "string" },
        },
        "ETag": { "description": "The version; goes into `If-Match`.", "schema": { "type": "string" } },
        "RetryAfter": {
            "description": "Seconds to wait before the same request.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "session": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of `signIn` or `refreshSession`; the names beside it are roles.",
        },
        "apiToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that an admin made for other software; the names beside it are its scopes.",
        },
        "deviceSeal": {
            "type": "apiKey",
            "in": "header",
            "name": "Campo-Signature",
            "description": "The signature of an enrolled device over the request, with Campo-Device, Campo-Nonce and Campo-Timestamp.",
        },
    })
}
