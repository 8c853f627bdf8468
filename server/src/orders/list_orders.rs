//! Lists orders from their summaries, newest first. Never reads a document.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::OrderId;
use sync_core::time::Timestamp;

use crate::orders::{Caller, OrderRefusal};
use crate::store::order_summaries::{self, ListPlace, OrderFilter, OrderSummaryRow};
use crate::sync::Orders;

/// Orders on one page.
pub const LIST_ORDERS_MAX: u32 = 200;

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderListPage {
    /// The orders.
    pub orders: Vec<OrderSummaryRow>,
    /// How to ask for the next page; `None` on the last.
    pub next: Option<String>,
}

/// Lists the orders the caller sees and the filter lets through.
///
/// # Errors
///
/// Fails only when the database does.
pub async fn list_orders(
    orders: &Orders,
    caller: Caller,
    filter: OrderFilter,
    after: Option<ListPlace>,
    limit: u32,
) -> Result<OrderListPage, OrderRefusal> {
    let limit = limit.clamp(1, LIST_ORDERS_MAX);
    let filter =
        if caller.is_office() { filter } else { OrderFilter { technician: Some(caller.user), ..filter } };
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let mut rows = order_summaries::list(&mut tx, &filter, after, limit + 1).await?;
    tx.commit().await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| place_text((row.listed_at, row.order)));
    Ok(OrderListPage { orders: rows, next })
}

/// The text by which a place in the list is asked for again.
fn place_text((listed_at, order): ListPlace) -> String {
    format!("{}_{order}", listed_at.0)
}

/// Reads what `place_text` wrote.
pub fn parse_place(text: &str) -> Option<ListPlace> {
    let (listed_at, order) = text.split_once('_')?;
    Some((Timestamp(listed_at.parse().ok()?), order.parse::<OrderId>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back() {
        let place = (Timestamp(1_800_000_000_123), OrderId::from_bytes([9; 16]));

        assert_eq!(parse_place(&place_text(place)), Some(place));
        assert_eq!(parse_place("1_2"), None);
    }
}
