//! Rows that bind a pen to the user and device it was first seen with. Never rebinds one.

use std::collections::BTreeMap;

use sync_core::ids::{ActorId, DeviceId, OrderId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{actor_id, device_id, order_id, user_id};
use crate::store::lengths::{lists, pieces, push_orders};
use crate::store::{Result, Tx};

/// Whose a pen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorRow {
    /// Its user.
    pub user: UserId,
    /// Its device; `None` for the pen the server holds for a user.
    pub device: Option<DeviceId>,
}

/// Every pen that wrote in these orders.
pub async fn of_orders(
    tx: &mut Tx,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, BTreeMap<ActorId, ActorRow>>> {
    type Columns = (Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>);
    let organization = tx.organization();
    let mut actors = BTreeMap::<_, BTreeMap<_, _>>::new();
    for list in lists(orders) {
        let rows: Vec<Columns> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, actor, user_id, device_id FROM actors WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, actor, user, device) in rows {
            let row =
                ActorRow { user: user_id(&user)?, device: device.as_deref().map(device_id).transpose()? };
            actors.entry(order_id(&order)?).or_default().insert(actor_id(&actor)?, row);
        }
    }
    Ok(actors)
}

/// A pen to be bound.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The order it writes in.
    pub order: OrderId,
    /// The pen.
    pub actor: ActorId,
    /// Whose it is.
    pub row: ActorRow,
    /// Since when.
    pub bound_at: Timestamp,
}

/// Binds pens; one that is bound stays as it is.
pub async fn bind(tx: &mut Tx, bindings: &[Binding]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(bindings) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO actors (organization_id, order_id, actor, user_id, device_id, bound_at) ",
            );
            query.push_values(some, |mut values, binding| {
                values
                    .push_bind(organization.as_bytes().as_slice())
                    .push_bind(binding.order.as_bytes().as_slice())
                    .push_bind(binding.actor.as_bytes().as_slice())
                    .push_bind(binding.row.user.as_bytes().as_slice())
                    .push_bind(binding.row.device.map(|id| id.as_bytes().to_vec()))
                    .push_bind(binding.bound_at.0);
            });
            query.push(" ON CONFLICT (organization_id, order_id, actor) DO NOTHING");
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}
