//! Replaces or compares what lists know of orders. Never what follows from records.

use sync_core::ids::OrganizationId;

use crate::projection::{ListedOrder, words_of};
use crate::store::{Result, Store, Tx, order_equipment, order_list, order_summaries, order_words};

/// Forgets by what all orders are found; each order gets its own again in its turn.
pub(super) async fn clear_words(store: &Store, organization: OrganizationId) -> Result<()> {
    let mut tx = store.begin_write(organization).await?;
    order_words::clear(&mut tx).await?;
    order_equipment::clear(&mut tx).await?;
    tx.commit().await
}

/// Whether all orders together are found by so many words.
pub(super) async fn has_words(store: &Store, organization: OrganizationId, count: usize) -> Result<bool> {
    let mut tx = store.begin_read(organization).await?;
    let stored = order_words::count(&mut tx).await?;
    tx.commit().await?;
    Ok(usize::try_from(stored) == Ok(count))
}

pub(super) async fn replace(tx: &mut Tx, listed: &ListedOrder) -> Result<()> {
    let ListedOrder { summary, row, draft_name } = listed;
    order_summaries::delete(tx, summary.order).await?;
    order_summaries::put(tx, &[summary]).await?;
    order_list::delete(tx, summary.order).await?;
    if summary.is_created {
        order_list::put(tx, &[(row, draft_name)]).await?;
    }
    let words: Vec<_> = words_of(summary).into_iter().map(|word| (summary.order, word)).collect();
    order_words::add(tx, &words).await?;
    let equipment: Vec<_> = summary.equipment.iter().map(|id| (summary.order, *id)).collect();
    order_equipment::add(tx, &equipment).await
}

pub(super) async fn compare(tx: &mut Tx, listed: &ListedOrder) -> Result<Option<&'static str>> {
    let ListedOrder { summary, row, draft_name } = listed;
    let order = summary.order;
    if order_summaries::find(tx, order).await?.as_ref() != Some(summary) {
        return Ok(Some("its summary differs"));
    }
    let stored = order_list::of_orders(tx, &[order]).await?;
    if stored.get(&order) != Some(row).filter(|_| summary.is_created) {
        return Ok(Some("what it is sorted and filtered by differs"));
    }
    if !order_list::has_current_name(tx, order, draft_name).await? {
        return Ok(Some("it is sorted by another name than its customer's"));
    }
    let words: Vec<_> = words_of(summary).into_iter().collect();
    if usize::try_from(order_words::count_of(tx, order, &words).await?) != Ok(words.len()) {
        return Ok(Some("the words it is found by differ"));
    }
    let equipment: Vec<_> = order_equipment::of_order(tx, order).await?.into_iter().collect();
    Ok((equipment != summary.equipment).then_some("the equipment it is found by differs"))
}
