//! Creates an order over REST. Never creates a second one for an id that is used.

use jiff::tz::TimeZone;
use sync_core::ids::OrderId;
use sync_core::order::command::NewOrder;
use sync_core::order::{OrderCommand, Refused};
use sync_core::time::Timestamp;

use crate::orders::execute_command::{GivenCommand, check_command, execute_command};
use crate::orders::order_view::OrderView;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::reference::OrderKindFields;
use crate::store::records;
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
    mut new: NewOrder,
    now: Timestamp,
) -> Result<OrderView, OrderRefusal> {
    settle(orders, caller, &mut new).await?;
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

/// Says whether an order could be created; stores nothing.
///
/// # Errors
///
/// Those of [`create_order`].
pub async fn check_order(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    mut new: NewOrder,
    now: Timestamp,
) -> Result<(), OrderRefusal> {
    settle(orders, caller, &mut new).await?;
    let command = OrderCommand::CreateOrder(Box::new(new));
    check_command(orders, GivenCommand { caller, order, command, expected_version: None, now }).await
}

/// A new order begins with what its kind says. A kind nobody has described is only a word; a time zone has to exist.
async fn settle(orders: &Orders, caller: Caller, new: &mut NewOrder) -> Result<(), OrderRefusal> {
    if new.zone.as_deref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        return Err(OrderRefusal::Refused(Refused::InvalidValue { field: "zone" }));
    }
    let Some(key) = &new.kind else { return Ok(()) };
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let kind = records::find::<OrderKindFields>(&mut tx, key).await?;
    tx.commit().await?;
    match kind {
        Some(kind) if kind.archived => Err(OrderRefusal::Refused(Refused::InvalidValue { field: "kind" })),
        Some(kind) => {
            kind.fields.kind.value.fill(new);
            Ok(())
        }
        None => Ok(()),
    }
}
