//! Fills a page with orders until it is full. Never looks inside a change.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{DeviceId, OrderId};
use sync_core::message::{Bytes, OrderUpdate, ReferenceRow};

use crate::store::changes::{self, ChangeRow};
use crate::store::feed::{self, FeedStretch, MetOrder};
use crate::store::orders::{self, OrderSizeRow};
use crate::store::{Result, StoreError, Tx};

use super::ORDERS_AT_ONCE;

/// Orders whose changes are read together, before it is known whether they fit.
const HISTORIES_AT_ONCE: usize = 16;
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

    /// Adds the orders met in a stretch of a feed that ends at `head`, and returns the stretch that is left.
    pub(super) async fn read_stretch(
        &mut self,
        tx: &mut Tx,
        stretch: FeedStretch,
        head: u64,
    ) -> Result<FeedStretch> {
        if stretch.after >= stretch.until {
            return Ok(stretch);
        }
        if head.saturating_sub(stretch.base) <= u64::from(ORDERS_AT_ONCE) {
            let met = feed::orders_met_since(tx, &stretch).await?;
            let after = self.read_orders(tx, &met).await?.unwrap_or(stretch.until);
            return Ok(FeedStretch { after, ..stretch });
        }
        let mut after = stretch.after;
        while after < stretch.until && !self.is_full {
            let met = feed::orders_met(tx, &stretch, after, ORDERS_AT_ONCE).await?;
            let next = met.last().filter(|_| met.len() == ORDERS_AT_ONCE as usize).map(|(seq, _)| *seq);
            let met = describe(tx, &stretch, met).await?;
            after = self.read_orders(tx, &met).await?.unwrap_or(next.unwrap_or(stretch.until));
        }
        Ok(FeedStretch { after, ..stretch })
    }

    /// Adds these orders; when not all of them fitted, returns the feed position before the first that did not.
    async fn read_orders(&mut self, tx: &mut Tx, met: &[MetOrder]) -> Result<Option<u64>> {
        let mut planned = Vec::new();
        let mut stopped_before = None;
        'orders: for some in met.chunks(HISTORIES_AT_ONCE) {
            let mut histories = histories(tx, some).await?;
            for met in some {
                let plan = self.plan(met, histories.remove(&met.order).unwrap_or_default());
                if !self.reserve(plan.bytes()) {
                    stopped_before = Some(met.seq - 1);
                    break 'orders;
                }
                planned.push((met.order, plan));
            }
        }
        self.add(tx, planned).await?;
        Ok(stopped_before)
    }

    fn plan(&self, met: &MetOrder, rows: Vec<ChangeRow>) -> Plan {
        let MetOrder { since, size, .. } = met;
        if since.has_left() {
            return if since.was_there_before() { Plan::Leave } else { Plan::Nothing };
        }
        if first_position(met).is_none() {
            return Plan::Whole(*size);
        }
        let rows: Vec<_> = rows.into_iter().filter(|row| row.device != Some(self.device)).collect();
        let row_bytes: usize = rows.iter().map(|row| row.bytes.len()).sum();
        if rows.is_empty() {
            return Plan::Nothing;
        }
        let is_smaller_whole =
            Plan::Whole(*size).bytes() < row_bytes && size.save_position == size.change_count;
        if is_smaller_whole { Plan::Whole(*size) } else { Plan::Rows(rows) }
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

/// Where the changes begin that a device has not seen of an order it has.
fn first_position(met: &MetOrder) -> Option<i64> {
    let is_there = !met.since.has_left() && met.since.entered_seq.is_none();
    met.since.first_position.filter(|_| is_there)
}

/// What happened to orders since the stretch's base, and what they cost.
async fn describe(tx: &mut Tx, stretch: &FeedStretch, met: Vec<(u64, OrderId)>) -> Result<Vec<MetOrder>> {
    let ids: Vec<_> = met.iter().map(|(_, order)| *order).collect();
    let since = feed::since_base(tx, stretch, &ids).await?;
    let sizes = orders::sizes(tx, &ids).await?;
    let describe = |(seq, order): (u64, OrderId)| {
        Some(MetOrder { seq, order, since: *since.get(&order)?, size: *sizes.get(&order)? })
    };
    Ok(met.into_iter().filter_map(describe).collect())
}

/// The changes since of the orders that a device has.
async fn histories(tx: &mut Tx, met: &[MetOrder]) -> Result<BTreeMap<OrderId, Vec<ChangeRow>>> {
    let places: Vec<_> = met.iter().filter_map(|met| Some((met.order, first_position(met)? - 1))).collect();
    changes::after_each(tx, &places).await
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
