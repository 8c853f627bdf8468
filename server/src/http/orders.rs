//! `/v1/orders`: what the office does to orders. Commands are JSON; every answer carries the version as `ETag`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{EntryId, OrderId, RecordId, UserId};
use sync_core::order::command::NewOrder;
use sync_core::order::{CrewRole, OrderCommand, Window};
use sync_core::time::Timestamp;
use sync_core::workflow::StateKey;

use crate::accounts::Principal;
use crate::clock::fresh_id;
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::orders::assign_orders::{ASSIGN_ORDERS_MAX, AssignOrders, AssignedOrder};
use crate::orders::execute_command::{GivenCommand, execute_command};
use crate::orders::list_orders::PageTokenError;
use crate::orders::order_view::OrderView;
use crate::orders::past_order::PastPoint;
use crate::orders::pool::pool_of;
use crate::orders::tell_order::{OrderReader, tell_order};
use crate::orders::{Caller, OrderRefusal, cancel_order, create_order as creating, fresh_order_id};
use crate::orders::{assign_orders, order_history, past_order, read_order, suggest_technicians};
use crate::refusal::{FieldProblem, Refusal};
use crate::sentences::OrderSentences;

pub(super) fn order_of(path: &web::Path<String>) -> Result<OrderId, Problem> {
    path.parse().map_err(|_| Problem::new(Code::NotFound))
}

impl From<OrderRefusal> for Problem {
    fn from(refusal: OrderRefusal) -> Self {
        match refusal {
            OrderRefusal::NotFound => Self::new(Code::NotFound),
            OrderRefusal::RoleForbidden => Self::new(Code::RoleForbidden),
            OrderRefusal::Stale(current) => {
                let current = serde_json::to_value(&*current).unwrap_or_default();
                Refusal::Stale { current }.into()
            }
            OrderRefusal::Refused(refused) => Self::refused_by_rule(&refused),
            OrderRefusal::Stopped => Self::new(Code::Gone),
            OrderRefusal::Other(refusal) => refusal.into(),
            OrderRefusal::Page(PageTokenError::Format) => {
                Refusal::invalid("page", FieldProblem::Format).into()
            }
            OrderRefusal::Page(PageTokenError::OtherList) => {
                Refusal::invalid("page", FieldProblem::OtherList).into()
            }
            OrderRefusal::Store(error) => error.into(),
        }
    }
}

/// An order, with what is open and what happened as sentences in the reader's language, in the order of the lists.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Order")]
pub struct OrderResponse<'a> {
    #[serde(flatten)]
    view: &'a OrderView,
    sentences: OrderSentences,
}

async fn answer(
    node: &Node,
    principal: &Principal,
    status: StatusCode,
    mut view: OrderView,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let reader = OrderReader {
        organization: principal.organization,
        user: principal.user,
        language: principal.language,
        now: app.clock.now(),
    };
    let telling = async move {
        let sentences = tell_order(&app.orders, &mut view, reader).await?;
        Ok::<_, OrderRefusal>((view, sentences))
    };
    let (view, sentences) = node.run(telling).await?;
    let mut response = HttpResponse::build(status);
    response.insert_header((ETAG, format!("\"{}\"", view.version)));
    Ok(response.json(OrderResponse { view: &view, sentences }))
}

/// The order to make, under an id of the caller's own so that a repeated request makes no second one.
#[derive(Deserialize, JsonSchema)]
pub struct CreateOrderRequest {
    id: Option<OrderId>,
    #[serde(flatten)]
    order: NewOrder,
}

pub async fn create_order(
    node: Node,
    principal: Principal,
    body: Json<CreateOrderRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let CreateOrderRequest { id, order } = body.value;
    let id = id.unwrap_or_else(fresh_order_id);
    let creating =
        async move { creating::create_order(&app.orders, caller, id, order, app.clock.now()).await };
    let view = node.run(creating).await?;
    answer(&node, &principal, StatusCode::CREATED, view).await
}

pub async fn get_order(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let view = node.run(async move { read_order::read_order(&app.orders, caller, order).await }).await?;
    answer(&node, &principal, StatusCode::OK, view).await
}

