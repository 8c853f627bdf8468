//! Rows that say who works on an order, which is also what a technician's scope consists of. Never decides it.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{OrderId, UserId};
use sync_core::order::CrewRole;

use crate::on_db;
use crate::store::columns::{order_id, user_id};
use crate::store::lengths::{lists, push_orders};
use crate::store::{Result, StoreError, Tx};

/// Who works on an order, and in which part.
pub type Crew = BTreeMap<UserId, CrewRole>;

/// Who works on an order, and in which part.
pub async fn of_order(tx: &mut Tx, order: OrderId) -> Result<Crew> {
    Ok(of_orders(tx, &[order]).await?.remove(&order).unwrap_or_default())
}

/// Who works on these orders, and in which part.
pub async fn of_orders(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, Crew>> {
    let organization = tx.organization();
    let mut crews = BTreeMap::<_, Crew>::new();
    for list in lists(orders) {
        let rows: Vec<(Vec<u8>, Vec<u8>, String)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, user_id, crew_role FROM order_assignees WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (order, user, role) in rows {
            let role = CrewRole::parse(&role).ok_or_else(|| StoreError::internal("an unknown crew role"))?;
            crews.entry(order_id(&order)?).or_default().insert(user_id(&user)?, role);
        }
    }
    Ok(crews)
}

/// The orders a user works on.
pub async fn orders_of(tx: &mut Tx, user: UserId) -> Result<BTreeSet<OrderId>> {
    let organization = tx.organization();
    let rows: Vec<Vec<u8>> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT order_id FROM order_assignees WHERE organization_id = $1 AND user_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    rows.iter().map(|id| order_id(id)).collect()
}

/// Adds a user to those who work on an order, or changes the part.
pub async fn put(tx: &mut Tx, order: OrderId, user: UserId, role: CrewRole) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO order_assignees (organization_id, order_id, user_id, crew_role) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, order_id, user_id) DO UPDATE SET crew_role = $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(role.as_str())
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Takes a user from those who work on an order.
pub async fn delete(tx: &mut Tx, order: OrderId, user: UserId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM order_assignees WHERE organization_id = $1 AND order_id = $2 AND user_id = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
