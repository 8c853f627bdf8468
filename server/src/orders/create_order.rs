//! Creates an order over REST. Never creates a second one for an id that is used.

use sync_core::ids::OrderId;
use sync_core::order::command::NewOrder;
use sync_core::order::{OrderCommand, Refused};
use sync_core::time::Timestamp;

use crate::orders::execute_command::{GivenCommand, execute_command};
use crate::orders::order_view::OrderView;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::sync::Orders;

/// Creates an order, or returns the one this caller has created under the same id.
///
/// # Errors
///
/// Says why it is not possible; nothing is stored then.
pub async fn create_order(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    new: NewOrder,
    now: Timestamp,
) -> Result<OrderView, OrderRefusal> {
    let command = OrderCommand::CreateOrder(Box::new(new));
    let given = GivenCommand { caller, order, command, expected_version: None, now };
    match execute_command(orders, given).await {
        Err(OrderRefusal::Refused(Refused::WrongMoment)) => {
            let existing = read_order(orders, caller, order).await?;
            let is_own = existing.created_by() == Some(caller.user);
            if is_own { Ok(existing) } else { Err(OrderRefusal::Refused(Refused::WrongMoment)) }
        }
        other => other,
    }
}
