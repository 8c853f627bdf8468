//! The parts of a filter that name orders by an index of their own. Never more than the ids of orders.

use sync_core::ids::{OrderId, RecordId, UserId};

use super::filter::push_between;
use crate::search_text::words_like;
use crate::store::dialect::SearchDialect;
use crate::store::statement::{Statement, Value};

/// Names orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver<'a> {
    /// By the beginning of a word, theirs or that of their customer, site or equipment.
    Word(&'a str),
    /// By who works on them: one of these.
    Technicians(&'a [UserId]),
    Customer(RecordId),
    Site(RecordId),
    Equipment(RecordId),
    /// By a column whose value is not below the first and below the second number.
    Between(&'static str, (i64, i64)),
    /// By a column that holds this text.
    Text(&'static str, &'a str),
    /// By a window that may touch the time from the first up to the second number.
    Window((i64, i64)),
    /// By a condition that an index of its own is for.
    Marked(Mark),
    /// Those that words were found to name.
    Found(&'a [OrderId]),
}

/// A condition on a row of the list that few rows meet, and the index of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    index: &'static str,
    column: &'static str,
    condition: &'static str,
}

impl Mark {
    /// Something is to be decided.
    pub(super) const ATTENTION: Self =
        Self { index: "order_list_attention", column: "attention_count", condition: "> 0" };
    /// Nobody works on it.
    pub(super) const UNASSIGNED: Self =
        Self { index: "order_list_unassigned", column: "assignee_count", condition: "= 0" };
}

/// The longest window that is found by its beginning, in milliseconds; the index of the longer ones says it again.
const USUAL_WINDOW_MS: i64 = 604_800_000;

impl Driver<'_> {
    /// Whether asking an order for it is dear.
    pub(super) const fn is_word(&self) -> bool {
        matches!(self, Self::Word(_) | Self::Found(_))
    }

    /// Appends a SELECT of their ids as `order_id`. With ` UNION ` each id comes once.
    pub(super) fn push_orders(
        &self,
        statement: &mut Statement,
        (organization, dialect): (&str, SearchDialect),
        union: &str,
    ) {
        match self {
            Self::Word(word) => push_word(statement, organization, word, union),
            Self::Technicians(users) => {
                let distinct = if users.len() > 1 && union == " UNION " { "DISTINCT " } else { "" };
                statement.push(&format!(
                    "SELECT {distinct}order_id FROM order_assignees WHERE organization_id = {organization} AND user_id IN ("
                ));
                statement.bind_all(users.iter().map(|user| Value::Bytes(user.as_bytes().to_vec()))).push(")");
            }
            Self::Customer(id) => push_by(statement, organization, "order_list", ("customer_id", *id)),
            Self::Site(id) => push_by(statement, organization, "order_list", ("site_id", *id)),
            Self::Equipment(id) => push_by(statement, organization, "order_equipment", ("equipment_id", *id)),
            Self::Between(column, bounds) => {
                statement.push("SELECT order_id FROM order_list WHERE organization_id = ").push(organization);
                push_between(statement, column, *bounds);
            }
            Self::Text(column, text) => {
                statement.push("SELECT order_id FROM order_list WHERE organization_id = ").push(organization);
                statement.push(&format!(" AND {column} = ")).bind(Value::Text((*text).to_owned()));
            }
            Self::Window((from, until)) => {
                let until = statement.place(Value::Number(*until));
                let from = statement.place(Value::Number(from.saturating_sub(USUAL_WINDOW_MS)));
                let begins = format!("organization_id = {organization} AND sort_window < {until}");
                statement.push(&format!(
                    "SELECT order_id FROM order_list WHERE {begins} AND sort_window > {from}{union}\
                     SELECT order_id FROM order_list{} WHERE {begins} AND window_end - sort_window > {USUAL_WINDOW_MS}",
                    dialect.by("order_list_long_window")
                ));
            }
            Self::Marked(Mark { index, column, condition }) => {
                statement.push("SELECT order_id FROM order_list").push(&dialect.by(index));
                statement.push(" WHERE organization_id = ").push(organization);
                statement.push(&format!(" AND {column} {condition}"));
            }
            Self::Found(orders) => {
                let bytes = orders.iter().flat_map(OrderId::as_bytes).copied().collect();
                let bytes = statement.place(Value::Bytes(bytes));
                let count = statement.place(Value::Number(i64::try_from(orders.len()).unwrap_or(i64::MAX)));
                statement.push(&format!(
                    "SELECT SUBSTRING({bytes} FROM CAST(n AS INTEGER) * 16 + 1 FOR 16) AS order_id \
                     FROM GENERATE_SERIES(0, {count} - 1) n"
                ));
            }
        }
    }

    /// Appends the condition that a row `s` of the list is among them.
    pub(super) fn push_condition(&self, statement: &mut Statement, (organization, join): (&str, &str)) {
        match self {
            Self::Word(word) => push_word_condition(statement, (organization, join), word),
            Self::Technicians(users) => {
                statement.push(&format!(
                    " AND EXISTS (SELECT 1 FROM order_assignees a WHERE a.organization_id = {organization} \
                     AND a.order_id = s.order_id AND a.user_id IN ("
                ));
                statement
                    .bind_all(users.iter().map(|user| Value::Bytes(user.as_bytes().to_vec())))
                    .push("))");
            }
            Self::Customer(id) => {
                statement.push(" AND s.customer_id = ").bind(Value::Bytes(id.as_bytes().to_vec()));
            }
            Self::Site(id) => {
                statement.push(" AND s.site_id = ").bind(Value::Bytes(id.as_bytes().to_vec()));
            }
            Self::Equipment(id) => {
                statement.push(&format!(
                    " AND EXISTS (SELECT 1 FROM order_equipment e WHERE e.organization_id = {organization} \
                     AND e.order_id = s.order_id AND e.equipment_id = "
                ));
                statement.bind(Value::Bytes(id.as_bytes().to_vec())).push(")");
            }
            Self::Between(column, bounds) => {
                push_between(statement, &format!("(s.{column} + 0)"), *bounds);
            }
            Self::Text(column, text) => {
                statement.push(&format!(" AND (s.{column} || '') = ")).bind(Value::Text((*text).to_owned()));
            }
            // The filter says the first by itself, because this driver names more; the second is always a set.
            Self::Window(_) | Self::Found(_) => {}
            Self::Marked(Mark { column, condition, .. }) => {
                statement.push(&format!(" AND s.{column} {condition}"));
            }
        }
    }
}

fn push_by(statement: &mut Statement, organization: &str, table: &str, (column, id): (&str, RecordId)) {
    statement.push(&format!(
        "SELECT order_id FROM {table} WHERE organization_id = {organization} AND {column} = "
    ));
    statement.bind(Value::Bytes(id.as_bytes().to_vec()));
}

fn push_word(statement: &mut Statement, organization: &str, word: &str, union: &str) {
    let (first, end) = words_like(word);
    let (first, end) = (statement.place(Value::Text(first)), statement.place(Value::Text(end)));
    let begins = |table: &str| {
        format!(
            "{table}.organization_id = {organization} AND {table}.word >= {first} AND {table}.word < {end}"
        )
    };
    statement.push(&format!("SELECT t.order_id FROM order_words t WHERE {}", begins("t")));
    let by_record = [
        ("customer", "order_list", "customer_id"),
        ("site", "order_list", "site_id"),
        ("equipment", "order_equipment", "equipment_id"),
    ];
    for (kind, table, column) in by_record {
        statement.push(union).push(&format!(
            "SELECT o.order_id FROM record_words r JOIN {table} o ON o.organization_id = {organization} \
             AND o.{column} = r.id WHERE {} AND r.kind = '{kind}'",
            begins("r")
        ));
    }
}

/// The words of an order stand in its summary, each after a space. What is asked of each order is read as a value: for a
/// condition that there is a row PostgreSQL would look through all rows at once.
fn push_word_condition(statement: &mut Statement, (organization, join): (&str, &str), word: &str) {
    let (first, end) = words_like(word);
    let (first, end) = (statement.place(Value::Text(first)), statement.place(Value::Text(end)));
    let pattern = statement.place(Value::Text(format!("% {word}%")));
    statement.push(&format!(
        " AND ((SELECT t.search FROM order_summaries t WHERE t.organization_id = {organization} \
         AND t.order_id = s.order_id) LIKE {pattern}"
    ));
    for (kind, column) in [("customer", "customer_id"), ("site", "site_id")] {
        statement.push(&format!(
            " OR (SELECT MIN(r.word) FROM record_words r WHERE r.organization_id = {organization} AND r.kind = '{kind}' \
             AND r.id = s.{column} AND r.word >= {first} AND r.word < {end}) IS NOT NULL"
        ));
    }
    statement.push(&format!(
        " OR (SELECT MIN(r.word) FROM order_equipment e{join}record_words r ON r.organization_id = {organization} \
         AND r.kind = 'equipment' AND r.id = e.equipment_id WHERE e.organization_id = {organization} \
         AND e.order_id = s.order_id AND r.word >= {first} AND r.word < {end}) IS NOT NULL)"
    ));
}
