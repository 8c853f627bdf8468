//! What a decision about orders needs to know first, in one look: where each stands and whether anything is set aside.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sync_core::ids::OrderId;

use crate::on_db;
use crate::store::columns::{digest_of, hashes, order_id, unsigned};
use crate::store::lengths::{lists, push_orders};
use crate::store::orders::OrderHeadRow;
use crate::store::{Result, Tx};

/// What is stored of an order besides its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLook {
    /// Where it stands.
    pub head: OrderHeadRow,
    /// How often it made the software fail.
    pub failures: u64,
    /// Whether a change of it was refused for good.
    pub has_refused: bool,
    /// Whether a change of it is held that nobody has decided about.
    pub has_held: bool,
}

const SELECT: &str = "SELECT o.order_id, o.version, o.change_count, o.digest_low, o.digest_high, o.heads, \
     o.save_position, COALESCE((SELECT f.failures FROM order_failures f \
     WHERE f.organization_id = o.organization_id AND f.order_id = o.order_id), 0) AS failures, \
     EXISTS (SELECT 1 FROM refused_changes r WHERE r.organization_id = o.organization_id \
     AND r.order_id = o.order_id AND r.is_final) AS has_refused, \
     EXISTS (SELECT 1 FROM held_changes h WHERE h.organization_id = o.organization_id \
     AND h.order_id = o.order_id AND h.decision IS NULL) AS has_held \
     FROM orders o WHERE o.organization_id = ";

/// Reads one row of `SELECT`, whichever database it comes from.
macro_rules! look {
    ($row:ident) => {{
        let id: Vec<u8> = $row.try_get("order_id")?;
        let heads: Vec<u8> = $row.try_get("heads")?;
        let head = OrderHeadRow {
            version: $row.try_get("version")?,
            change_count: $row.try_get("change_count")?,
            digest: digest_of($row.try_get("digest_low")?, $row.try_get("digest_high")?),
            heads: hashes(&heads)?,
            save_position: $row.try_get("save_position")?,
        };
        let look = OrderLook {
            head,
            failures: unsigned($row.try_get("failures")?),
            has_refused: $row.try_get("has_refused")?,
            has_held: $row.try_get("has_held")?,
        };
        (order_id(&id)?, look)
    }};
}

/// Looks at these orders; those without a row are left out.
pub async fn of_orders(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OrderLook>> {
    let organization = tx.organization();
    let mut looks = BTreeMap::new();
    for list in lists(orders) {
        let rows = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(SELECT);
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND o.order_id", list);
            let rows = query.build().fetch_all(db).await?;
            rows.iter().map(|row| Ok(look!(row))).collect::<Result<Vec<_>>>()
        })?;
        looks.extend(rows);
    }
    Ok(looks)
}
