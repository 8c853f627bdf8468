//! The narrow rows by which lists of orders are sorted and filtered. Never what a list shows, which is the summary.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sync_core::ids::{OrderId, RecordId};
use sync_core::time::Timestamp;
use sync_core::workflow::StatusCategory;

use crate::on_db;
use crate::store::columns::order_id;
use crate::store::lengths::{lists, pieces, push_orders};
use crate::store::{Result, Tx};

/// Stands for a date that is missing: the end of the year 9999.
pub const FAR_FUTURE: i64 = 253_402_300_799_999;

/// A rank stands above this many bits of the time of listing.
const TIME_BITS: u32 = 44;

/// What lists need to know of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderListRow {
    /// The order.
    pub order: OrderId,
    /// When the server first took a change of it; never moves.
    pub listed_at: Timestamp,
    /// The digits of its number; 0 without one.
    pub number: i64,
    /// Its priority, then when it was listed.
    pub priority: i64,
    /// The category of its status, then when it was listed.
    pub status: i64,
    /// Start of its window, or `FAR_FUTURE`.
    pub window_start: i64,
    /// End of its window, or `FAR_FUTURE`.
    pub window_end: i64,
    /// Until when it is promised, or `FAR_FUTURE`.
    pub promised: i64,
    /// When it was created, as its author estimates.
    pub created_at: Timestamp,
    /// Since when it stands in its state, or 0.
    pub status_since: i64,
    /// Open attention items and disagreements.
    pub attention_count: i64,
    /// How many people work on it.
    pub assignee_count: i64,
    /// The customer.
    pub customer: Option<RecordId>,
    /// Where.
    pub site: Option<RecordId>,
    /// Its state.
    pub state: String,
    /// Its kind, or nothing.
    pub kind: String,
    /// On site, in the shop or remote.
    pub place: String,
    /// ISO 4217, or nothing.
    pub currency: String,
    /// Whether at least what the lines come to is paid.
    pub is_paid: bool,
}

/// A rank and a time as one number that sorts by the rank first.
pub fn ranked(rank: i64, at: Timestamp) -> i64 {
    (rank << TIME_BITS) | at.0.clamp(0, (1 << TIME_BITS) - 1)
}

/// The numbers of everything of a rank: from the first one up to, not including, the second.
pub const fn of_rank(rank: i64) -> (i64, i64) {
    (rank << TIME_BITS, (rank + 1) << TIME_BITS)
}

/// Where a category stands on the road of an order.
pub const fn category_rank(category: StatusCategory) -> i64 {
    category as i64
}

/// Reads one row of `SELECT`, whichever database it comes from.
macro_rules! list_row {
    ($row:ident) => {{
        let row = &$row;
        let id: Vec<u8> = row.try_get("order_id")?;
        let customer: Option<Vec<u8>> = row.try_get("customer_id")?;
        let site: Option<Vec<u8>> = row.try_get("site_id")?;
        OrderListRow {
            order: order_id(&id)?,
            listed_at: Timestamp(row.try_get("listed_at")?),
            number: row.try_get("sort_number")?,
            priority: row.try_get("sort_priority")?,
            status: row.try_get("sort_status")?,
            window_start: row.try_get("sort_window")?,
            window_end: row.try_get("window_end")?,
            promised: row.try_get("sort_promised")?,
            created_at: Timestamp(row.try_get("created_at")?),
            status_since: row.try_get("status_since")?,
            attention_count: row.try_get("attention_count")?,
            assignee_count: row.try_get("assignee_count")?,
            customer: customer.as_deref().and_then(RecordId::from_slice),
            site: site.as_deref().and_then(RecordId::from_slice),
            state: row.try_get("state")?,
            kind: row.try_get("kind")?,
            place: row.try_get("place")?,
            currency: row.try_get("currency")?,
            is_paid: row.try_get("is_paid")?,
        }
    }};
}

const SELECT: &str = "SELECT order_id, listed_at, sort_number, sort_priority, sort_status, sort_window, window_end, \
     sort_promised, created_at, status_since, attention_count, assignee_count, customer_id, site_id, state, kind, \
     place, currency, is_paid FROM order_list WHERE organization_id = ";