/// Every change of an order, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrderHistory")]
pub struct HistoryResponse {
    changes: Vec<order_history::HistoryEntry>,
}

pub async fn get_history(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let telling = async move { order_history::order_history(&app.orders, caller, order).await };
    let changes = node.run(telling).await?;
    Ok(HttpResponse::Ok().json(HistoryResponse { changes }))
}

/// Which version of an order.
#[derive(Deserialize, JsonSchema)]
pub struct PastOrderRequest {
    /// Its heads, as the history names them, with commas between them.
    heads: Option<String>,
    /// As the server had it at that moment, in milliseconds since 1970.
    at: Option<i64>,
}

pub async fn get_past_order(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    query: web::Query<PastOrderRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let point = match query.into_inner() {
        PastOrderRequest { heads: Some(heads), at: None } => point_of("heads", &heads)?,
        PastOrderRequest { heads: None, at: Some(at) } => PastPoint::At(Timestamp(at)),
        PastOrderRequest { heads: None, at: None } => PastPoint::At(app.clock.now()),
        PastOrderRequest { heads: Some(_), at: Some(_) } => {
            return Err(Refusal::invalid("at", FieldProblem::Format).into());
        }
    };
    let reading = async move { past_order::read_past_order(&app.orders, caller, order, point).await };
    let view = node.run(reading).await?;
    answer(&node, &principal, StatusCode::OK, view).await
}

fn point_of(field: &'static str, text: &str) -> Result<PastPoint, Problem> {
    text.parse().map_err(|_| Refusal::invalid(field, FieldProblem::Format).into())
}

/// Two versions of an order, each by its heads with commas between them, or by a moment in milliseconds since 1970.
#[derive(Deserialize, JsonSchema)]
pub struct DifferenceRequest {
    /// The first one, unless it says otherwise.
    from: Option<String>,
    /// The current one, unless it says otherwise.
    to: Option<String>,
}

pub async fn get_difference(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
    query: web::Query<DifferenceRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let now = app.clock.now();
    let from = query.from.as_deref().map_or(Ok(PastPoint::Beginning), |text| point_of("from", text))?;
    let to = query.to.as_deref().map_or(Ok(PastPoint::At(now)), |text| point_of("to", text))?;
    let (points, reader) = ((from, to), (principal.language, now));
    let comparing =
        async move { past_order::compare_versions(&app.orders, caller, order, points, reader).await };
    Ok(HttpResponse::Ok().json(node.run(comparing).await?))
}

pub async fn get_suggestions(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let reader = (principal.language, app.clock.now());
    let suggesting =
        async move { suggest_technicians::suggest_technicians(&app.orders, caller, order, reader).await };
    Ok(HttpResponse::Ok().json(node.run(suggesting).await?))
}

/// What became of each order, in the order in which they were named.
#[derive(Serialize, JsonSchema)]
pub struct AssignOrdersResponse {
    orders: Vec<AssignedOrder>,
}

pub async fn assign_many(
    node: Node,
    principal: Principal,
    body: Json<AssignOrders>,
) -> Result<HttpResponse, Problem> {
    if body.value.orders.is_empty() || body.value.orders.len() > ASSIGN_ORDERS_MAX {
        return Err(Refusal::invalid("orders", FieldProblem::Range).into());
    }
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let assigning =
        async move { assign_orders::assign_orders(&app.orders, caller, body.value, app.clock.now()).await };
    Ok(HttpResponse::Ok().json(AssignOrdersResponse { orders: node.run(assigning).await? }))
}

/// Performs a command on an order, if it still has the version of `If-Match`, where the caller sent one.
async fn perform(
    node: Node,
    principal: Principal,
    request: &HttpRequest,
    order: OrderId,
    command: OrderCommand,
) -> Result<HttpResponse, Problem> {
    let app = Arc::clone(&node.0);
    let given = GivenCommand {
        caller: Caller::of(&principal),
        order,
        command,
        expected_version: expected_version(request),
        now: app.clock.now(),
    };
    let view = node.run(async move { execute_command(&app.orders, given).await }).await?;
    answer(&node, &principal, StatusCode::OK, view).await
}

