//! `/v1/orders/{id}/document.pdf` and `/v1/document-templates/{kind}`: orders on paper, and how the paper looks.

use actix_web::http::header::{CONTENT_DISPOSITION, ETAG};
use actix_web::{HttpRequest, HttpResponse, web};
use campo_documents::data::{CopyFor, Style};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::Principal;
use crate::documents::{self, PrintRequest, TemplateKind};
use crate::http::body::Json;
use crate::http::conditional::{entity_tag, expected_version};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::orders::order_of;
use crate::messages::Language;
use crate::orders::Caller;
use crate::refusal::{FieldProblem, Refusal};

/// Says that the organization's template failed on this order and the built-in one was used.
const TEMPLATE_FAILED: (&str, &str) = ("campo-template", "built-in");

#[derive(Deserialize, JsonSchema)]
pub struct PrintQuery {
    copy: Option<String>,
    style: Option<String>,
    locale: Option<String>,
}

impl PrintQuery {
    fn read(&self) -> Result<PrintRequest, Refusal> {
        let unknown = |field| Refusal::invalid(field, FieldProblem::Unknown);
        Ok(PrintRequest {
            copy: match self.copy.as_deref() {
                None | Some("customer") => CopyFor::Customer,
                Some("company") => CopyFor::Company,
                Some(_) => return Err(unknown("copy")),
            },
            style: match self.style.as_deref() {
                None | Some("full") => Style::Full,
                Some("compact") => Style::Compact,
                Some(_) => return Err(unknown("style")),
            },
            language: match self.locale.as_deref() {
                None => None,
                Some(name) => Some(Language::from_name(name).ok_or(unknown("locale"))?),
            },
        })
    }
}

pub async fn get_document(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    query: web::Query<PrintQuery>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let request = query.read()?;
    let printing = async move { documents::print_order(&app, caller, order, request).await };
    let print = node.run(printing).await?;
    let mut response = HttpResponse::Ok();
    response.content_type("application/pdf");
    response.insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{}.pdf\"", print.file_name)));
    if print.is_fallback {
        response.insert_header(TEMPLATE_FAILED);
    }
    Ok(response.body(print.pdf))
}

fn kind_of(path: &web::Path<String>) -> Result<TemplateKind, Problem> {
    TemplateKind::from_name(path).ok_or_else(|| Problem::new(Code::NotFound))
}

pub async fn get_template(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, kind) = (node.0.clone(), kind_of(&path)?);
    let getting = async move { documents::get_template(&app, &principal, kind).await };
    let template = node.run(getting).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(template.version))).json(template))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveTemplateRequest {
    source: String,
}

pub async fn save_template(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    request: HttpRequest,
    body: Json<SaveTemplateRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, kind, version) = (node.0.clone(), kind_of(&path)?, expected_version(&request)?);
    let source = body.value.source;
    let saving = async move { documents::save_template(&app, &principal, kind, version, source).await };
    let template = node.run(saving).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, entity_tag(template.version))).json(template))
}

pub async fn delete_template(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (app, kind, version) = (node.0.clone(), kind_of(&path)?, expected_version(&request)?);
    let deleting = async move { documents::delete_template(&app, &principal, kind, version).await };
    node.run(deleting).await?;
    Ok(HttpResponse::NoContent().finish())
}
