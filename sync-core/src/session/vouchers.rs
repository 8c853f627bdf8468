//! The vouchers a device keeps, and what it brings back with them. Never passes on what no voucher covers.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::SyncSession;
use super::apply_reply::Taken;
use super::settle::Work;
use crate::document::{Change, OrderDocument, genesis_heads};
use crate::ids::{ChangeHash, OrderId};
use crate::message::{OrderHeads, OrderUpdate, SyncResponse};
use crate::outbox::OwnChange;
use crate::replica::{ReadFailed, StoreBatch, StoreRead, record};
use crate::time::Timestamp;
use crate::voucher::{Voucher, covered};

/// A voucher as it is kept. A stored format.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct KeptVoucher {
    /// The life of the server that gave it.
    #[n(0)]
    epoch: u64,
    /// The server's time when it did.
    #[n(1)]
    at: Timestamp,
    #[n(2)]
    voucher: Voucher,
}

/// Every kept voucher by its number, and which is the newest of each order.
#[derive(Debug, Default)]
pub(super) struct Vouchers {
    kept: BTreeMap<u64, KeptVoucher>,
    newest: BTreeMap<OrderId, u64>,
}

impl Vouchers {
    /// Reads the kept vouchers; damaged ones vouch for nothing.
    pub fn open(store: &dyn StoreRead) -> Result<Self, ReadFailed> {
        let mut vouchers = Self::default();
        for (key, value) in store.scan(record::VOUCHERS)? {
            let row = record::voucher_of_key(&key).zip(record::open_row::<KeptVoucher>(&key, &value));
            if let Some((number, kept)) = row {
                vouchers.insert(number, kept);
            }
        }
        Ok(vouchers)
    }

    /// The voucher of a number.
    pub fn get(&self, number: u64) -> Option<&Voucher> {
        self.kept.get(&number).map(|kept| &kept.voucher)
    }

    /// Offers nothing more of an order under what is kept: the server did not believe it.
    pub fn distrust(&mut self, order: OrderId) {
        self.newest.remove(&order);
    }

    fn insert(&mut self, number: u64, kept: KeptVoucher) {
        self.newest.extend(kept.voucher.orders.iter().map(|of| (of.order, number)));
        self.kept.insert(number, kept);
    }

    fn next_number(&self) -> u64 {
        self.kept.last_key_value().map_or(1, |(number, _)| number + 1)
    }

    /// The newest heads of an order that an earlier life of the server vouched for.
    fn of_an_earlier_life(&self, order: OrderId, epoch: u64) -> Option<(u64, &[ChangeHash])> {
        let number = self.newest.get(&order)?;
        let kept = self.kept.get(number).filter(|kept| kept.epoch != epoch)?;
        let of = kept.voucher.orders.iter().find(|of| of.order == order)?;
        Some((*number, &of.heads))
    }

    /// The numbers of vouchers that vouch for nothing newer ones do not, or that a backup has made needless.
    fn superfluous(&self, in_use: &BTreeSet<u64>, watermark: Option<Timestamp>) -> Vec<u64> {
        let needed: BTreeSet<u64> = self.newest.values().chain(in_use).copied().collect();
        let is_safe = |kept: &KeptVoucher| watermark.is_some_and(|watermark| kept.at <= watermark);
        let superfluous = self
            .kept
            .iter()
            .filter(|(number, kept)| !needed.contains(number) || (is_safe(kept) && !in_use.contains(number)));
        superfluous.map(|(number, _)| *number).collect()
    }

    fn remove(&mut self, number: u64) {
        self.kept.remove(&number);
        self.newest.retain(|_, newest| *newest != number);
    }
}

impl SyncSession {
    /// Keeps the voucher of a reply, once everything of its page is settled, and lets go of needless ones.
    pub(super) fn take_voucher(&mut self, reply: &SyncResponse, taken: &Taken, batch: &mut StoreBatch) {
        if let Some(seal) = reply.voucher
            && let Some(orders) = vouched_orders(reply, &taken.heads)
        {
            let number = self.vouchers.next_number();
            let voucher = Voucher { orders, seal };
            let kept = KeptVoucher { epoch: reply.cursor.epoch, at: reply.server_time, voucher };
            let key = record::voucher_key(number);
            batch.put(key.clone(), record::seal_row(&key, &kept));
            self.vouchers.insert(number, kept);
        }
        let in_use = self.outbox.vouchers_in_use();
        for number in self.vouchers.superfluous(&in_use, reply.backup_watermark) {
            batch.delete(record::voucher_key(number));
            self.vouchers.remove(number);
        }
    }

    /// What an earlier life of the server vouched for and this one lacks, and what others wrote of it: kept, to be
    /// passed on. `server` is what the server has of the order, if it has it.
    pub(super) fn pass_on(
        &mut self,
        work: &Work,
        server: Option<&OrderDocument>,
        batch: &mut StoreBatch,
    ) -> Vec<Change> {
        let Some((voucher, heads)) = self.vouchers.of_an_earlier_life(work.order, self.epoch) else {
            return Vec::new();
        };
        let headers = work.document.headers_since(&genesis_heads());
        let dependencies = headers.iter().map(|header| (header.hash, header.deps.clone())).collect();
        let covered = covered(heads.iter().copied(), &dependencies);
        let lost = headers.iter().filter(|header| {
            covered.contains(&header.hash)
                && !server.is_some_and(|server| server.contains(&header.hash))
                && self.outbox.number_of(work.order, &header.hash).is_none()
        });
        let lost: Vec<OwnChange> = lost
            .filter_map(|header| {
                let change = work.document.change(&header.hash)?;
                Some(OwnChange { change, actor: header.actor, authored: None, voucher: Some(voucher) })
            })
            .collect();
        for passed_on in &lost {
            self.stage_own(batch, work.order, passed_on);
        }
        lost.into_iter().map(|passed_on| passed_on.change).collect()
    }
}

/// The orders of a page with their heads; `None` when one of them could not be put together.
fn vouched_orders(
    reply: &SyncResponse,
    heads: &BTreeMap<OrderId, Vec<ChangeHash>>,
) -> Option<Vec<OrderHeads>> {
    vouched_for(&reply.orders)
        .into_iter()
        .map(|order| Some(OrderHeads { order, heads: heads.get(&order)?.clone() }))
        .collect()
}

/// The orders that the voucher of a page is about, in its order: each once, without those that left.
pub fn vouched_for(updates: &[OrderUpdate]) -> Vec<OrderId> {
    let mut seen = BTreeSet::new();
    let is_whole = |update: &&OrderUpdate| !matches!(update, OrderUpdate::Leave { .. });
    let orders = updates.iter().filter(is_whole).map(OrderUpdate::order);
    orders.filter(|order| seen.insert(*order)).collect()
}