fn expected_version(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(IF_MATCH)?.to_str().ok()?;
    Some(value.trim().trim_start_matches("W/").trim_matches('"').to_owned())
}

pub async fn give_command(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<OrderCommand>,
) -> Result<HttpResponse, Problem> {
    perform(node, principal, &request, order_of(&path)?, body.value).await
}

/// Who is to work on an order.
#[derive(Deserialize, JsonSchema)]
pub struct AssignRequest {
    technician: UserId,
    role: Option<CrewRole>,
}

pub async fn assign(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<AssignRequest>,
) -> Result<HttpResponse, Problem> {
    let AssignRequest { technician, role } = body.value;
    let command = OrderCommand::Assign { technician, role: role.unwrap_or(CrewRole::Lead) };
    perform(node, principal, &request, order_of(&path)?, command).await
}

pub async fn unassign(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<AssignRequest>,
) -> Result<HttpResponse, Problem> {
    let command = OrderCommand::Unassign { technician: body.value.technician };
    perform(node, principal, &request, order_of(&path)?, command).await
}

/// Who may take an order from the shared pool: these technicians, or those of a team, or without either all there are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    technicians: Option<Vec<UserId>>,
    team: Option<RecordId>,
}

pub async fn offer(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<OfferRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, order) = (node.0.clone(), Caller::of(&principal), order_of(&path)?);
    let OfferRequest { technicians, team } = body.value;
    let choosing = async move { pool_of(&app.store, caller, technicians, team).await };
    let technicians = node.run(choosing).await?;
    perform(node, principal, &request, order, OrderCommand::Offer { technicians }).await
}

pub async fn take(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    perform(node, principal, &request, order_of(&path)?, OrderCommand::Take).await
}

/// When somebody is to arrive.
#[derive(Deserialize, JsonSchema)]
pub struct ScheduleRequest {
    window: Option<Window>,
    duration_minutes: Option<u32>,
}

pub async fn schedule(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<ScheduleRequest>,
) -> Result<HttpResponse, Problem> {
    let ScheduleRequest { window, duration_minutes } = body.value;
    let command = OrderCommand::Schedule { window, duration_minutes };
    perform(node, principal, &request, order_of(&path)?, command).await
}

/// Where an order is to go. A repeated request with the same `event` changes nothing.
#[derive(Deserialize, JsonSchema)]
pub struct StatusRequest {
    event: Option<EntryId>,
    to: StateKey,
    reason: Option<String>,
}

pub async fn change_status(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<StatusRequest>,
) -> Result<HttpResponse, Problem> {
    let StatusRequest { event, to, reason } = body.value;
    let event = event.unwrap_or_else(fresh_entry);
    perform(node, principal, &request, order_of(&path)?, OrderCommand::ChangeStatus { event, to, reason })
        .await
}

/// Why an order is not to be done.
#[derive(Deserialize, JsonSchema)]
pub struct CancelRequest {
    event: Option<EntryId>,
    reason: Option<String>,
}

pub async fn cancel(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<CancelRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, order) = (node.0.clone(), order_of(&path)?);
    let cancelling = cancel_order::CancelOrder {
        caller: Caller::of(&principal),
        order,
        event: body.value.event.unwrap_or_else(fresh_entry),
        reason: body.value.reason,
        expected_version: expected_version(&request),
        now: app.clock.now(),
    };
    let view = node.run(async move { cancel_order::cancel_order(&app.orders, cancelling).await }).await?;
    answer(&node, &principal, StatusCode::OK, view).await
}

/// A remark. A repeated request with the same `note` changes nothing.
#[derive(Deserialize, JsonSchema)]
pub struct NoteRequest {
    note: Option<EntryId>,
    text: String,
    #[serde(default)]
    is_internal: bool,
}

pub async fn add_note(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
    body: Json<NoteRequest>,
) -> Result<HttpResponse, Problem> {
    let NoteRequest { note, text, is_internal } = body.value;
    let command = OrderCommand::AddNote { note: note.unwrap_or_else(fresh_entry), text, is_internal };
    perform(node, principal, &request, order_of(&path)?, command).await
}

fn fresh_entry() -> EntryId {
    EntryId::from_bytes(fresh_id())
}
