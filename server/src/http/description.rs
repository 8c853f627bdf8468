//! `/v1/openapi.json` and `/docs`: the interface described, for programs and for people. Needs nothing from elsewhere.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::http::openapi;
use crate::routes::areas;

const STYLE: &str = concat!(include_str!("public_page.css"), include_str!("description.css"));
const CACHING: &str = "public, max-age=3600";
const SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The description as text; the same for the whole life of the process.
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| openapi::text(&areas()))
}

pub async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").insert_header((CACHE_CONTROL, CACHING)).body(text())
}

pub async fn page() -> HttpResponse {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let document = serde_json::from_str(text()).unwrap_or_default();
        frame(&document).into_string()
    });
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, CACHING))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CONTENT_SECURITY_POLICY, SECURITY_POLICY))
        .body(page.as_str())
}

fn frame(document: &Value) -> Markup {
    let info = &document["info"];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Campo API" }
                style { (PreEscaped(STYLE)) }
            }
            body.wide {
                header {
                    h1 { "Campo API " (text_of(&info["version"])) }
                    a href="/v1/openapi.json" { "OpenAPI 3.1" }
                }
                main {
                    p { (text_of(&info["description"])) }
                    @for tag in document["tags"].as_array().into_iter().flatten() {
                        (area(document, tag))
                    }
                    section {
                        h2 { "Types" }
                        @for (name, schema) in fields(&document["components"]["schemas"]) { (type_of(name, schema)) }
                    }
                }
            }
        }
    }
}

fn area(document: &Value, tag: &Value) -> Markup {
    let operations = fields(&document["paths"]).flat_map(|(path, methods)| {
        fields(methods).map(move |(method, operation)| (path, method, operation))
    });
    let of_tag = operations.filter(|(_, _, operation)| operation["tags"][0] == tag["name"]);
    html! {
        section {
            h2 { (text_of(&tag["name"])) }
            p.quiet { (text_of(&tag["description"])) }
            @for (path, method, operation) in of_tag { (row(path, method, operation)) }
        }
    }
}

fn row(path: &str, method: &str, operation: &Value) -> Markup {
    html! {
        details id=(text_of(&operation["operationId"])) {
            summary {
                code { b { (method.to_uppercase()) } " " (path) }
                span.quiet { (text_of(&operation["summary"])) }
            }
            dl {
                dt { "Who" }
                dd { (who(&operation["security"])) }
                @for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    @if let Some(name) = parameter["name"].as_str() {
                        dt { code { (name) } }
                        dd {
                            (text_of(&parameter["in"])) @if parameter["required"] == true { ", required" }
                            @if let Some(says) = parameter["description"].as_str() { ". " (says) }
                        }
                    }
                }
                @for (media_type, content) in fields(&operation["requestBody"]["content"]) {
                    dt { "Body" }
                    dd { (link(media_type, &content["schema"])) }
                }
                @for (status, response) in fields(&operation["responses"]) {
                    dt { (status) }
                    dd { (answer(response)) }
                }
            }
        }
    }
}

/// Roles and scopes, as the requirements name them.
fn who(security: &Value) -> Markup {
    let Some(ways) = security.as_array().filter(|ways| !ways.is_empty()) else {
        return html! { "everybody" };
    };
    html! {
        @for (scheme, names) in ways.iter().flat_map(fields) {
            (scheme) ": "
            @for name in names.as_array().into_iter().flatten() { (text_of(name)) " " }
            br;
        }
    }
}

fn answer(response: &Value) -> Markup {
    if let Some(name) = response["$ref"].as_str() {
        let is_problem = name.contains("Problem");
        return html! { @if is_problem { a href="#type-Problem" { "Problem" } } @else { (name) } };
    }
    let mut content = fields(&response["content"]).peekable();
    html! {
        @if content.peek().is_none() { (text_of(&response["description"])) }
        @for (media_type, content) in content { (link(media_type, &content["schema"])) }
    }
}

fn link(media_type: &str, schema: &Value) -> Markup {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    html! {
        (media_type) " "
        @if let Some(name) = name { a href={ "#type-" (name) } { (name) } }
        br;
    }
}

fn type_of(name: &str, schema: &Value) -> Markup {
    html! {
        details id={ "type-" (name) } {
            summary { code { b { (name) } } span.quiet { (text_of(&schema["description"])) } }
            pre { (serde_json::to_string_pretty(schema).unwrap_or_default()) }
        }
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
