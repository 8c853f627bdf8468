//! Fills a page with orders until it is full. Never looks inside a change.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{DeviceId, OrderId};
use sync_core::message::{Bytes, OrderUpdate, ReferenceRow};

use crate::store::changes::{self, ChangeRow};
use crate::store::feed::{self, FeedStretch, OrderSince};
use crate::store::orders::{self, OrderSizeRow};
use crate::store::{Result, StoreError, Tx};

use super::ORDERS_AT_ONCE;

/// What an entry costs besides its documents and changes.
const ENTRY_BYTES: usize = 24;

/// A page under way.
pub(super) struct Content {
    pub orders: Vec<OrderUpdate>,
    pub reference: Vec<ReferenceRow>,
    bytes: usize,
    bytes_max: usize,
    is_full: bool,
    device: DeviceId,
}

/// How one order goes into a page.
enum Plan {
    Nothing,
    Leave,
    Whole(OrderSizeRow),
    Rows(Vec<ChangeRow>),
}

impl Content {
    pub(super) fn new(bytes_max: usize, device: DeviceId) -> Self {
        Self { orders: Vec::new(), reference: Vec::new(), bytes: 0, bytes_max, is_full: false, device }
    }

    /// Whether something did not fit.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Adds a reference row; `false` when it does not fit.
    pub(super) fn add_reference(&mut self, row: ReferenceRow) -> bool {
        let fits = self.reserve(row.body.len() + row.kind.len() + ENTRY_BYTES);
        if fits {
            self.reference.push(row);
        }
        fits
    }

    /// Takes the room for an entry. An empty page takes any entry, however large.
    fn reserve(&mut self, bytes: usize) -> bool {
        let is_empty = self.orders.is_empty() && self.reference.is_empty() && self.bytes == 0;
        if self.is_full || (!is_empty && self.bytes + bytes > self.bytes_max) {
            self.is_full = true;
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// Adds the orders met in a stretch of the feed and returns the stretch that is left.
    pub(super) async fn read_stretch(&mut self, tx: &mut Tx, stretch: FeedStretch) -> Result<FeedStretch> {
        let mut after = stretch.after;
        while after < stretch.until && !self.is_full {
            let met = feed::orders_met(tx, &stretch, after, ORDERS_AT_ONCE).await?;
            let Some((last_met, _)) = met.last().copied() else {
                after = stretch.until;
                break;
            };
            let reached = self.read_orders(tx, &stretch, &met).await?;
            let is_done = reached == Some(last_met) && met.len() < ORDERS_AT_ONCE as usize;
            after = if is_done { stretch.until } else { reached.unwrap_or(after) };
        }
        Ok(FeedStretch { after, ..stretch })
    }

    /// Adds these orders and returns the feed position of the last one that fitted.
    async fn read_orders(
        &mut self,
        tx: &mut Tx,
        stretch: &FeedStretch,
        met: &[(u64, OrderId)],
    ) -> Result<Option<u64>> {
        let ids: Vec<_> = met.iter().map(|(_, order)| *order).collect();
        let since = feed::since_base(tx, stretch, &ids).await?;
        let sizes = orders::sizes(tx, &ids).await?;
        let mut planned = Vec::new();
        let mut reached = None;
        for (seq, order) in met {
            let plan = self.plan(tx, *order, since.get(order), sizes.get(order)).await?;
            if !self.reserve(plan.bytes()) {
                break;
            }
            planned.push((*order, plan));
            reached = Some(*seq);
        }
        self.add(tx, planned).await?;
        Ok(reached)
    }

    async fn plan(
        &self,
        tx: &mut Tx,
        order: OrderId,
        since: Option<&OrderSince>,
        size: Option<&OrderSizeRow>,
    ) -> Result<Plan> {
        let (Some(since), Some(size)) = (since, size) else { return Ok(Plan::Nothing) };
        if since.has_left() {
            return Ok(if since.was_there_before() { Plan::Leave } else { Plan::Nothing });
        }
        let Some(first_position) = since.first_position.filter(|_| since.entered_seq.is_none()) else {
            return Ok(Plan::Whole(*size));
        };
        let rows = changes::after(tx, order, first_position - 1).await?;
        let rows: Vec<_> = rows.into_iter().filter(|row| row.device != Some(self.device)).collect();
        let row_bytes: usize = rows.iter().map(|row| row.bytes.len()).sum();
        if rows.is_empty() {
            return Ok(Plan::Nothing);
        }
        let is_smaller_whole =
            Plan::Whole(*size).bytes() < row_bytes && size.save_position == size.change_count;
        Ok(if is_smaller_whole { Plan::Whole(*size) } else { Plan::Rows(rows) })
    }

    /// Adds whole orders, as the comparison of heads wants them; `false` when not all of them fitted.
    pub(super) async fn add_whole(&mut self, tx: &mut Tx, orders: &[OrderId]) -> Result<bool> {
        for some in orders.chunks(ORDERS_AT_ONCE as usize) {
            let sizes = orders::sizes(tx, some).await?;
            let mut planned = Vec::new();
            for (order, size) in sizes {
                if !self.reserve(Plan::Whole(size).bytes()) {
                    break;
                }
                planned.push((order, Plan::Whole(size)));
            }
            self.add(tx, planned).await?;
            if self.is_full {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds that an order is not in the device's scope.
    pub(super) fn add_leave(&mut self, order: OrderId) -> bool {
        let fits = self.reserve(ENTRY_BYTES);
        if fits {
            self.orders.push(OrderUpdate::Leave { order });
        }
        fits
    }

    async fn add(&mut self, tx: &mut Tx, planned: Vec<(OrderId, Plan)>) -> Result<()> {
        let whole: BTreeSet<_> = planned
            .iter()
            .filter(|(_, plan)| matches!(plan, Plan::Whole(_)))
            .map(|(order, _)| *order)
            .collect();
        let whole: Vec<_> = whole.into_iter().collect();
        let mut saves = if whole.is_empty() { BTreeMap::new() } else { orders::saves(tx, &whole).await? };
        for (order, plan) in planned {
            match plan {
                Plan::Nothing => {}
                Plan::Leave => self.orders.push(OrderUpdate::Leave { order }),
                Plan::Rows(rows) => {
                    let changes = rows.into_iter().map(|row| Bytes(row.bytes)).collect();
                    self.orders.push(OrderUpdate::Changes { order, changes });
                }
                Plan::Whole(size) => {
                    let missing = || StoreError::internal("an order lost its saved document");
                    let snapshot = saves.remove(&order).ok_or_else(missing)?;
                    let changes = newer_changes(tx, order, size).await?;
                    self.orders.push(OrderUpdate::Enter { order, snapshot, changes });
                }
            }
        }
        Ok(())
    }
}

/// The changes that came after the saved document.
async fn newer_changes(tx: &mut Tx, order: OrderId, size: OrderSizeRow) -> Result<Vec<Bytes>> {
    if size.save_position == size.change_count {
        return Ok(Vec::new());
    }
    let rows = changes::after(tx, order, size.save_position).await?;
    Ok(rows.into_iter().map(|row| Bytes(row.bytes)).collect())
}

impl Plan {
    fn bytes(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Leave => ENTRY_BYTES,
            Self::Whole(size) => ENTRY_BYTES + usize::try_from(size.save_bytes).unwrap_or(usize::MAX / 2),
            Self::Rows(rows) => ENTRY_BYTES + rows.iter().map(|row| row.bytes.len() + 4).sum::<usize>(),
        }
    }
}
