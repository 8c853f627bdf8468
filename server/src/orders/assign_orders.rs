//! Assigns many orders at once: one command for each, one answer for each. Never all or nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{OrderId, UserId};
use sync_core::order::{CrewRole, OrderCommand};
use sync_core::time::Timestamp;

use crate::orders::execute_command::{GivenCommand, execute_command};
use crate::orders::{Caller, OrderRefusal};
use crate::sync::Orders;

/// Orders in one request.
pub const ASSIGN_ORDERS_MAX: usize = 200;

/// Who is to work on which orders.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignOrders {
    /// At most 200; one that stands here twice is answered twice.
    pub orders: Vec<OrderId>,
    pub technician: UserId,
    /// `lead`, unless it says otherwise.
    pub role: Option<CrewRole>,
}

/// What became of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssignedOrder {
    pub order: OrderId,
    /// `assigned`, also where it was before; otherwise the code of the refusal.
    pub outcome: &'static str,
    /// The rule that stands against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// The version after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Gives the command to each order in turn. Repeating it changes nothing that is done.
///
/// # Errors
///
/// Fails as a whole only when the database does; what was assigned before stays assigned, and repeating goes on.
pub async fn assign_orders(
    orders: &Orders,
    caller: Caller,
    asked: AssignOrders,
    now: Timestamp,
) -> Result<Vec<AssignedOrder>, OrderRefusal> {
    let mut outcomes = Vec::with_capacity(asked.orders.len());
    for order in asked.orders {
        let command =
            OrderCommand::Assign { technician: asked.technician, role: asked.role.unwrap_or(CrewRole::Lead) };
        let given = GivenCommand { caller, order, command, expected_version: None, now };
        let (outcome, rule, version) = match execute_command(orders, given).await {
            Ok(view) => ("assigned", None, Some(view.version)),
            Err(OrderRefusal::NotFound) => ("not_found", None, None),
            Err(OrderRefusal::RoleForbidden) => ("role_forbidden", None, None),
            Err(OrderRefusal::Refused(refused)) => ("invalid", Some(refused.code()), None),
            Err(OrderRefusal::Stopped) => ("gone", None, None),
            Err(
                failed @ (OrderRefusal::Stale(_)
                | OrderRefusal::Other(_)
                | OrderRefusal::Page(_)
                | OrderRefusal::Store(_)),
            ) => return Err(failed),
        };
        outcomes.push(AssignedOrder { order, outcome, rule, version });
    }
    Ok(outcomes)
}
