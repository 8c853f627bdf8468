//! `GET /v1/orders` and its counts: filters, sort and page as query parameters. Never changes an order.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sync_core::ids::{RecordId, UserId};
use sync_core::order::Priority;
use sync_core::order::plan::Place;
use sync_core::time::Timestamp;
use sync_core::workflow::StatusCategory;

use crate::accounts::Principal;
use crate::http::error::Problem;
use crate::http::node::Node;
use crate::orders::Caller;
use crate::orders::count_orders;
use crate::orders::list_orders::{self, LIST_ORDERS_MAX, ListOrders};
use crate::refusal::{FieldProblem, Refusal};
use crate::search_text::query_words;
use crate::store::order_search::{OrderFilter, OrderSort, TimeRange};

const LIST_ORDERS_DEFAULT: u32 = 50;
const QUERY_LENGTH_MAX: usize = 200;

/// What a list is narrowed to, by what it is sorted and which page of it is asked for. Times are milliseconds since
/// 1970; a range ends before its `until`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
pub struct ListOrdersRequest {
    /// Words that occur, or their beginnings: number, reason, customer, telephone, tax id, serial number.
    #[serde(default)]
    pub q: String,
    /// One state of a workflow.
    pub state: Option<String>,
    pub category: Option<StatusCategory>,
    /// Whether work is ahead or under way.
    pub open: Option<bool>,
    pub technician: Option<UserId>,
    pub customer: Option<RecordId>,
    pub site: Option<RecordId>,
    pub equipment: Option<RecordId>,
    pub kind: Option<String>,
    pub priority: Option<Priority>,
    pub place: Option<Place>,
    pub currency: Option<String>,
    /// Whether at least what its lines come to is paid.
    pub paid: Option<bool>,
    pub attention: Option<bool>,
    pub unassigned: Option<bool>,
    /// Whether it waits in the shared pool for somebody to take it.
    pub pool: Option<bool>,
    pub late: Option<bool>,
    /// Orders whose window touches the time from here.
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub promised_from: Option<i64>,
    pub promised_until: Option<i64>,
    pub created_from: Option<i64>,
    pub created_until: Option<i64>,
    /// `listed`, `promised`, `window`, `priority`, `number`, `customer` or `status`; `-` before it turns it round.
    pub sort: Option<String>,
    /// The `next` of the page before.
    pub page: Option<String>,
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u32>,
}

impl ListOrdersRequest {
    /// What is asked, in the words of the operation.
    pub fn read(self, now: Timestamp) -> Result<ListOrders, Problem> {
        if self.q.chars().count() > QUERY_LENGTH_MAX {
            return Err(Refusal::invalid("q", FieldProblem::TooLong).into());
        }
        let sort = self.sort.as_deref().map(OrderSort::parse);
        if sort == Some(None) {
            return Err(Refusal::invalid("sort", FieldProblem::Unknown).into());
        }
        let limit = self.limit.unwrap_or(LIST_ORDERS_DEFAULT);
        if limit == 0 || limit > LIST_ORDERS_MAX {
            return Err(Refusal::invalid("limit", FieldProblem::Range).into());
        }
        let range = |from: Option<i64>, until: Option<i64>| TimeRange {
            from: from.map(Timestamp),
            until: until.map(Timestamp),
        };
        let filter = OrderFilter {
            state: self.state,
            category: self.category,
            is_open: self.open,
            technicians: self.technician.map(|technician| vec![technician]).into_iter().collect(),
            customer: self.customer,
            site: self.site,
            equipment: self.equipment,
            kind: self.kind,
            priority: self.priority,
            place: self.place,
            currency: self.currency,
            is_paid: self.paid,
            needs_attention: self.attention,
            is_unassigned: self.unassigned,
            is_in_pool: self.pool,
            is_late: self.late.map(|is_late| (is_late, now)),
            window: range(self.from, self.until),
            promised: range(self.promised_from, self.promised_until),
            created: range(self.created_from, self.created_until),
            words: query_words(&self.q),
        };
        Ok(ListOrders { filter, sort: sort.flatten().unwrap_or_default(), page: self.page, limit })
    }
}

pub async fn list_orders(
    node: Node,
    principal: Principal,
    query: web::Query<ListOrdersRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, now) = (node.0.clone(), Caller::of(&principal), node.0.clock.now());
    let asked = query.into_inner().read(now)?;
    let list = async move { list_orders::list_orders(&app.orders, caller, asked, now).await };
    Ok(HttpResponse::Ok().json(node.run(list).await?))
}

pub async fn get_counts(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let counting = async move { count_orders::count_orders(&app.orders, caller, app.clock.now()).await };
    Ok(HttpResponse::Ok().json(node.run(counting).await?))
}
