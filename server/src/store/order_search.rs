//! Finds the orders of a page: which of them a filter lets through, in the order of a sort. Never reads what they show.
//!
//! Three ways lead to a page. A *walk* looks at the first rows of the sort until the page is full, and gives up after a
//! few. A *drive* goes through the orders that one narrow part of the filter names. A *scan* looks at every row once.
//! A common filter fills its page in the walk, a rare one is driven or scanned: both are bounded.

mod driver;
mod filter;
mod sort;

use sync_core::ids::OrderId;

use crate::on_db;
use crate::store::columns::order_id;
use crate::store::dialect::SearchDialect;
use crate::store::statement::{Statement, Value, bind_values};
use crate::store::{Result, Tx};

use driver::Driver;
pub use filter::{OrderFilter, TimeRange};
pub(crate) use filter::{is_late, late_condition};
pub use sort::{OrderSort, SortKey, SortValue};

/// Orders that a part of a filter may name to be gone through at once.
const DRIVE_AT_ONCE_MAX: i64 = 2_000;
/// Named orders are not counted any further when the rarest part has to be found.
const COUNT_MAX: i64 = 32_000;
/// A word that names at most so many orders is looked up once; of a more common one each order is asked.
const SET_MAX: i64 = 10_000;
/// Rows of the sort that are looked at in the hope of a full page, and where each is searched for words.
const WALK_MAX: i64 = 1_500;
const WALK_WORDS_MAX: i64 = 500;

/// A place in a list: the last order before it, and by what it is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPlace {
    /// By what the order is sorted.
    pub value: SortValue,
    /// The order.
    pub order: OrderId,
}

/// What a page is asked for.
#[derive(Debug, Clone)]
pub struct OrderQuery {
    /// Which orders.
    pub filter: OrderFilter,
    /// In which order.
    pub sort: OrderSort,
    /// After which place.
    pub after: Option<ListPlace>,
    /// At most how many.
    pub limit: u32,
}

/// The way to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way<'a> {
    /// Up to this place, or to the end.
    Walk {
        until: Option<ListPlace>,
    },
    Drive {
        driver: Driver<'a>,
        /// Other words that name few enough orders to be looked up once.
        sets: Vec<Driver<'a>>,
    },
    Scan,
}

/// The parts of a filter that name orders, with how many each names, as far as they were counted.
struct Counted<'a> {
    drivers: Vec<(Driver<'a>, i64)>,
}

impl<'a> Counted<'a> {
    /// The way through the orders of the part that names the fewest; `None` without such a part.
    fn drive(&self) -> Option<(Way<'a>, i64)> {
        let (driver, count) = *self.drivers.iter().min_by_key(|(_, count)| *count)?;
        let is_set =
            |(other, count): &&(Driver<'a>, i64)| *other != driver && other.is_word() && *count <= SET_MAX;
        let sets = self.drivers.iter().filter(is_set).map(|(other, _)| *other).collect();
        Some((Way::Drive { driver, sets }, count))
    }
}

/// The places of the orders of one page.
pub async fn page(tx: &mut Tx, query: &OrderQuery) -> Result<Vec<ListPlace>> {
    let filter = &query.filter;
    if filter.is_empty() {
        return run(tx, query, &Way::Walk { until: None }).await;
    }
    let counted = count_drivers(tx, filter, SET_MAX + 1).await?;
    if let Some((way, count)) = counted.drive()
        && count <= DRIVE_AT_ONCE_MAX
    {
        return run(tx, query, &way).await;
    }
    let rows_max = if filter.words.is_empty() { WALK_MAX } else { WALK_WORDS_MAX };
    let until = place_at(tx, query, rows_max).await?;
    let is_whole = until.is_none();
    let walked = run(tx, query, &Way::Walk { until }).await?;
    if is_whole || walked.len() >= query.limit as usize {
        return Ok(walked);
    }
    let counted = count_drivers(tx, filter, COUNT_MAX).await?;
    run(tx, query, &counted.drive().map_or(Way::Scan, |(way, _)| way)).await
}

/// The place so many rows after the page's beginning; `None` where the list ends before.
async fn place_at(tx: &mut Tx, query: &OrderQuery, rows: i64) -> Result<Option<ListPlace>> {
    let sort = &query.sort;
    let mut statement = Statement::default();
    let organization = organization_of(tx, &mut statement);
    let (key, direction) = (format!("s.{}", sort.key.column()), sort.direction());
    let shown = sort.key.shown();
    statement.push(&format!(
        "SELECT s.order_id, {shown} FROM order_list s WHERE s.organization_id = {organization}"
    ));
    push_beginning(&mut statement, query, &key);
    statement.push(&format!(" ORDER BY {key}{direction}, s.order_id{direction} LIMIT 1 OFFSET "));
    statement.bind(Value::Number(rows));
    Ok(places(tx, &statement, *sort).await?.pop())
}

/// Counts what the parts of the filter name, up to `count_max`; ends with one that names nothing.
async fn count_drivers<'a>(tx: &mut Tx, filter: &'a OrderFilter, count_max: i64) -> Result<Counted<'a>> {
    let dialect = tx.search_dialect();
    let mut drivers = Vec::new();
    for driver in filter.drivers() {
        let mut statement = Statement::default();
        let organization = organization_of(tx, &mut statement);
        statement.push("SELECT COUNT(*) FROM (SELECT 1 FROM (");
        driver.push_orders(&mut statement, (&organization, dialect), " UNION ALL ");
        statement.push(") named LIMIT ").bind(Value::Number(count_max)).push(") counted");
        let count: i64 = on_db!(tx, |db| {
            let query = sqlx::query_scalar(statement.text());
            bind_values!(query, statement).fetch_one(db).await
        })?;
        drivers.push((driver, count));
        if count == 0 {
            break;
        }
    }
    Ok(Counted { drivers })
}

