//! Derives the rows that lists and search read from orders. Never the truth: everything here can be rebuilt.

pub mod rebuild;

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{BlobHash, OrderId};
use sync_core::order::{Order, Workflows};
use sync_core::projection::OrderSummary;
use sync_core::time::Timestamp;

use crate::search_text;
use crate::store::order_list::{self, FAR_FUTURE, OrderListRow, category_rank, ranked};
use crate::store::order_summaries::{self, OrderSummaryRow};
use crate::store::{Result, Tx, order_blobs, order_equipment, order_words};

/// The photos, drawn strokes and receipts that an order refers to. None ever leaves an order.
pub(crate) fn blobs_of(order: &Order) -> BTreeSet<BlobHash> {
    let photos = order.photos.values().map(|photo| photo.sha256);
    let strokes = order.signatures.values().filter_map(|signature| signature.strokes);
    let receipts = order.expenses.values().filter_map(|expense| expense.receipt);
    photos.chain(strokes).chain(receipts).collect()
}

/// Notes what an order refers to and was not known to. An order without photos costs nothing.
pub(crate) async fn put_blobs(
    tx: &mut Tx,
    order: OrderId,
    blobs: &BTreeSet<BlobHash>,
    now: Timestamp,
) -> Result<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let known = order_blobs::of_order(tx, order).await?;
    for sha256 in blobs.difference(&known) {
        order_blobs::add(tx, order, *sha256, now).await?;
    }
    Ok(())
}

/// One order as lists have it: what they show of it, and by what they sort and filter it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedOrder {
    /// What lists show.
    pub summary: OrderSummaryRow,
    /// By what they sort and filter.
    pub row: OrderListRow,
    /// Stands for the name of a customer who is not in the records, folded.
    pub draft_name: String,
}

impl ListedOrder {
    /// The rows of an order that the server first heard of at `listed_at`.
    pub(crate) fn of(order_id: OrderId, listed_at: Timestamp, order: &Order, workflows: &Workflows) -> Self {
        let summary = OrderSummary::of(order, workflows);
        let draft_name = search_text::fold(summary.draft_customer.as_deref().unwrap_or_default());
        let row = list_row(order_id, listed_at, &summary, order);
        Self { summary: summary_row(order_id, listed_at, summary, order.is_created()), row, draft_name }
    }
}

fn summary_row(
    order: OrderId,
    listed_at: Timestamp,
    summary: OrderSummary,
    is_created: bool,
) -> OrderSummaryRow {
    let search = search_of(&summary);
    OrderSummaryRow {
        order,
        listed_at,
        is_created,
        number: summary.number,
        kind: summary.kind,
        workflow: summary.workflow,
        state: summary.state,
        category: summary.category.as_str().to_owned(),
        priority: summary.priority.to_owned(),
        reason: summary.reason,
        customer: summary.customer,
        draft_customer: summary.draft_customer,
        site: summary.site,
        place: summary.place.as_str().to_owned(),
        equipment: summary.equipment,
        status_since: summary.status_since,
        window_start: summary.window_start,
        window_end: summary.window_end,
        promised: summary.promised,
        currency: summary.currency,
        total_minor: summary.total_minor,
        paid_minor: summary.paid_minor,
        created_by: summary.created_by,
        created_at: summary.created_at,
        attention_count: column(summary.attention_count),
        conflict_count: column(summary.conflict_count),
        running_visit_count: column(summary.running_visit_count),
        line_count: column(summary.line_count),
        note_count: column(summary.note_count),
        photo_count: column(summary.photo_count),
        expense_count: column(summary.expense_count),
        is_signed: summary.is_signed,
        search,
    }
}

fn list_row(id: OrderId, listed_at: Timestamp, summary: &OrderSummary, order: &Order) -> OrderListRow {
    let at = |time: Option<Timestamp>| time.map_or(FAR_FUTURE, |time| time.0.min(FAR_FUTURE));
    OrderListRow {
        order: id,
        listed_at,
        number: digits_of(summary.number.as_deref().unwrap_or_default()),
        priority: ranked(order.plan.priority as i64, listed_at),
        status: ranked(category_rank(summary.category), listed_at),
        window_start: at(summary.window_start),
        window_end: at(summary.window_end),
        promised: at(summary.promised),
        created_at: summary.created_at.unwrap_or(listed_at),
        status_since: summary.status_since.map_or(0, |since| since.0),
        attention_count: column(summary.attention_count + summary.conflict_count),
        assignee_count: column(summary.assignees.len()),
        customer: summary.customer,
        site: summary.site,
        state: summary.state.clone(),
        kind: summary.kind.clone().unwrap_or_default(),
        place: summary.place.as_str().to_owned(),
        currency: summary.currency.clone().unwrap_or_default(),
        is_paid: summary.is_paid,
    }
}

