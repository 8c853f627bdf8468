//! Which equipment orders are about. Never the equipment itself.

use std::collections::BTreeSet;

use sync_core::ids::{OrderId, RecordId};

use crate::on_db;
use crate::store::lengths::pieces;
use crate::store::{Result, Tx, read_id};

/// One piece of equipment of one order.
pub type OrderEquipment = (OrderId, RecordId);

/// Adds equipment that orders did not have.
pub async fn add(tx: &mut Tx, rows: &[OrderEquipment]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(rows) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO order_equipment (organization_id, order_id, equipment_id) ",
            );
            query.push_values(some, |mut row, (order, equipment)| {
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(order.as_bytes().as_slice())
                    .push_bind(equipment.as_bytes().as_slice());
            });
            query.push(" ON CONFLICT (organization_id, order_id, equipment_id) DO NOTHING");
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Takes equipment from orders that are no longer about it.
pub async fn remove(tx: &mut Tx, rows: &[OrderEquipment]) -> Result<()> {
    let organization = tx.organization();
    for (order, equipment) in rows {
        on_db!(tx, |db| sqlx::query(
            "DELETE FROM order_equipment WHERE organization_id = $1 AND order_id = $2 AND equipment_id = $3"
        )
        .bind(organization.as_bytes().as_slice())
        .bind(order.as_bytes().as_slice())
        .bind(equipment.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    }
    Ok(())
}

/// The equipment of one order.
pub async fn of_order(tx: &mut Tx, order: OrderId) -> Result<BTreeSet<RecordId>> {
    let organization = tx.organization();
    let ids: Vec<Vec<u8>> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT equipment_id FROM order_equipment WHERE organization_id = $1 AND order_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    ids.iter().map(|id| read_id(id)).collect()
}

/// Takes every equipment from every order; it can be noted again.
pub async fn clear(tx: &mut Tx) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM order_equipment WHERE organization_id = $1")
        .bind(organization.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
