//! Changes made on this device, each with the command that made it, and those passed on. Never counts: what is unsent is
//! derived.
//!
//! `unacknowledged = own changes − changes with a fate`. A fate is written in the same batch as the reply that
//! brought it, so no change is believed to be on the server before that belief itself is durable.

mod own_change;

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{ChangeHash, OrderId};
use crate::message::{Digest, HeldReason};
use crate::time::Timestamp;
use minicbor::{Decode, Encode};

pub(crate) use own_change::OwnChangeRow;
pub use own_change::{Authored, Origin, OwnChange};

/// What the server said to a change of this device. A stored format.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Fate {
    /// Committed and merged; the bytes are kept until a backup of the server holds them.
    #[n(0)]
    Acknowledged {
        /// The server's time when it said so.
        #[n(0)]
        at: Timestamp,
    },
    /// Kept by the server, waiting for the office.
    #[n(1)]
    Held {
        /// Why.
        #[n(0)]
        reason: HeldReason,
        /// Until when it is kept at least.
        #[n(1)]
        until: Timestamp,
    },
    /// Not accepted; kept here for a person to decide.
    #[n(2)]
    Refused {
        /// A code of the contract, or of the rules of the core.
        #[n(0)]
        code: String,
        /// The field that was not allowed.
        #[n(1)]
        path: Option<String>,
    },
}

/// What is kept in memory of one change made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntry {
    /// Its name.
    pub hash: ChangeHash,
    /// How long it is.
    pub size_bytes: usize,
    /// What the server said, if it said anything.
    pub fate: Option<Fate>,
    /// Somebody else's change, passed on under the voucher of this number.
    pub voucher: Option<u64>,
}

impl OwnEntry {
    /// Whether the server has it merged.
    pub const fn is_acknowledged(&self) -> bool {
        matches!(self.fate, Some(Fate::Acknowledged { .. }))
    }

    /// Whether the server keeps it until the office decides.
    pub const fn is_held(&self) -> bool {
        matches!(self.fate, Some(Fate::Held { .. }))
    }

    /// Whether it is part of the local document without being part of the server's.
    pub const fn is_ahead(&self) -> bool {
        matches!(self.fate, None | Some(Fate::Held { .. }))
    }
}

/// Every change made here whose bytes are still kept, by order and number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    orders: BTreeMap<OrderId, BTreeMap<u64, OwnEntry>>,
}

impl Outbox {
    /// Takes in a change; numbers only grow within an order.
    pub fn insert(&mut self, order: OrderId, number: u64, entry: OwnEntry) {
        self.orders.entry(order).or_default().insert(number, entry);
    }

    /// Forgets a change.
    pub fn remove(&mut self, order: OrderId, number: u64) {
        if let Some(entries) = self.orders.get_mut(&order) {
            entries.remove(&number);
            if entries.is_empty() {
                self.orders.remove(&order);
            }
        }
    }

    /// Records what the server said, or that it has to be asked again.
    pub fn set_fate(&mut self, order: OrderId, number: u64, fate: Option<Fate>) {
        if let Some(entry) = self.orders.get_mut(&order).and_then(|entries| entries.get_mut(&number)) {
            entry.fate = fate;
        }
    }

    /// The entry of one change.
    pub fn get(&self, order: OrderId, number: u64) -> Option<&OwnEntry> {
        self.orders.get(&order)?.get(&number)
    }

    /// The number under which a change of an order is kept.
    pub fn number_of(&self, order: OrderId, hash: &ChangeHash) -> Option<u64> {
        self.entries(order).find(|(_, entry)| entry.hash == *hash).map(|(number, _)| number)
    }

    /// The number of the next change of an order.
    pub fn next_number(&self, order: OrderId) -> u64 {
        self.entries(order).last().map_or(1, |(number, _)| number + 1)
    }

    /// The changes of one order, oldest first.
    pub fn entries(&self, order: OrderId) -> impl DoubleEndedIterator<Item = (u64, &OwnEntry)> {
        self.orders.get(&order).into_iter().flatten().map(|(number, entry)| (*number, entry))
    }

    /// Every change, by order and number.
    pub fn all(&self) -> impl Iterator<Item = (OrderId, u64, &OwnEntry)> {
        self.orders
            .iter()
            .flat_map(|(order, entries)| entries.iter().map(|(number, entry)| (*order, *number, entry)))
    }

    /// The changes of one order that the server has not answered, oldest first.
    pub fn unacknowledged(&self, order: OrderId) -> impl Iterator<Item = (u64, &OwnEntry)> {
        self.entries(order).filter(|(_, entry)| entry.fate.is_none())
    }

    /// The orders with a change that the server has not answered.
    pub fn orders_to_send(&self) -> Vec<OrderId> {
        let waiting = self.orders.iter().filter(|(_, entries)| entries.values().any(|e| e.fate.is_none()));
        waiting.map(|(order, _)| *order).collect()
    }

    /// The orders with a change that waits for the office.
    pub fn orders_with_held(&self) -> Vec<OrderId> {
        let with_held = self.orders.iter().filter(|(_, entries)| entries.values().any(OwnEntry::is_held));
        with_held.map(|(order, _)| *order).collect()
    }

    /// How many changes made here the server has not answered.
    pub fn unacknowledged_count(&self) -> usize {
        self.all().filter(|(_, _, entry)| entry.fate.is_none() && entry.voucher.is_none()).count()
    }

    /// How many changes wait for a person's decision here.
    pub fn refused_count(&self) -> usize {
        self.all().filter(|(_, _, entry)| matches!(entry.fate, Some(Fate::Refused { .. }))).count()
    }

    /// The combination of the changes that the local documents have and the server's have not.
    pub fn ahead_digest(&self, order: OrderId) -> Digest {
        self.entries(order).filter(|(_, entry)| entry.is_ahead()).map(|(_, entry)| &entry.hash).collect()
    }

    /// The vouchers under which changes are passed on.
    pub fn vouchers_in_use(&self) -> BTreeSet<u64> {
        self.all().filter_map(|(_, _, entry)| entry.voucher).collect()
    }

    /// Whether a change is somebody else's.
    pub fn is_passed_on(&self, order: OrderId, number: u64) -> bool {
        self.get(order, number).is_some_and(|entry| entry.voucher.is_some())
    }

    /// Whether an order has changes that the server has not merged, or that a person must decide about.
    pub fn is_busy(&self, order: OrderId) -> bool {
        self.entries(order).any(|(_, entry)| !entry.is_acknowledged())
    }
}

#[cfg(test)]
mod tests;
