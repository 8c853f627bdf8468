//! Lists orders from their rows: filtered, sorted, page by page. Never reads a document.

mod page_token;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::UserId;
use sync_core::order::CrewRole;
use sync_core::time::Timestamp;

pub use page_token::PageTokenError;

use crate::orders::{Caller, OrderRefusal};
use crate::store::order_list::{self, OrderListRow};
use crate::store::order_search::{self, OrderFilter, OrderQuery, OrderSort, is_late};
use crate::store::order_summaries::{self, OrderSummaryRow};
use crate::store::{StoreError, Tx, customers, order_assignees};
use crate::sync::Orders;

/// Orders on one page.
pub const LIST_ORDERS_MAX: u32 = 200;

/// What is asked of the list.
#[derive(Debug, Clone, Default)]
pub struct ListOrders {
    /// Which orders.
    pub filter: OrderFilter,
    /// In which order.
    pub sort: OrderSort,
    /// The text by which the page before named this one.
    pub page: Option<String>,
    /// At most how many.
    pub limit: u32,
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderListPage {
    /// The orders.
    pub orders: Vec<ListedOrder>,
    /// How to ask for the next page; `None` on the last.
    pub next: Option<String>,
}

/// One order as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedOrder {
    /// What is known of it.
    #[serde(flatten)]
    pub summary: OrderSummaryRow,
    /// What the customer is called.
    pub customer_name: Option<String>,
    /// Who works on it, in which part.
    pub assignees: BTreeMap<UserId, CrewRole>,
    /// Who may take it from the shared pool.
    pub offered_to: BTreeSet<UserId>,
    /// Whether it is late at the moment of reading.
    pub is_late: bool,
}

/// Lists the orders the caller sees and the filter lets through.
///
/// # Errors
///
/// `Page` when the page is one of another list; otherwise fails only when the database does.
pub async fn list_orders(
    orders: &Orders,
    caller: Caller,
    asked: ListOrders,
    now: Timestamp,
) -> Result<OrderListPage, OrderRefusal> {
    let limit = asked.limit.clamp(1, LIST_ORDERS_MAX);
    let query = to_query(caller, asked, limit + 1)?;
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let mut places = order_search::page(&mut tx, &query).await?;
    let has_more = places.len() > limit as usize;
    places.truncate(limit as usize);
    let next = places.last().filter(|_| has_more).map(|place| page_token::text_of(place, &query));
    let ids: Vec<_> = places.iter().map(|place| place.order).collect();
    let rows = rows_of(&mut tx, &ids, now).await?;
    tx.commit().await?;
    Ok(OrderListPage { orders: rows, next })
}

/// The query of a caller, who sees every order or only their own.
pub(crate) fn to_query(caller: Caller, asked: ListOrders, limit: u32) -> Result<OrderQuery, OrderRefusal> {
    let ListOrders { mut filter, sort, page, .. } = asked;
    if !caller.is_office() {
        filter.technicians.push(vec![caller.user]);
    }
    let mut query = OrderQuery { filter, sort, after: None, limit };
    query.after = page.map(|text| page_token::place_of(&text, &query)).transpose()?;
    Ok(query)
}

/// What lists show of these orders, in this order.
pub(crate) async fn rows_of(
    tx: &mut Tx,
    ids: &[sync_core::ids::OrderId],
    now: Timestamp,
) -> Result<Vec<ListedOrder>, StoreError> {
    let mut summaries = order_summaries::of_orders(tx, ids).await?;
    let mut crews = order_assignees::of_orders(tx, ids).await?;
    let rows = order_list::of_orders(tx, ids).await?;
    let customer_ids: Vec<_> = summaries.values().filter_map(|summary| summary.customer).collect();
    let names = customers::names(tx, &customer_ids).await?;
    let mut listed = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(summary) = summaries.remove(id) else { continue };
        let name = summary.customer.and_then(|customer| names.get(&customer).cloned());
        let audience = crews.remove(id).unwrap_or_default();
        let (offered, assignees): (BTreeMap<_, _>, _) =
            audience.into_iter().partition(|(_, role)| *role == CrewRole::Offered);
        listed.push(ListedOrder {
            customer_name: name.or_else(|| summary.draft_customer.clone()),
            assignees,
            offered_to: offered.into_keys().collect(),
            is_late: rows.get(id).is_some_and(|row: &OrderListRow| is_late(row, now)),
            summary,
        });
    }
    Ok(listed)
}
