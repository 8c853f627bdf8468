//! Counts orders by what they wait for. Never counts filed orders one by one.

use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::StatusCategory;

use crate::on_db;
use crate::store::columns::{order_id, user_id};
use crate::store::order_list::{category_rank, of_rank};
use crate::store::order_search::late_condition;
use crate::store::statement::{Statement, Value, bind_values};
use crate::store::{Result, Tx};

/// Open orders in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCountRow {
    /// What the state means.
    pub category: &'static str,
    /// The state.
    pub state: String,
    /// How many.
    pub count: i64,
    /// How many of them nobody works on.
    pub unassigned: i64,
    /// How many of them are late.
    pub late: i64,
}

const OPEN: [StatusCategory; 5] = [
    StatusCategory::New,
    StatusCategory::Scheduled,
    StatusCategory::Traveling,
    StatusCategory::Working,
    StatusCategory::Waiting,
];

/// The open orders, of a technician where one is given, by category and state.
pub async fn open(tx: &mut Tx, technician: Option<UserId>, now: Timestamp) -> Result<Vec<OpenCountRow>> {
    let mut rows = Vec::new();
    for category in OPEN {
        let mut statement = Statement::default();
        let organization = statement.place(Value::Bytes(tx.organization().as_bytes().to_vec()));
        let late = late_condition(&statement.place(Value::Number(now.0)));
        let (first, end) = of_rank(category_rank(category));
        statement.push(&format!(
            "SELECT s.state, COUNT(*), CAST(SUM(CASE WHEN s.assignee_count = 0 THEN 1 ELSE 0 END) AS BIGINT), \
             CAST(SUM(CASE WHEN {late} THEN 1 ELSE 0 END) AS BIGINT) FROM order_list s \
             WHERE s.organization_id = {organization} AND s.sort_status >= {first} AND s.sort_status < {end}"
        ));
        only_of(&mut statement, &organization, technician);
        statement.push(" GROUP BY s.state ORDER BY s.state");
        let counted: Vec<(String, i64, i64, i64)> = on_db!(tx, |db| {
            let query = sqlx::query_as(statement.text());
            bind_values!(query, statement).fetch_all(db).await
        })?;
        rows.extend(counted.into_iter().map(|(state, count, unassigned, late)| OpenCountRow {
            category: category.as_str(),
            state,
            count,
            unassigned,
            late,
        }));
    }
    Ok(rows)
}

/// Orders with something to decide.
pub async fn attention(tx: &mut Tx, technician: Option<UserId>) -> Result<i64> {
    count(tx, technician, |statement| {
        statement.push("s.attention_count > 0");
    })
    .await
}

/// Orders whose work ended at that moment or later and has not begun again.
pub async fn done_since(tx: &mut Tx, technician: Option<UserId>, since: Timestamp) -> Result<i64> {
    count(tx, technician, |statement| {
        let (first, _) = of_rank(category_rank(StatusCategory::Done));
        let (_, end) = of_rank(category_rank(StatusCategory::Closed));
        statement.push("s.status_since >= ").bind(Value::Number(since.0));
        statement.push(&format!(" AND (s.sort_status + 0) >= {first} AND (s.sort_status + 0) < {end}"));
    })
    .await
}

async fn count(
    tx: &mut Tx,
    technician: Option<UserId>,
    condition: impl FnOnce(&mut Statement),
) -> Result<i64> {
    let mut statement = Statement::default();
    let organization = statement.place(Value::Bytes(tx.organization().as_bytes().to_vec()));
    statement
        .push(&format!("SELECT COUNT(*) FROM order_list s WHERE s.organization_id = {organization} AND "));
    condition(&mut statement);
    only_of(&mut statement, &organization, technician);
    Ok(on_db!(tx, |db| {
        let query = sqlx::query_scalar(statement.text());
        bind_values!(query, statement).fetch_one(db).await
    })?)
}

fn only_of(statement: &mut Statement, organization: &str, technician: Option<UserId>) {
    let Some(technician) = technician else { return };
    statement.push(&format!(
        " AND EXISTS (SELECT 1 FROM order_assignees a WHERE a.organization_id = {organization} \
         AND a.order_id = s.order_id AND a.user_id = "
    ));
    statement.bind(Value::Bytes(technician.as_bytes().to_vec())).push(")");
}

/// One planned order of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayVisitRow {
    pub user: UserId,
    pub order: OrderId,
    pub site: Option<RecordId>,
    pub window_end: Timestamp,
}

type VisitColumns = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, i64);

/// The open orders whose windows touch a time, once for each person who works on them.
pub async fn visits_between(tx: &mut Tx, from: Timestamp, until: Timestamp) -> Result<Vec<DayVisitRow>> {
    let organization = tx.organization();
    let (_, end) = of_rank(category_rank(StatusCategory::Waiting));
    let rows: Vec<VisitColumns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT a.user_id, s.order_id, s.site_id, s.window_end FROM order_list s JOIN order_assignees a \
         ON a.organization_id = s.organization_id AND a.order_id = s.order_id \
         WHERE a.crew_role <> 'offered' AND s.organization_id = $1 AND s.sort_window < $2 AND s.sort_window > $3 AND s.window_end > $4 \
         AND s.sort_status < $5"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(until.0)
    // A window is shorter than a month; this keeps the look at the index short.
    .bind(from.0 - 31 * 86_400_000)
    .bind(from.0)
    .bind(end)
    .fetch_all(db)
    .await
    })?;
    let row = |(user, order, site, window_end): VisitColumns| {
        Ok(DayVisitRow {
            user: user_id(&user)?,
            order: order_id(&order)?,
            site: site.as_deref().and_then(RecordId::from_slice),
            window_end: Timestamp(window_end),
        })
    };
    rows.into_iter().map(row).collect()
}
