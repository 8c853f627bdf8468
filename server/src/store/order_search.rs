//! Finds the orders of a page: which of them a filter lets through, in the order of a sort. Never reads what they show.
//!
//! Three ways lead to a page. A *walk* looks at the first rows of the sort, and at more while they promise to fill the page. A
//! *drive* goes through the orders that one narrow part of the filter names. A *scan* looks at every row once.
//! A common filter fills its page in the walk, a rare one is driven or scanned: both are bounded.

mod driver;
mod filter;
mod found_words;
mod page_statement;
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
use found_words::FoundWords;
use page_statement::{push_page, push_place_after};
pub use sort::{OrderSort, SortKey, SortValue};

/// Up to where one way to a page is taken for cheaper than another; all in orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchBounds {
    /// Named orders are not counted any further when the rarest part has to be found.
    pub counted: i64,
    /// Orders that a part of a filter may name to be gone through at once.
    pub driven_at_once: i64,
    /// The same of a part that is a word.
    pub driven_at_once_by_word: i64,
    /// The rows of at most so many orders are looked up one by one; of more, the table is gone through.
    pub looked_up: i64,
    /// A word that names at most so many orders is looked up once; of a more common one each order is asked.
    pub word_set: i64,
    /// Rows of the sort that are looked at first in the hope of a full page, and at most where they promise one.
    pub walk: (i64, i64),
    /// Rows that are looked at first where each is compared with the orders that words name.
    pub walk_with_sets: i64,
    /// As `walk`, where each is searched for words, which is dear.
    pub walk_with_words: (i64, i64),
}

impl SearchBounds {
    /// Measured at 100,000 orders (`cargo xtask bench lists`, docs/decisions/0016). A row by way of an index costs SQLite four
    /// times as much as PostgreSQL.
    fn of(tx: &Tx) -> Self {
        Self {
            counted: 32_000,
            driven_at_once: 6_000,
            driven_at_once_by_word: 2_000,
            looked_up: 8_000,
            word_set: 10_000,
            walk: tx.search_dialect().walk,
            walk_with_sets: 2_000,
            walk_with_words: (500, 2_000),
        }
    }
}

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
    Walk {
        /// So many rows.
        rows: i64,
        /// Words that are looked up once; of the others each order is asked.
        sets: Vec<Driver<'a>>,
    },
    Drive {
        driver: Driver<'a>,
        /// Whether it names few enough to look up each of them.
        is_narrow: bool,
        /// Other words that name few enough orders to be looked up once.
        sets: Vec<Driver<'a>>,
    },
    Scan,
}

/// The parts of a filter that name orders, with how many each names, as far as they were counted.
struct Counted<'a> {
    drivers: Vec<(Driver<'a>, i64)>,
    bounds: SearchBounds,
}

impl<'a> Counted<'a> {
    /// The way through the orders of the part that names the fewest; `None` without such a part.
    fn drive(&self) -> Option<(Way<'a>, i64)> {
        let (driver, count) = *self.drivers.iter().min_by_key(|(_, count)| *count)?;
        let sets = self.sets().filter(|other| *other != driver).collect();
        Some((Way::Drive { driver, is_narrow: count <= self.bounds.looked_up, sets }, count))
    }

    /// Up to how many named orders a drive is begun without a walk: of two words few orders are left to be looked up.
    const fn at_once_max(&self, drive: &Way<'_>) -> i64 {
        match drive {
            Way::Drive { sets, .. } if !sets.is_empty() => self.bounds.looked_up,
            Way::Drive { driver, .. } if driver.is_word() => self.bounds.driven_at_once_by_word,
            Way::Drive { .. } | Way::Walk { .. } | Way::Scan => self.bounds.driven_at_once,
        }
    }

    /// Words that name few enough orders to be looked up once.
    fn sets(&self) -> impl Iterator<Item = Driver<'a>> {
        self.drivers
            .iter()
            .filter(|(driver, count)| driver.is_word() && *count <= self.bounds.word_set)
            .map(|(driver, _)| *driver)
    }
}

/// The places of the orders of one page.
pub async fn page(tx: &mut Tx, query: &OrderQuery) -> Result<Vec<ListPlace>> {
    let bounds = SearchBounds::of(tx);
    page_within(tx, query, bounds).await
}