/// How many orders a filter lets through; looks at every row.
pub async fn count(tx: &mut Tx, filter: &OrderFilter) -> Result<i64> {
    let SearchDialect { join, .. } = tx.search_dialect();
    let mut statement = Statement::default();
    let organization = organization_of(tx, &mut statement);
    statement.push(&format!("SELECT COUNT(*) FROM order_list s WHERE s.organization_id = {organization}"));
    filter.push_conditions(&mut statement, (&organization, join), |_| true);
    Ok(on_db!(tx, |db| {
        let query = sqlx::query_scalar(statement.text());
        bind_values!(query, statement).fetch_one(db).await
    })?)
}

fn organization_of(tx: &Tx, statement: &mut Statement) -> String {
    statement.place(Value::Bytes(tx.organization().as_bytes().to_vec()))
}

async fn run(tx: &mut Tx, query: &OrderQuery, way: &Way<'_>) -> Result<Vec<ListPlace>> {
    let dialect = tx.search_dialect();
    let mut statement = Statement::default();
    let organization = organization_of(tx, &mut statement);
    push_page(&mut statement, query, way, (&organization, dialect));
    places(tx, &statement, query.sort).await
}

async fn places(tx: &mut Tx, statement: &Statement, sort: OrderSort) -> Result<Vec<ListPlace>> {
    let rows: Vec<(Vec<u8>, i64, String)> = on_db!(tx, |db| {
        let query = sqlx::query_as(statement.text());
        bind_values!(query, statement).fetch_all(db).await
    })?;
    let place = |(order, number, text): (Vec<u8>, i64, String)| {
        let value = if sort.key.is_text() { SortValue::Text(text) } else { SortValue::Number(number) };
        Ok(ListPlace { value, order: order_id(&order)? })
    };
    rows.into_iter().map(place).collect()
}

fn push_page(
    statement: &mut Statement,
    query: &OrderQuery,
    way: &Way<'_>,
    (organization, dialect): (&str, SearchDialect),
) {
    let OrderQuery { filter, sort, after, limit } = query;
    let (direction, shown) = (sort.direction(), sort.key.shown());
    let limit = Value::Number(i64::from(*limit));
    // An expression of the column: the rows are few, and no index may lure a database away from them.
    let key = match way {
        Way::Walk { .. } => format!("s.{}", sort.key.column()),
        Way::Drive { .. } | Way::Scan => sort.key.unindexed(),
    };
    let order = format!(" ORDER BY {key}{direction}, s.order_id{direction}");
    let Way::Drive { driver, sets } = way else {
        statement.push(&format!(
            "SELECT s.order_id, {shown} FROM order_list s WHERE s.organization_id = {organization}"
        ));
        match way {
            Way::Walk { until } => {
                push_beginning(statement, query, &key);
                if let Some(until) = until {
                    push_comparison(statement, if sort.is_descending { ">=" } else { "<=" }, until, &key);
                }
            }
            Way::Drive { .. } | Way::Scan => push_after(statement, after.as_ref(), &key, sort),
        }
        filter.push_conditions(statement, (organization, dialect.join), |_| true);
        statement.push(&order).push(" LIMIT ").bind(limit);
        return;
    };
    statement.push("WITH named AS MATERIALIZED (");
    driver.push_orders(statement, (organization, dialect), " UNION ");
    // Sorted before words are looked for in them, which is dear: that ends as soon as the page is full.
    statement.push(&format!(
        ") SELECT s.order_id, {shown} FROM (SELECT s.*, {key} AS sorted_by FROM named{}order_list s \
         ON s.organization_id = {organization} AND s.order_id = named.order_id \
         WHERE s.organization_id = {organization}",
        dialect.join
    ));
    push_after(statement, after.as_ref(), &key, sort);
    let is_cheap = |other: &Driver<'_>| other != driver && !other.is_word();
    filter.push_conditions(statement, (organization, dialect.join), is_cheap);
    for set in sets {
        statement.push(" AND s.order_id IN (");
        set.push_orders(statement, (organization, dialect), " UNION ");
        statement.push(")");
    }
    statement.push(&order).push(dialect.fence).push(") s");
    let is_left = |other: &Driver<'_>| other != driver && !sets.contains(other);
    filter.push_word_conditions(statement, (organization, dialect.join), is_left);
    if dialect.says_order_again {
        statement.push(&format!(" ORDER BY s.sorted_by{direction}, s.order_id{direction}"));
    }
    statement.push(" LIMIT ").bind(limit);
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
        push_comparison(statement, if sort.is_descending { "<" } else { ">" }, place, key);
    }
}

fn push_comparison(statement: &mut Statement, comparison: &str, place: &ListPlace, key: &str) {
    statement.push(&format!(" AND ({key}, s.order_id) {comparison} ("));
    statement.bind(place.value.to_value()).push(", ");
    statement.bind(Value::Bytes(place.order.as_bytes().to_vec())).push(")");
}
