//! Reads one order as its caller may see it. Never writes.

use sync_core::ids::OrderId;
use sync_core::order::Named;

use crate::orders::execute_command::damaged;
use crate::orders::order_view::OrderView;
use crate::orders::{Caller, OrderRefusal};
use crate::sync::Orders;
use crate::sync::order_state::StoredOrder;

/// Reads one order.
///
/// # Errors
///
/// `NotFound` for an order that does not exist or that the caller does not see, alike.
pub async fn read_order(orders: &Orders, caller: Caller, order: OrderId) -> Result<OrderView, OrderRefusal> {
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let stored = StoredOrder::load(&mut tx, orders.documents(), order).await?;
    caller.require_visible(&stored)?;
    let document = stored.open(orders.documents()).map_err(damaged)?.document.unwrap_or_default();
    let workflows = orders.workflows(&mut tx, &Named::by(&document)).await?;
    tx.commit().await?;
    orders.documents().put(caller.organization, order, document.clone());
    Ok(OrderView::of(order, &document, &workflows, caller.role))
}
