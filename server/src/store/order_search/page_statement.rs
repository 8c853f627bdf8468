//! Writes the statement of one page for the way that was chosen. Never chooses it.

use super::driver::Driver;
use super::{ListPlace, OrderQuery, OrderSort, Way};
use crate::store::dialect::SearchDialect;
use crate::store::statement::{Statement, Value};

/// What a statement is written for: the place of the organization in it, and the database.
type Target<'a> = (&'a str, SearchDialect);

pub(super) fn push_page(statement: &mut Statement, query: &OrderQuery, way: &Way<'_>, target: Target<'_>) {
    match way {
        Way::Walk { rows, sets } => push_walk(statement, query, (*rows, sets), target),
        Way::Drive { driver, is_narrow, sets } => {
            push_named(statement, (driver, sets), target);
            push_drive(statement, query, (driver, sets), named_rows(*is_narrow, target), target);
        }
        Way::Scan => push_scan(statement, query, target),
    }
}

/// The conditions are asked of the first rows of the sort, which are fenced in: no database shall find another way to them.
fn push_walk(
    statement: &mut Statement,
    query: &OrderQuery,
    (rows, sets): (i64, &[Driver<'_>]),
    (organization, dialect): Target<'_>,
) {
    let OrderQuery { filter, sort, limit, .. } = query;
    let (key, direction) = (format!("s.{}", sort.key.column()), sort.direction());
    if let Some((first, others)) = sets.split_first() {
        push_named(statement, (first, others), (organization, dialect));
    }
    statement.push(&format!("SELECT s.order_id, {} FROM ", sort.key.shown()));
    statement.push(&format!("(SELECT s.* FROM order_list s WHERE s.organization_id = {organization}"));
    push_beginning(statement, query, &key);
    push_order(statement, &key, direction);
    statement.push(" LIMIT ").bind(Value::Number(rows)).push(") s WHERE TRUE");
    if !sets.is_empty() {
        statement.push(" AND s.order_id IN (SELECT order_id FROM named)");
    }
    filter.push_conditions(statement, (organization, dialect.join), |other| !sets.contains(other));
    push_fenced_end(statement, (&key, direction), *limit, dialect);
}

/// The place of the last of so many rows from the page's beginning.
pub(super) fn push_place_after(statement: &mut Statement, query: &OrderQuery, rows: i64, organization: &str) {
    let sort = &query.sort;
    let key = format!("s.{}", sort.key.column());
    push_select(statement, sort, organization);
    push_beginning(statement, query, &key);
    push_order(statement, &key, sort.direction());
    statement.push(" LIMIT 1 OFFSET ").bind(Value::Number(rows - 1));
}

fn push_scan(statement: &mut Statement, query: &OrderQuery, (organization, dialect): Target<'_>) {
    let OrderQuery { filter, sort, after, limit } = query;
    let key = sort.key.unindexed();
    push_select(statement, sort, organization);
    push_after(statement, after.as_ref(), &key, sort);
    filter.push_conditions(statement, (organization, dialect.join), |_| true);
    push_end(statement, sort, &key, *limit);
}

/// The rows of the named orders, sorted by an expression of the column: they are few, and no index may lure a database
/// away from them. Where words are left to be looked for, which is dear, that is done in their order and ends as soon as
/// the page is full.
fn push_drive(
    statement: &mut Statement,
    query: &OrderQuery,
    (driver, sets): (&Driver<'_>, &[Driver<'_>]),
    rows: String,
    (organization, dialect): Target<'_>,
) {
    let OrderQuery { filter, sort, after, limit } = query;
    let (key, column, direction) = (sort.key.unindexed(), sort.key.column(), sort.direction());
    let left: Vec<Driver<'_>> = filter
        .drivers()
        .filter(|other| other.is_word() && other != driver && !sets.contains(other))
        .collect();
    let shown = sort.key.shown();
    statement.push(&format!(" SELECT s.order_id, {shown} FROM "));
    if !left.is_empty() {
        statement.push(&format!(
            "(SELECT s.order_id, s.customer_id, s.site_id, s.{column}, {key} AS sorted_by FROM "
        ));
    }
    statement.push(&rows);
    push_after(statement, after.as_ref(), &key, sort);
    let is_cheap = |other: &Driver<'_>| other != driver && !other.is_word();
    filter.push_conditions(statement, (organization, dialect.join), is_cheap);
    if left.is_empty() {
        return push_end(statement, sort, &key, *limit);
    }
    push_order(statement, &key, direction);
    statement.push(dialect.fence).push(") s WHERE TRUE");
    for word in left {
        word.push_condition(statement, (organization, dialect.join));
    }
    push_fenced_end(statement, ("s.sorted_by", direction), *limit, dialect);
}

fn push_select(statement: &mut Statement, sort: &OrderSort, organization: &str) {
    let shown = sort.key.shown();
    statement.push(&format!(
        "SELECT s.order_id, {shown} FROM order_list s WHERE s.organization_id = {organization}"
    ));
}

fn push_end(statement: &mut Statement, sort: &OrderSort, key: &str, limit: u32) {
    push_order(statement, key, sort.direction());
    statement.push(" LIMIT ").bind(Value::Number(i64::from(limit)));
}

/// The end around a fenced subquery, whose order SQLite keeps.
fn push_fenced_end(
    statement: &mut Statement,
    (key, direction): (&str, &str),
    limit: u32,
    dialect: SearchDialect,
) {
    if dialect.says_order_again {
        push_order(statement, key, direction);
    }
    statement.push(" LIMIT ").bind(Value::Number(i64::from(limit)));
}

fn push_order(statement: &mut Statement, key: &str, direction: &str) {
    statement.push(&format!(" ORDER BY {key}{direction}, s.order_id{direction}"));
}

/// The orders that the driver names and the sets do, too: their ids are compared before any row is looked up.
fn push_named(
    statement: &mut Statement,
    (driver, sets): (&Driver<'_>, &[Driver<'_>]),
    (organization, dialect): Target<'_>,
) {
    statement.push("WITH named AS MATERIALIZED (");
    if sets.is_empty() {
        driver.push_orders(statement, (organization, dialect), " UNION ");
    } else {
        for (number, named) in [driver].into_iter().chain(sets).enumerate() {
            statement.push(if number == 0 { "" } else { " INTERSECT " }).push("SELECT order_id FROM (");
            named.push_orders(statement, (organization, dialect), " UNION ALL ");
            statement.push(&format!(") named_{number}"));
        }
    }
    statement.push(")");
}