/// The same page, whose way depends on other bounds.
pub async fn page_within(tx: &mut Tx, query: &OrderQuery, bounds: SearchBounds) -> Result<Vec<ListPlace>> {
    if query.filter.is_empty() {
        return run(tx, query, &Way::Walk { rows: i64::from(query.limit), sets: Vec::new() }).await;
    }
    let words = FoundWords::look_up(tx, &query.filter.words, bounds.word_set).await?;
    if words.orders.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let filter = OrderFilter { words: words.left, ..query.filter.clone() };
    let query = &OrderQuery { filter, ..query.clone() };
    let (filter, found) = (&query.filter, words.orders.as_deref());
    let mut counted = count_drivers(tx, (filter, found), (bounds.word_set + 1, bounds)).await?;
    if let Some((way, count)) = counted.drive()
        && count <= counted.at_once_max(&way)
    {
        return run(tx, query, &way).await;
    }
    if let Some(walked) = walk(tx, query, counted.sets().collect(), bounds).await? {
        return Ok(walked);
    }
    // Among several that name more than was counted, the rarest is not known yet.
    let is_uncertain = counted.drivers.iter().all(|(_, count)| *count > bounds.word_set);
    if !filter.words.is_empty() && counted.drivers.len() > 1 && is_uncertain {
        counted = count_drivers(tx, (filter, found), (bounds.counted, bounds)).await?;
    }
    // Looking up many rows takes longer than looking at all of them, unless each has to be searched for words.
    let has_words = counted.drivers.iter().any(|(driver, _)| driver.is_word());
    let driven = counted.drive().filter(|(_, count)| has_words || *count <= bounds.looked_up);
    run(tx, query, &driven.map_or(Way::Scan, |(way, _)| way)).await
}

/// The page, from the first rows of the sort; `None` where it would not be full soon.
async fn walk(
    tx: &mut Tx,
    query: &OrderQuery,
    sets: Vec<Driver<'_>>,
    bounds: SearchBounds,
) -> Result<Option<Vec<ListPlace>>> {
    let has_all_words = query.filter.words.iter().all(|word| sets.contains(&Driver::Word(word)));
    let (mut rows, rows_max) = match (has_all_words, sets.is_empty()) {
        (true, true) => bounds.walk,
        (true, false) => (bounds.walk_with_sets, bounds.walk.1),
        (false, _) => bounds.walk_with_words,
    };
    let limit = query.limit as usize;
    let mut part = query.clone();
    let (mut found, mut walked) = (Vec::new(), 0);
    loop {
        let way = Way::Walk { rows, sets: sets.clone() };
        found.extend(run(tx, &part, &way).await?);
        if found.len() >= limit {
            return Ok(Some(found));
        }
        let Some(until) = place_after(tx, &part, rows).await? else { return Ok(Some(found)) };
        walked += rows;
        // As many more as are likely to fill the page, and a little.
        let missing = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
        let met = i64::try_from(found.len()).unwrap_or(i64::MAX).max(1);
        rows = walked.saturating_mul(missing) / met * 5 / 4 + 1;
        if walked + rows > rows_max {
            return Ok(None);
        }
        part = OrderQuery { after: Some(until), limit: u32::try_from(missing).unwrap_or(u32::MAX), ..part };
    }
}

/// The place of the last of so many rows from the page's beginning; `None` where the list has fewer.
async fn place_after(tx: &mut Tx, query: &OrderQuery, rows: i64) -> Result<Option<ListPlace>> {
    let mut statement = Statement::default();
    let organization = organization_of(tx, &mut statement);
    push_place_after(&mut statement, query, rows, &organization);
    Ok(places(tx, &statement, query.sort).await?.pop())
}

/// Counts what the parts of the filter name, up to `count_max`; ends with one that names nothing.
async fn count_drivers<'a>(
    tx: &mut Tx,
    (filter, found): (&'a OrderFilter, Option<&'a [OrderId]>),
    (count_max, bounds): (i64, SearchBounds),
) -> Result<Counted<'a>> {
    let dialect = tx.search_dialect();
    let count_of = |found: &[OrderId]| i64::try_from(found.len()).unwrap_or(i64::MAX);
    let mut drivers: Vec<_> =
        found.map(|found| (Driver::Found(found), count_of(found))).into_iter().collect();
    // A word that was looked up and left names more.
    let is_known =
        |driver: &Driver<'_>| dialect.remembers_words && driver.is_word() && count_max <= bounds.word_set + 1;
    for driver in filter.drivers() {
        let count = if is_known(&driver) { count_max } else { count_named(tx, driver, count_max).await? };
        drivers.push((driver, count));
        if count == 0 {
            break;
        }
    }
    Ok(Counted { drivers, bounds })
}

/// How many orders a driver names, up to `count_max`.
async fn count_named(tx: &mut Tx, driver: Driver<'_>, count_max: i64) -> Result<i64> {
    let dialect = tx.search_dialect();
    let mut statement = Statement::default();
    let organization = organization_of(tx, &mut statement);
    statement.push("SELECT COUNT(*) FROM (SELECT 1 FROM (");
    driver.push_orders(&mut statement, (&organization, dialect), " UNION ALL ");
    statement.push(") named LIMIT ").bind(Value::Number(count_max)).push(") counted");
    Ok(on_db!(tx, |db| {
        let query = sqlx::query_scalar(statement.text());
        bind_values!(query, statement).fetch_one(db).await
    })?)
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
