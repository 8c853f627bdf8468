//! Rows that lists, search and reports read: the projection of each order. Never the truth; they can be rebuilt.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::Row;
use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::lengths::{filled, insert_meant, lists, push_orders};
use crate::store::{Result, Tx};

/// One order as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderSummaryRow {
    /// The order.
    pub order: OrderId,
    /// When the server first took a change of it.
    pub listed_at: Timestamp,
    /// Whether the change that creates it has arrived.
    #[serde(skip)]
    pub is_created: bool,
    /// Its number.
    pub number: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Its workflow.
    pub workflow: String,
    /// Its state in that workflow.
    pub state: String,
    /// What the state means.
    pub category: String,
    /// How soon it matters.
    pub priority: String,
    /// Why the customer asked.
    pub reason: Option<String>,
    /// The customer.
    pub customer: Option<RecordId>,
    /// Name of a customer not yet in the records.
    pub draft_customer: Option<String>,
    /// Where.
    pub site: Option<RecordId>,
    /// On site, in the shop or remote.
    pub place: String,
    /// What it is about, sorted.
    pub equipment: Vec<RecordId>,
    /// Since when it stands in its state.
    pub status_since: Option<Timestamp>,
    /// Start of the arrival window.
    pub window_start: Option<Timestamp>,
    /// End of the arrival window.
    pub window_end: Option<Timestamp>,
    /// Until when the work is promised.
    pub promised: Option<Timestamp>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Sum of the priced lines in minor units.
    pub total_minor: Option<i64>,
    /// What was received in the order's currency less what was given back, in minor units.
    pub paid_minor: i64,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// When, as its author estimates.
    pub created_at: Option<Timestamp>,
    /// Open attention items.
    pub attention_count: i64,
    /// Open disagreements.
    pub conflict_count: i64,
    /// Visits under way.
    pub running_visit_count: i64,
    /// Material and service lines.
    pub line_count: i64,
    /// Remarks.
    pub note_count: i64,
    /// Photos.
    pub photo_count: i64,
    /// Expenses.
    pub expense_count: i64,
    /// Whether somebody signed.
    pub is_signed: bool,
    /// The folded words it is found by, each after a space.
    #[serde(skip)]
    pub search: String,
}

/// Reads one row of `SELECT`, whichever database it comes from.
macro_rules! summary_row {
    ($row:ident) => {{
        let row = &$row;
        let id: Vec<u8> = row.try_get("order_id")?;
        OrderSummaryRow {
            order: OrderId::from_slice(&id).ok_or_else(|| decode_error("order_id"))?,
            listed_at: Timestamp(row.try_get("listed_at")?),
            is_created: row.try_get("is_created")?,
            number: row.try_get("number")?,
            kind: row.try_get("kind")?,
            workflow: row.try_get("workflow")?,
            state: row.try_get("state")?,
            category: row.try_get("category")?,
            priority: row.try_get("priority")?,
            reason: row.try_get("reason")?,
            customer: record(row.try_get("customer_id")?),
            draft_customer: row.try_get("draft_customer")?,
            site: record(row.try_get("site_id")?),
            place: row.try_get("place")?,
            equipment: records(row.try_get("equipment")?),
            status_since: at(row.try_get("status_since")?),
            window_start: at(row.try_get("window_start")?),
            window_end: at(row.try_get("window_end")?),
            promised: at(row.try_get("promised")?),
            currency: row.try_get("currency")?,
            total_minor: row.try_get("total_minor")?,
            paid_minor: row.try_get("paid_minor")?,
            created_by: user(row.try_get("created_by")?),
            created_at: at(row.try_get("created_at")?),
            attention_count: row.try_get("attention_count")?,
            conflict_count: row.try_get("conflict_count")?,
            running_visit_count: row.try_get("running_visit_count")?,
            line_count: row.try_get("line_count")?,
            note_count: row.try_get("note_count")?,
            photo_count: row.try_get("photo_count")?,
            expense_count: row.try_get("expense_count")?,
            is_signed: row.try_get("is_signed")?,
            search: row.try_get("search")?,
        }
    }};
}

fn decode_error(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} has the wrong length").into())
}

fn at(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp)
}

fn record(id: Option<Vec<u8>>) -> Option<RecordId> {
    RecordId::from_slice(&id?)
}