/// The rows of the named orders, as `s`, to which conditions can be added.
fn named_rows(is_narrow: bool, (organization, dialect): Target<'_>) -> String {
    if is_narrow && dialect.says_look_up {
        return format!(
            "order_list s WHERE s.order_id = ANY(ARRAY(SELECT order_id FROM named)) AND s.organization_id = {organization}"
        );
    }
    let join = dialect.join;
    format!(
        "named{join}order_list s ON s.organization_id = {organization} AND s.order_id = named.order_id \
         WHERE s.organization_id = {organization}"
    )
}

/// Where a walk begins: after the place, or else where the filter may let the first row through. One bound, because a
/// database may walk by the wrong one of two.
fn push_beginning(statement: &mut Statement, query: &OrderQuery, key: &str) {
    let OrderQuery { filter, sort, after, .. } = query;
    match (after, filter.range_of(sort.key)) {
        (None, Some((_, end))) if sort.is_descending => {
            statement.push(&format!(" AND {key} < ")).bind(Value::Number(end));
        }
        (None, Some((first, _))) if !sort.is_descending => {
            statement.push(&format!(" AND {key} >= ")).bind(Value::Number(first));
        }
        _ => push_after(statement, after.as_ref(), key, sort),
    }
}

/// Only what comes after the place.
fn push_after(statement: &mut Statement, after: Option<&ListPlace>, key: &str, sort: &OrderSort) {
    if let Some(place) = after {
        let comparison = if sort.is_descending { "<" } else { ">" };
        statement.push(&format!(" AND ({key}, s.order_id) {comparison} ("));
        statement.bind(place.value.to_value()).push(", ");
        statement.bind(Value::Bytes(place.order.as_bytes().to_vec())).push(")");
    }
}
