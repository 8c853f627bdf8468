//! Derives the rows that lists and search read from orders. Never the truth: everything here can be rebuilt.

pub mod rebuild;

use std::collections::BTreeSet;

use sync_core::ids::{BlobHash, OrderId};
use sync_core::order::{Order, Workflows};
use sync_core::projection::OrderSummary;
use sync_core::time::Timestamp;

use crate::search_text;
use crate::store::order_summaries::OrderSummaryRow;
use crate::store::{Result, Tx, order_blobs};

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

/// The summary of an order that the server first heard of at `listed_at`.
pub(crate) fn summary_row(
    order_id: OrderId,
    listed_at: Timestamp,
    order: &Order,
    workflows: &Workflows,
) -> OrderSummaryRow {
    let summary = OrderSummary::of(order, workflows);
    let search = search_of(&summary);
    OrderSummaryRow {
        order: order_id,
        listed_at,
        is_created: order.is_created(),
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
        window_start: summary.window_start,
        window_end: summary.window_end,
        promised: summary.promised,
        currency: summary.currency,
        total_minor: summary.total_minor,
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

fn column(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The words by which an order is found; the customer's name is looked up where it is kept.
fn search_of(summary: &OrderSummary) -> String {
    let texts = [&summary.number, &summary.reason, &summary.draft_customer, &summary.kind];
    let texts: Vec<_> = texts.into_iter().flatten().map(String::as_str).collect();
    search_text::fold(&texts.join(" "))
}
