//! Fills a page with orders until it is full. Never looks inside a change.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{DeviceId, OrderId};
use sync_core::message::{Bytes, OrderUpdate, ReferenceRow};

use crate::store::changes::{self, ChangeRow};
use crate::store::feed::{self, FeedStretch, MetOrder, MetSince, OrderSince};
use crate::store::orders::{self, OrderSizeRow};
use crate::store::{Result, StoreError, Tx};

use super::ORDERS_AT_ONCE;

/// Orders whose changes are read together, before it is known whether they fit.
const HISTORIES_AT_ONCE: usize = 16;
/// Pages with so many orders are read together with others.
const PAGE_IS_SMALL_ORDERS: usize = 4;
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
        news: News<'_>,
    ) -> Result<FeedStretch> {
        if stretch.after >= stretch.until {
            return Ok(stretch);
        }
        if is_near(&stretch, head) {
            let after = self.read_orders(tx, news.met, news.histories).await?.unwrap_or(stretch.until);
            return Ok(FeedStretch { after, ..stretch });
        }
        let mut after = stretch.after;
        while after < stretch.until && !self.is_full {
            let met = feed::orders_met(tx, &stretch, after, ORDERS_AT_ONCE).await?;
            let next = met.last().filter(|_| met.len() == ORDERS_AT_ONCE as usize).map(|(seq, _)| *seq);
            let met = describe(tx, &stretch, met).await?;
            after =
                self.read_orders(tx, &met, &Histories::new()).await?.unwrap_or(next.unwrap_or(stretch.until));
        }
        Ok(FeedStretch { after, ..stretch })
    }

    /// Adds these orders; when not all of them fitted, returns the feed position before the first that did not.
    async fn read_orders(&mut self, tx: &mut Tx, met: &[MetOrder], known: &Histories) -> Result<Option<u64>> {
        let mut planned = Vec::new();
        let mut stopped_before = None;
        'orders: for some in met.chunks(HISTORIES_AT_ONCE) {
            let unknown = some.iter().filter(|met| !known.contains_key(&met.order));
            let read = changes::after_each(tx, &unknown.filter_map(place).collect::<Vec<_>>()).await?;
            for met in some {
                let history = known.get(&met.order).or_else(|| read.get(&met.order));
                let plan = self.plan(met, history.map(Vec::as_slice).unwrap_or_default());
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

    /// How an order goes into the page, given its changes from where the device lacks them, or from before.
    fn plan(&self, met: &MetOrder, history: &[ChangeRow]) -> Plan {
        let MetOrder { since, size, .. } = met;
        if since.has_left() {
            return if since.was_there_before() { Plan::Leave } else { Plan::Nothing };
        }
        let Some((_, known_until)) = place(met) else { return Plan::Whole(*size) };
        let news = history.iter().filter(|row| row.position > known_until);
        let rows: Vec<_> = news.filter(|row| row.device != Some(self.device)).cloned().collect();
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

/// The place in an order up to which a device has it; `None` for one that it gets whole.
fn place(met: &MetOrder) -> Option<(OrderId, i64)> {
    Some((met.order, first_position(met)? - 1))
}

/// Whether everything since the base of a stretch is few enough to be read at once.
const fn is_near(stretch: &FeedStretch, head: u64) -> bool {
    head.saturating_sub(stretch.base) <= ORDERS_AT_ONCE as u64
}

/// Changes of orders, from some place on.
type Histories = BTreeMap<OrderId, Vec<ChangeRow>>;

/// What was met in the stretches of several pages, read together where the stretches are near the ends of their feeds.
#[derive(Default)]
pub(super) struct Met {
    met: BTreeMap<usize, Vec<MetOrder>>,
    /// Of pages with few orders.
    histories: Histories,
    none: Histories,
}

/// What was met in the stretch of one page.
#[derive(Clone, Copy)]
pub(super) struct News<'a> {
    met: &'a [MetOrder],
    histories: &'a Histories,
}

fn with_sizes(met: MetSince, sizes: &BTreeMap<OrderId, OrderSizeRow>) -> Vec<MetOrder> {
    let with_size = |(order, since): (OrderId, OrderSince)| {
        Some(MetOrder { seq: since.first_seq, order, since, size: *sizes.get(&order)? })
    };
    met.into_iter().filter_map(with_size).collect()
}

impl Met {
    /// Reads what the stretches of pages met; each with the end of its feed.
    pub(super) async fn read(tx: &mut Tx, stretches: &[(FeedStretch, u64)]) -> Result<Self> {
        let is_read =
            |(stretch, head): &(FeedStretch, u64)| stretch.after < stretch.until && is_near(stretch, *head);
        let near: Vec<_> = (0..).zip(stretches).filter(|(_, stretch)| is_read(stretch)).collect();
        let all: Vec<_> = near.iter().map(|(_, (stretch, _))| *stretch).collect();
        let met = feed::orders_met_since(tx, &all, ORDERS_AT_ONCE).await?;
        let ids: BTreeSet<_> = met.iter().flatten().map(|(order, _)| *order).collect();
        let sizes = orders::sizes(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let met: Vec<Vec<_>> = met.into_iter().map(|met| with_sizes(met, &sizes)).collect();
        let few = met.iter().filter(|met| met.len() <= PAGE_IS_SMALL_ORDERS).flatten();
        let mut places = BTreeMap::<OrderId, i64>::new();
        for (order, position) in few.filter_map(place) {
            places.entry(order).and_modify(|first| *first = position.min(*first)).or_insert(position);
        }
        let histories = changes::after_each(tx, &places.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self {
            met: near.into_iter().map(|(number, _)| number).zip(met).collect(),
            histories,
            ..Self::default()
        })
    }

    /// What the page of that number met.
    pub(super) fn news(&self, number: usize) -> News<'_> {
        let met = self.met.get(&number).map(Vec::as_slice).unwrap_or_default();
        // The changes were read from where a small page begins; another one may need older ones.
        let histories = if met.len() <= PAGE_IS_SMALL_ORDERS { &self.histories } else { &self.none };
        News { met, histories }
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