fn records(ids: &str) -> Vec<RecordId> {
    ids.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn record_words(ids: &[RecordId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn user(id: Option<Vec<u8>>) -> Option<UserId> {
    UserId::from_slice(&id?)
}

/// Stores the rows of orders; `listed_at` of a row that exists stays as it is.
pub async fn put(tx: &mut Tx, rows: &[&OrderSummaryRow]) -> Result<()> {
    let organization = tx.organization();
    for (_, some) in filled(rows) {
        on_db!(tx, |db| {
            let mut query = insert_meant!(INSERT, 34, some, |values, row| {
                values
                    .push_bind(organization.as_bytes().as_slice())
                    .push_bind(row.order.as_bytes().as_slice())
                    .push_bind(row.listed_at.0)
                    .push_bind(row.is_created)
                    .push_bind(row.number.as_deref())
                    .push_bind(row.kind.as_deref())
                    .push_bind(row.workflow.as_str())
                    .push_bind(row.state.as_str())
                    .push_bind(row.category.as_str())
                    .push_bind(row.priority.as_str())
                    .push_bind(row.reason.as_deref())
                    .push_bind(row.customer.map(|id| id.as_bytes().to_vec()))
                    .push_bind(row.draft_customer.as_deref())
                    .push_bind(row.site.map(|id| id.as_bytes().to_vec()))
                    .push_bind(row.place.as_str())
                    .push_bind(record_words(&row.equipment))
                    .push_bind(row.status_since.map(|at| at.0))
                    .push_bind(row.window_start.map(|at| at.0))
                    .push_bind(row.window_end.map(|at| at.0))
                    .push_bind(row.promised.map(|at| at.0))
                    .push_bind(row.currency.as_deref())
                    .push_bind(row.total_minor)
                    .push_bind(row.paid_minor)
                    .push_bind(row.created_by.map(|id| id.as_bytes().to_vec()))
                    .push_bind(row.created_at.map(|at| at.0))
                    .push_bind(row.attention_count)
                    .push_bind(row.conflict_count)
                    .push_bind(row.running_visit_count)
                    .push_bind(row.line_count)
                    .push_bind(row.note_count)
                    .push_bind(row.photo_count)
                    .push_bind(row.expense_count)
                    .push_bind(row.is_signed)
                    .push_bind(row.search.as_str());
            });
            query.push(UPDATE);
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Drops the row of an order, which can be made again.
pub async fn delete(tx: &mut Tx, order: OrderId) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query("DELETE FROM order_summaries WHERE organization_id = $1 AND order_id = $2")
        .bind(organization.as_bytes().as_slice())
        .bind(order.as_bytes().as_slice())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The row of one order.
pub async fn find(tx: &mut Tx, order: OrderId) -> Result<Option<OrderSummaryRow>> {
    let organization = tx.organization();
    let row = on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new(SELECT);
        query.push_bind(organization.as_bytes().to_vec());
        query.push(" AND s.order_id = ").push_bind(order.as_bytes().to_vec());
        let row = query.build().fetch_optional(db).await?;
        row.map(|row| Ok::<_, sqlx::Error>(summary_row!(row))).transpose()
    })?;
    Ok(row)
}

/// The rows of these orders; those that are not known are left out.
pub async fn of_orders(tx: &mut Tx, orders: &[OrderId]) -> Result<BTreeMap<OrderId, OrderSummaryRow>> {
    let organization = tx.organization();
    let mut found = BTreeMap::new();
    for list in lists(orders) {
        let rows = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(SELECT);
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND s.order_id", list);
            let rows = query.build().fetch_all(db).await?;
            rows.iter().map(|row| Ok(summary_row!(row))).collect::<Result<Vec<_>, sqlx::Error>>()
        })?;
        found.extend(rows.into_iter().map(|row: OrderSummaryRow| (row.order, row)));
    }
    Ok(found)
}

const SELECT: &str = "SELECT s.order_id, s.listed_at, is_created, number, kind, workflow, state, category, priority, reason, \
         customer_id, draft_customer, site_id, place, equipment, status_since, window_start, window_end, promised, currency, total_minor, \
         paid_minor, created_by, created_at, attention_count, conflict_count, running_visit_count, line_count, \
         note_count, photo_count, expense_count, is_signed, search \
     FROM order_summaries s WHERE s.organization_id = ";

const INSERT: &str = "INSERT INTO order_summaries (organization_id, order_id, listed_at, is_created, number, kind, workflow, \
     state, category, priority, reason, customer_id, draft_customer, site_id, place, equipment, status_since, window_start, window_end, \
     promised, currency, total_minor, paid_minor, created_by, created_at, attention_count, conflict_count, \
     running_visit_count, line_count, note_count, photo_count, expense_count, is_signed, search) ";

const UPDATE: &str = " ON CONFLICT (organization_id, order_id) DO UPDATE SET is_created = excluded.is_created, number = \
     excluded.number, kind = excluded.kind, workflow = excluded.workflow, state = excluded.state, category = \
     excluded.category, priority = excluded.priority, reason = excluded.reason, customer_id = \
     excluded.customer_id, draft_customer = excluded.draft_customer, site_id = excluded.site_id, \
     place = excluded.place, equipment = excluded.equipment, status_since = excluded.status_since, \
     window_start = excluded.window_start, window_end = excluded.window_end, promised = excluded.promised, \
     currency = excluded.currency, total_minor = excluded.total_minor, \
     paid_minor = excluded.paid_minor, created_by = excluded.created_by, \
     created_at = excluded.created_at, attention_count = excluded.attention_count, conflict_count = \
     excluded.conflict_count, running_visit_count = excluded.running_visit_count, line_count = \
     excluded.line_count, note_count = excluded.note_count, photo_count = excluded.photo_count, \
     expense_count = excluded.expense_count, is_signed = excluded.is_signed, search = excluded.search";
