//! Rows that bind a pen to the user and device it was first seen with. Never rebinds one.

use std::collections::BTreeMap;

use sync_core::ids::{ActorId, DeviceId, OrderId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{actor_id, device_id, user_id};
use crate::store::{Result, Tx};

/// Whose a pen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorRow {
    /// Its user.
    pub user: UserId,
    /// Its device; `None` for the pen the server holds for a user.
    pub device: Option<DeviceId>,
}

/// Every pen that wrote in an order.
pub async fn of_order(tx: &mut Tx, order: OrderId) -> Result<BTreeMap<ActorId, ActorRow>> {
    type Columns = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT actor, user_id, device_id FROM actors WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    rows.into_iter()
        .map(|(actor, user, device)| {
            let row =
                ActorRow { user: user_id(&user)?, device: device.as_deref().map(device_id).transpose()? };
            Ok((actor_id(&actor)?, row))
        })
        .collect()
}

/// Binds a pen; one that is bound stays as it is.
pub async fn bind(tx: &mut Tx, order: OrderId, actor: ActorId, row: ActorRow, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO actors (organization_id, order_id, actor, user_id, device_id, bound_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, order_id, actor) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(actor.as_bytes().as_slice())
    .bind(row.user.as_bytes().as_slice())
    .bind(row.device.map(|id| id.as_bytes().to_vec()))
    .bind(now.0)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
