//! Which folded words orders are found by. Never the words of their customers, sites and equipment.

use sync_core::ids::OrderId;

use crate::on_db;
use crate::store::lengths::pieces;
use crate::store::{Result, Tx};

/// One word of one order.
pub type OrderWord<'a> = (OrderId, &'a str);

/// Adds words that orders did not have.
pub async fn add(tx: &mut Tx, words: &[OrderWord<'_>]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(words) {
        on_db!(tx, |db| {
            let mut query =
                sqlx::QueryBuilder::new("INSERT INTO order_words (organization_id, word, order_id) ");
            query.push_values(some, |mut row, (order, word)| {
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(*word)
                    .push_bind(order.as_bytes().as_slice());
            });
            query.push(" ON CONFLICT (organization_id, word, order_id) DO NOTHING");
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Takes words from orders that no longer have them.
pub async fn remove(tx: &mut Tx, words: &[OrderWord<'_>]) -> Result<()> {
    let organization = tx.organization();
    for (order, word) in words {
        on_db!(tx, |db| sqlx::query(
            "DELETE FROM order_words WHERE organization_id = $1 AND word = $2 AND order_id = $3"
        )
        .bind(organization.as_bytes().as_slice())
        .bind(*word)
        .bind(order.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    }
    Ok(())
}

/// How many of these words an order is found by.
pub async fn count_of(tx: &mut Tx, order: OrderId, words: &[&str]) -> Result<i64> {
    let organization = tx.organization();
    let mut count = 0;
    for some in pieces(words) {
        let found: i64 = on_db!(tx, |db| {
            let mut query =
                sqlx::QueryBuilder::new("SELECT COUNT(*) FROM order_words WHERE organization_id = ");
            query.push_bind(organization.as_bytes().as_slice());
            query.push(" AND order_id = ").push_bind(order.as_bytes().as_slice()).push(" AND word IN (");
            let mut members = query.separated(", ");
            for word in some {
                members.push_bind(*word);
            }
            query.push(")");
            query.build_query_scalar().fetch_one(db).await
        })?;
        count += found;
    }
    Ok(count)
}

/// How many words all orders together are found by.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    let organization = tx.organization();
    let count: i64 =
        on_db!(tx, |db| sqlx::query_scalar("SELECT COUNT(*) FROM order_words WHERE organization_id = $1")
            .bind(organization.as_bytes().as_slice())
            .fetch_one(db)
            .await)?;
    Ok(count)
}

/// Takes every word from every order; they can be made again.
pub async fn clear(tx: &mut Tx) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM order_words WHERE organization_id = $1")
        .bind(organization.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