fn column(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The digits of a number as far as they fit, so that 9 comes before 10 whatever stands around them.
fn digits_of(number: &str) -> i64 {
    const DIGITS_MAX: usize = 18;
    let digits: String = number.chars().filter(char::is_ascii_digit).take(DIGITS_MAX).collect();
    digits.parse().unwrap_or(0)
}

/// The words by which an order is found, each after a space; those of its customer, site and equipment are in the
/// records.
fn search_of(summary: &OrderSummary) -> String {
    let texts = [&summary.number, &summary.reason, &summary.draft_customer, &summary.kind];
    let mut words: BTreeSet<String> = BTreeSet::new();
    texts.into_iter().flatten().for_each(|text| words.extend(search_text::words_of(text)));
    for number in &summary.draft_numbers {
        // Written down in the field with spaces or without; one number in any case.
        words.extend(search_text::words_of(&number.replace(' ', "")));
    }
    words.iter().map(|word| format!(" {word}")).collect()
}

/// An order whose rows are to be stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing<'a> {
    /// The order.
    pub id: OrderId,
    /// When the server first heard of it, unless it has a row that says so.
    pub heard_at: Timestamp,
    /// As it stands.
    pub order: &'a Order,
    /// What it is read by.
    pub workflows: &'a Workflows,
    /// What is stored of it, where that need not be read.
    pub known: Option<&'a ListedOrder>,
}

/// Stores the rows of orders and what they are found by, where that changed. Returns how each is listed.
pub(crate) async fn put_listed(tx: &mut Tx, listings: &[Listing<'_>]) -> Result<Vec<ListedOrder>> {
    let before = listed_before(tx, listings).await?;
    let listed: Vec<_> = listings
        .iter()
        .map(|Listing { id, heard_at, order, workflows, .. }| {
            let listed_at = before.summaries.get(id).map_or(*heard_at, |row| row.listed_at);
            ListedOrder::of(*id, listed_at, order, workflows)
        })
        .collect();
    let shown: Vec<_> = listed
        .iter()
        .map(|order| &order.summary)
        .filter(|summary| before.summaries.get(&summary.order) != Some(summary))
        .collect();
    order_summaries::put(tx, &shown).await?;
    let moved: Vec<_> = listed
        .iter()
        .filter(|order| order.summary.is_created)
        .filter(|order| before.rows.get(&order.summary.order) != Some(&order.row))
        .map(|order| (&order.row, order.draft_name.as_str()))
        .collect();
    order_list::put(tx, &moved).await?;
    put_words(tx, &shown, &before.summaries).await?;
    put_equipment(tx, &shown, &before.summaries).await?;
    Ok(listed)
}

/// How orders were listed.
#[derive(Default)]
struct Before {
    summaries: BTreeMap<OrderId, OrderSummaryRow>,
    rows: BTreeMap<OrderId, OrderListRow>,
}

/// From memory, or else as it is stored.
async fn listed_before(tx: &mut Tx, listings: &[Listing<'_>]) -> Result<Before> {
    let unknown: Vec<_> =
        listings.iter().filter(|listing| listing.known.is_none()).map(|listing| listing.id).collect();
    let mut before = Before {
        summaries: order_summaries::of_orders(tx, &unknown).await?,
        rows: order_list::of_orders(tx, &unknown).await?,
    };
    for known in listings.iter().filter_map(|listing| listing.known) {
        before.summaries.insert(known.summary.order, known.summary.clone());
        if known.summary.is_created {
            before.rows.insert(known.row.order, known.row.clone());
        }
    }
    Ok(before)
}

/// The words by which an order is found.
pub(crate) fn words_of(summary: &OrderSummaryRow) -> BTreeSet<&str> {
    summary.search.split_whitespace().collect()
}

type Known = BTreeMap<OrderId, OrderSummaryRow>;

async fn put_words(tx: &mut Tx, rows: &[&OrderSummaryRow], known: &Known) -> Result<()> {
    let (mut gone, mut fresh) = (Vec::new(), Vec::new());
    for row in rows {
        let before = known.get(&row.order).map(words_of).unwrap_or_default();
        let after = words_of(row);
        gone.extend(before.difference(&after).map(|word| (row.order, *word)));
        fresh.extend(after.difference(&before).map(|word| (row.order, *word)));
    }
    order_words::remove(tx, &gone).await?;
    order_words::add(tx, &fresh).await
}

async fn put_equipment(tx: &mut Tx, rows: &[&OrderSummaryRow], known: &Known) -> Result<()> {
    let (mut gone, mut fresh) = (Vec::new(), Vec::new());
    for row in rows {
        let before = known.get(&row.order).map(|row| row.equipment.as_slice()).unwrap_or_default();
        gone.extend(before.iter().filter(|id| !row.equipment.contains(id)).map(|id| (row.order, *id)));
        fresh.extend(row.equipment.iter().filter(|id| !before.contains(id)).map(|id| (row.order, *id)));
    }
    order_equipment::remove(tx, &gone).await?;
    order_equipment::add(tx, &fresh).await
}
