//! Lists as files: the same filters as the list, a format by `format` or `Accept`. Never a page of it.

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::unfold;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::Principal;
use crate::exports::{self, ExportBytes, ExportFormat, ExportStyle, Headers, OtherList};
use crate::http::audit_entries::AuditListRequest;
use crate::http::error::{Code, Problem};
use crate::http::list::ListRequest;
use crate::http::node::Node;
use crate::http::order_lists::ListOrdersRequest;
use crate::messages::Language;
use crate::reference::ReferenceFields;
use crate::refusal::{FieldProblem, Refusal};

/// What kind of file, and what its first row says.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct FileRequest {
    format: Option<ExportFormat>,
    /// `local` names columns as people do, `stable` as programs do.
    #[serde(default)]
    headers: Headers,
}

/// A list of orders as a file; `page` and `limit` mean nothing here.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportOrdersRequest {
    #[serde(flatten)]
    pub file: FileRequest,
    #[serde(flatten)]
    pub list: ListOrdersRequest,
}

/// A list without filters as a file.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportListRequest {
    #[serde(flatten)]
    pub file: FileRequest,
}

/// The audit as a file; `page` and `limit` mean nothing here.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportAuditRequest {
    #[serde(flatten)]
    pub file: FileRequest,
    #[serde(flatten)]
    pub list: AuditListRequest,
}

/// A list of records as a file; `page` and `limit` mean nothing here.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportRecordsRequest {
    #[serde(flatten)]
    pub file: FileRequest,
    #[serde(flatten)]
    pub list: ListRequest,
}

fn style_of(request: &HttpRequest, language: Language) -> Result<ExportStyle, Problem> {
    let file = web::Query::<FileRequest>::from_query(request.query_string());
    let file = file.map_err(|_| Problem::from(Refusal::invalid("format", FieldProblem::Unknown)))?;
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = file.format.or_else(|| ExportFormat::accepted(accept));
    let format = format.ok_or_else(|| Problem::from(Refusal::invalid("format", FieldProblem::Required)))?;
    Ok(ExportStyle { format, headers: file.headers, language })
}

/// The same for what has no place on a map.
fn table_style_of(request: &HttpRequest, language: Language) -> Result<ExportStyle, Problem> {
    let style = style_of(request, language)?;
    if style.format == ExportFormat::Geojson {
        return Err(Problem::from(Refusal::invalid("format", FieldProblem::Unknown)));
    }
    Ok(style)
}

pub async fn export_orders(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    query: web::Query<ListOrdersRequest>,
) -> Result<HttpResponse, Problem> {
    let style = style_of(&request, principal.language)?;
    let asked = query.into_inner().read(node.0.clock.now())?;
    let app = node.0.clone();
    let exporting = async move { exports::export_orders(&app, &principal, asked, style).await };
    Ok(answer("orders", style.format, node.run(exporting).await?))
}

pub async fn export_records<F: ReferenceFields>(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    query: web::Query<ListRequest>,
) -> Result<HttpResponse, Problem> {
    let style = table_style_of(&request, principal.language)?;
    let (app, query) = (node.0.clone(), ListRequest::read(query)?);
    let exporting = async move { exports::export_records::<F>(&app, &principal, &query, style).await };
    Ok(answer(F::KIND, style.format, node.run(exporting).await?))
}

pub async fn export_users(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    query: web::Query<ListRequest>,
) -> Result<HttpResponse, Problem> {
    let style = table_style_of(&request, principal.language)?;
    let (app, query) = (node.0.clone(), ListRequest::read(query)?);
    let exporting = async move { exports::export_users(&app, &principal, &query, style).await };
    Ok(answer("users", style.format, node.run(exporting).await?))
}

pub async fn export_devices(
    node: Node,
    principal: Principal,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let style = table_style_of(&request, principal.language)?;
    let app = node.0.clone();
    let exporting = async move { exports::export_devices(&app, &principal, style).await };
    Ok(answer("devices", style.format, node.run(exporting).await?))
}

pub async fn export_audit_entries(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    query: web::Query<AuditListRequest>,
) -> Result<HttpResponse, Problem> {
    let style = table_style_of(&request, principal.language)?;
    let (app, query) = (node.0.clone(), query.into_inner().read()?);
    let exporting = async move { exports::export_audit_entries(&app, &principal, query, style).await };
    Ok(answer("audit-entries", style.format, node.run(exporting).await?))
}

/// Lists that have neither filters nor an operation of their own for files.
macro_rules! other_lists {
    ($($function:ident = $list:ident, $name:literal;)*) => {
        $(pub async fn $function(
            node: Node,
            principal: Principal,
            request: HttpRequest,
        ) -> Result<HttpResponse, Problem> {
            export_other(node, principal, &request, OtherList::$list, $name).await
        })*
    };
}

other_lists! {
    export_api_tokens = ApiTokens, "api-tokens";
    export_calendar_feeds = CalendarFeeds, "calendar-feeds";
    export_held_changes = HeldChanges, "held-changes";
    export_imports = Imports, "imports";
    export_jobs = Jobs, "jobs";
    export_notifications = Notifications, "notifications";
    export_saved_views = SavedViews, "saved-views";
    export_webhooks = Webhooks, "webhooks";
}

/// The same for lists that belong to one thing.
macro_rules! other_lists_of {
    ($($function:ident = $list:ident, $name:literal;)*) => {
        $(pub async fn $function(
            node: Node,
            principal: Principal,
            request: HttpRequest,
            path: web::Path<String>,
        ) -> Result<HttpResponse, Problem> {
            let of = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
            export_other(node, principal, &request, OtherList::$list(of), $name).await
        })*
    };
}

other_lists_of! {
    export_deliveries = Deliveries, "deliveries";
    export_messages_of_customer = MessagesOfCustomer, "messages";
    export_messages_of_order = MessagesOfOrder, "messages";
}

async fn export_other(
    node: Node,
    principal: Principal,
    request: &HttpRequest,
    list: OtherList,
    name: &str,
) -> Result<HttpResponse, Problem> {
    let style = table_style_of(request, principal.language)?;
    let app = node.0.clone();
    let exporting = async move { exports::export_other(&app, &principal, &list, style).await };
    Ok(answer(name, style.format, node.run(exporting).await?))
}

fn answer(name: &str, format: ExportFormat, file: ExportBytes) -> HttpResponse {
    let extension = format.as_str();
    let pieces = unfold(file, |mut file| async move {
        let piece = file.recv().await?;
        Some((piece, file))
    });
    HttpResponse::Ok()
        .content_type(match format {
            ExportFormat::Csv => "text/csv; charset=utf-8",
            ExportFormat::Xlsx | ExportFormat::Geojson => format.media_type(),
        })
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{extension}\"")))
        .streaming(pieces)
}
