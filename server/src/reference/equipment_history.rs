//! What happened to a piece of equipment: where it was, and the orders about it. Never changes anything.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::app::App;
use crate::orders::list_orders::{ListOrders, ListedOrder, list_orders};
use crate::orders::{Caller, OrderRefusal};
use crate::reference::{EquipmentFields, ReferenceFields};
use crate::refusal::Refusal;
use crate::store::equipment_moves::{self, EquipmentMove};
use crate::store::order_search::OrderFilter;

/// Orders shown; the list of orders has the others.
const ORDERS_MAX: u32 = 100;

/// The newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EquipmentHistory {
    pub moves: Vec<EquipmentMove>,
    /// As the list of orders shows them.
    pub orders: Vec<ListedOrder>,
}

pub async fn equipment_history(
    app: &App,
    principal: &Principal,
    id: RecordId,
) -> Result<EquipmentHistory, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    EquipmentFields::get(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let moves = equipment_moves::of(&mut tx, id).await?;
    tx.commit().await?;
    let caller = Caller::of(principal);
    let filter = OrderFilter { equipment: Some(id), ..OrderFilter::default() };
    let asked = ListOrders { filter, limit: ORDERS_MAX, ..ListOrders::default() };
    let page = list_orders(&app.orders, caller, asked, app.clock.now()).await.map_err(refusal_of)?;
    Ok(EquipmentHistory { moves, orders: page.orders })
}

fn refusal_of(refusal: OrderRefusal) -> Refusal {
    match refusal {
        OrderRefusal::NotFound => Refusal::NotFound,
        OrderRefusal::RoleForbidden => Refusal::RoleForbidden,
        OrderRefusal::Store(error) => error.into(),
        OrderRefusal::Other(refusal) => refusal,
        refused @ (OrderRefusal::Stale(_)
        | OrderRefusal::Refused(_)
        | OrderRefusal::Stopped
        | OrderRefusal::Page(_)) => Refusal::internal(&refused.to_string()),
    }
}
