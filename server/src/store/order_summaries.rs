//! Rows that lists, search and reports read: the projection of each order. Never the truth; they can be rebuilt.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::Row;
use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::lengths::pieces;
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
    /// What the list is searched in, folded.
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
            window_start: at(row.try_get("window_start")?),
            window_end: at(row.try_get("window_end")?),
            promised: at(row.try_get("promised")?),
            currency: row.try_get("currency")?,
            total_minor: row.try_get("total_minor")?,
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

/// Appends the conditions of a filter, whichever database the query is for.
macro_rules! narrow {
    ($query:ident, $filter:ident) => {
        if let Some(state) = &$filter.state {
            $query.push(" AND s.state = ").push_bind(state.clone());
        }
        if let Some(category) = &$filter.category {
            $query.push(" AND s.category = ").push_bind(category.clone());
        }
        if let Some(customer) = $filter.customer {
            $query.push(" AND s.customer_id = ").push_bind(customer.as_bytes().to_vec());
        }
        if let Some(needs_attention) = $filter.needs_attention {
            $query.push(if needs_attention {
                " AND s.attention_count + s.conflict_count > 0"
            } else {
                " AND s.attention_count + s.conflict_count = 0"
            });
        }
        if let Some(technician) = $filter.technician {
            $query.push(
                " AND EXISTS (SELECT 1 FROM order_assignees a WHERE a.organization_id = s.organization_id \
                AND a.order_id = s.order_id AND a.user_id = ",
            );
            $query.push_bind(technician.as_bytes().to_vec()).push(")");
        }
        if let Some(is_unassigned) = $filter.is_unassigned {
            $query.push(if is_unassigned { " AND NOT EXISTS " } else { " AND EXISTS " });
            $query.push(
                "(SELECT 1 FROM order_assignees a WHERE a.organization_id = s.organization_id \
                AND a.order_id = s.order_id)",
            );
        }
        if let Some(from) = $filter.window_from {
            $query.push(" AND s.window_end > ").push_bind(from.0);
        }
        if let Some(until) = $filter.window_until {
            $query.push(" AND s.window_start < ").push_bind(until.0);
        }
        for word in &$filter.words {
            let pattern = contains_pattern(word);
            $query.push(" AND (s.search LIKE ").push_bind(pattern.clone()).push(" ESCAPE '!'");
            $query.push(
                " OR EXISTS (SELECT 1 FROM customers c WHERE c.organization_id = s.organization_id \
                AND c.id = s.customer_id AND c.search LIKE ",
            );
            $query.push_bind(pattern).push(" ESCAPE '!'))");
        }
    };
}

fn contains_pattern(word: &str) -> String {
    let escaped = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
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

fn user(id: Option<Vec<u8>>) -> Option<UserId> {
    UserId::from_slice(&id?)
}

/// Stores the rows of orders; `listed_at` of a row that exists stays as it is.
pub async fn put(tx: &mut Tx, rows: &[OrderSummaryRow]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(rows) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(INSERT);
            query.push_values(some, |mut values, row| {
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
                    .push_bind(row.window_start.map(|at| at.0))
                    .push_bind(row.window_end.map(|at| at.0))
                    .push_bind(row.promised.map(|at| at.0))
                    .push_bind(row.currency.as_deref())
                    .push_bind(row.total_minor)
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

/// What a list is narrowed to; absent fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// One state of a workflow.
    pub state: Option<String>,
    /// One category of states.
    pub category: Option<String>,
    /// Orders this person works on.
    pub technician: Option<UserId>,
    /// Orders of this customer.
    pub customer: Option<RecordId>,
    /// Orders with something to decide, or without.
    pub needs_attention: Option<bool>,
    /// Orders nobody works on, or somebody does.
    pub is_unassigned: Option<bool>,
    /// Orders whose window touches the time from here.
    pub window_from: Option<Timestamp>,
    /// Orders whose window touches the time up to here.
    pub window_until: Option<Timestamp>,
    /// Folded words, all of which occur.
    pub words: Vec<String>,
}

/// A place in the list: when the last order before it was listed, and its id.
pub type ListPlace = (Timestamp, OrderId);

/// The newest orders that the filter lets through, after a place in the list, at most `limit`.
pub async fn list(
    tx: &mut Tx,
    filter: &OrderFilter,
    after: Option<ListPlace>,
    limit: u32,
) -> Result<Vec<OrderSummaryRow>> {
    let organization = tx.organization();
    let rows = on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new(SELECT);
        query.push_bind(organization.as_bytes().to_vec());
        query.push(" AND s.is_created");
        narrow!(query, filter);
        if let Some((listed_at, order)) = after {
            query.push(" AND (s.listed_at < ").push_bind(listed_at.0);
            query.push(" OR (s.listed_at = ").push_bind(listed_at.0);
            query.push(" AND s.order_id < ").push_bind(order.as_bytes().to_vec()).push("))");
        }
        query.push(" ORDER BY s.listed_at DESC, s.order_id DESC LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(db).await?;
        rows.iter().map(|row| Ok(summary_row!(row))).collect::<Result<Vec<_>, sqlx::Error>>()
    })?;
    Ok(rows)
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

const SELECT: &str = "SELECT s.order_id, s.listed_at, is_created, number, kind, workflow, state, category, priority, reason, \
         customer_id, draft_customer, site_id, window_start, window_end, promised, currency, total_minor, \
         created_by, created_at, attention_count, conflict_count, running_visit_count, line_count, \
         note_count, photo_count, expense_count, is_signed, search \
     FROM order_summaries s WHERE s.organization_id = ";

const INSERT: &str = "INSERT INTO order_summaries (organization_id, order_id, listed_at, is_created, number, kind, workflow, \
     state, category, priority, reason, customer_id, draft_customer, site_id, window_start, window_end, \
     promised, currency, total_minor, created_by, created_at, attention_count, conflict_count, \
     running_visit_count, line_count, note_count, photo_count, expense_count, is_signed, search) ";

const UPDATE: &str = " ON CONFLICT (organization_id, order_id) DO UPDATE SET is_created = excluded.is_created, number = \
     excluded.number, kind = excluded.kind, workflow = excluded.workflow, state = excluded.state, category = \
     excluded.category, priority = excluded.priority, reason = excluded.reason, customer_id = \
     excluded.customer_id, draft_customer = excluded.draft_customer, site_id = excluded.site_id, \
     window_start = excluded.window_start, window_end = excluded.window_end, promised = excluded.promised, \
     currency = excluded.currency, total_minor = excluded.total_minor, created_by = excluded.created_by, \
     created_at = excluded.created_at, attention_count = excluded.attention_count, conflict_count = \
     excluded.conflict_count, running_visit_count = excluded.running_visit_count, line_count = \
     excluded.line_count, note_count = excluded.note_count, photo_count = excluded.photo_count, \
     expense_count = excluded.expense_count, is_signed = excluded.is_signed, search = excluded.search";