/// The rows of these orders; those that are not listed are left out.
pub async fn of_orders(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OrderListRow>> {
    let organization = tx.organization();
    let mut found = BTreeMap::new();
    for list in lists(orders) {
        let rows = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(SELECT);
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND order_id", list);
            let rows = query.build().fetch_all(db).await?;
            rows.iter().map(|row| Ok(list_row!(row))).collect::<Result<Vec<_>>>()
        })?;
        found.extend(rows.into_iter().map(|row| (row.order, row)));
    }
    Ok(found)
}

/// Stores rows, each with the name that stands for a customer who is not in the records. The name of one who is comes
/// from the records.
pub async fn put(tx: &mut Tx, rows: &[(&OrderListRow, &str)]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(rows) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(INSERT);
            let mut rows = query.separated(", ");
            for (row, name) in some {
                let customer = row.customer.map(|id| id.as_bytes().to_vec());
                rows.push("(").push_bind_unseparated(organization.as_bytes().as_slice());
                rows.push_bind(row.order.as_bytes().as_slice())
                    .push_bind(row.listed_at.0)
                    .push_bind(row.number)
                    .push_bind(row.priority)
                    .push_bind(row.status)
                    .push_bind(row.window_start)
                    .push_bind(row.window_end)
                    .push_bind(row.promised)
                    .push_bind(row.created_at.0)
                    .push_bind(row.status_since)
                    .push_bind(row.attention_count)
                    .push_bind(row.assignee_count)
                    .push_bind(customer.clone())
                    .push_bind(row.site.map(|id| id.as_bytes().to_vec()))
                    .push_bind(row.state.as_str())
                    .push_bind(row.kind.as_str())
                    .push_bind(row.place.as_str())
                    .push_bind(row.currency.as_str())
                    .push_bind(row.is_paid);
                rows.push("COALESCE((SELECT c.sort_name FROM customers c WHERE c.organization_id = ");
                rows.push_bind_unseparated(organization.as_bytes().as_slice())
                    .push_unseparated(" AND c.id = ")
                    .push_bind_unseparated(customer)
                    .push_unseparated("), ")
                    .push_bind_unseparated(*name)
                    .push_unseparated("))");
            }
            query.push(UPDATE);
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Drops the row of an order, which can be made again.
pub async fn delete(tx: &mut Tx, order: OrderId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM order_list WHERE organization_id = $1 AND order_id = $2")
        .bind(organization.as_bytes().as_slice())
        .bind(order.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Sorts the orders of a customer by a name that is new.
pub async fn rename_customer(tx: &mut Tx, customer: RecordId, sort_name: &str) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE order_list SET sort_customer = $3 \
         WHERE organization_id = $1 AND customer_id = $2 AND sort_customer <> $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(customer.as_bytes().as_slice())
    .bind(sort_name)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Whether an order is sorted by the name its customer has.
pub async fn has_current_name(tx: &mut Tx, order: OrderId, draft_name: &str) -> Result<bool> {
    let organization = tx.organization();
    let wrong: i64 = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT COUNT(*) FROM order_list l WHERE l.organization_id = $1 AND l.order_id = $2 \
         AND l.sort_customer <> COALESCE((SELECT c.sort_name FROM customers c \
         WHERE c.organization_id = $1 AND c.id = l.customer_id), $3)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(draft_name)
    .fetch_one(db)
    .await)?;
    Ok(wrong == 0)
}

const INSERT: &str = "INSERT INTO order_list (organization_id, order_id, listed_at, sort_number, sort_priority, \
     sort_status, sort_window, window_end, sort_promised, created_at, status_since, attention_count, \
     assignee_count, customer_id, site_id, state, kind, place, currency, is_paid, sort_customer) VALUES ";

const UPDATE: &str = " ON CONFLICT (organization_id, order_id) DO UPDATE SET sort_number = excluded.sort_number, \
     sort_priority = excluded.sort_priority, sort_status = excluded.sort_status, sort_window = excluded.sort_window, \
     window_end = excluded.window_end, sort_promised = excluded.sort_promised, created_at = excluded.created_at, \
     status_since = excluded.status_since, attention_count = excluded.attention_count, \
     assignee_count = excluded.assignee_count, customer_id = excluded.customer_id, site_id = excluded.site_id, \
     state = excluded.state, kind = excluded.kind, place = excluded.place, currency = excluded.currency, \
     is_paid = excluded.is_paid, sort_customer = excluded.sort_customer";
