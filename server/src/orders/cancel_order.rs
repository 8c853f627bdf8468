//! Cancels an order, whatever its workflow calls that. Never guesses when the workflow has no such state.

use sync_core::ids::{EntryId, OrderId};
use sync_core::order::{Named, OrderCommand, Refused};
use sync_core::time::Timestamp;
use sync_core::workflow::StatusCategory;

use crate::orders::execute_command::{GivenCommand, execute_command};
use crate::orders::order_view::OrderView;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::sync::Orders;

/// Who cancels which order, and why.
#[derive(Debug, Clone)]
pub struct CancelOrder {
    /// Who.
    pub caller: Caller,
    /// The order.
    pub order: OrderId,
    /// Id of the step.
    pub event: EntryId,
    /// Why.
    pub reason: Option<String>,
    /// The version the caller looked at, where another one must refuse the command.
    pub expected_version: Option<String>,
    /// When.
    pub now: Timestamp,
}

/// Takes an order to the cancelled state of its workflow.
///
/// # Errors
///
/// Says why it is not possible; nothing is stored then.
pub async fn cancel_order(orders: &Orders, cancelling: CancelOrder) -> Result<OrderView, OrderRefusal> {
    let CancelOrder { caller, order, event, reason, expected_version, now } = cancelling;
    let view = read_order(orders, caller, order).await?;
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let workflows = orders.workflows(&mut tx, &Named::from(&view.plan)).await?;
    tx.commit().await?;
    let workflow = workflows.of(&view.plan);
    let cancelled = workflow.states.iter().find(|state| state.category == StatusCategory::Cancelled);
    let to = cancelled.map(|state| state.key.clone());
    let to = to.ok_or(OrderRefusal::Refused(Refused::WrongMoment))?;
    let command = OrderCommand::ChangeStatus { event, to, reason };
    execute_command(orders, GivenCommand { caller, order, command, expected_version, now }).await
}
