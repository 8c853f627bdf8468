//! The orders a device holds: which, in what state, and their documents on demand. Never talks to anybody.

mod documents;
mod rebuild;
pub(crate) mod record;
mod store;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::document::OrderDocument;
use crate::ids::{ActorId, ChangeHash, OrderId};
use crate::message::Digest;
use documents::Documents;
pub use record::{LOST_ROWS, RowHealth, row_health};
pub use store::{MemoryStore, ReadFailed, StoreBatch, StoreRead, StoreRow};

pub(crate) use rebuild::{Unfit, apply_all, digest_of, entered, server_heads, without};

/// What is kept in memory of every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OrderState {
    /// Whether the server counts the order to this device's scope.
    pub is_in_scope: bool,
    /// Whether a hole is known, so that the order has to be fetched whole.
    pub needs_fetch: bool,
    /// The actor under which this device writes.
    pub pen: Pen,
    /// The combination of all changes of the local document.
    pub digest: Digest,
}

impl OrderState {
    /// The state of an order of which nothing is known yet.
    pub const fn unknown(pen: Pen) -> Self {
        Self { is_in_scope: true, needs_fetch: true, pen, digest: Digest { low: 0, high: 0 } }
    }
}

/// The actor under which a device writes in one order, and the install and enrollment it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Pen {
    /// Names install and device; a pen of another owner is not used.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub owner: [u8; 16],
    /// The actor.
    #[n(1)]
    pub actor: ActorId,
}

/// The stored form of an order.
#[derive(Encode, Decode)]
#[cbor(map)]
struct OrderRow {
    #[n(0)]
    is_in_scope: bool,
    #[n(1)]
    needs_fetch: bool,
    #[n(2)]
    pen: Pen,
    #[n(3)]
    digest: Digest,
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    save: Vec<u8>,
}

/// An order whose row cannot be read, and the bytes of that row.
pub(crate) type DamagedOrder = (OrderId, Vec<u8>);

/// The orders of one device.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    orders: BTreeMap<OrderId, OrderState>,
    documents: Documents,
}

impl Replica {
    /// Reads which orders there are; returns those whose row cannot be read, with its bytes.
    pub fn open(store: &dyn StoreRead) -> Result<(Self, Vec<DamagedOrder>), ReadFailed> {
        let mut replica = Self::default();
        let mut damaged = Vec::new();
        for (key, value) in store.scan(record::ORDERS)? {
            let Some(order) = record::order_of_key(&key) else { continue };
            match record::open_row::<OrderRow>(&key, &value) {
                Some(row) => {
                    replica.orders.insert(order, row.state());
                }
                None => damaged.push((order, value)),
            }
        }
        Ok((replica, damaged))
    }

    /// What is known of an order.
    pub fn state(&self, order: OrderId) -> Option<OrderState> {
        self.orders.get(&order).copied()
    }

    /// Every order, hidden ones too.
    pub fn states(&self) -> impl Iterator<Item = (OrderId, &OrderState)> {
        self.orders.iter().map(|(order, state)| (*order, state))
    }

    /// The document of an order; `None` when the order is unknown or its row cannot be read.
    pub fn document(
        &mut self,
        store: &dyn StoreRead,
        order: OrderId,
    ) -> Result<Option<OrderDocument>, ReadFailed> {
        if !self.orders.contains_key(&order) {
            return Ok(None);
        }
        if let Some(document) = self.documents.get(order) {
            return Ok(Some(document));
        }
        let key = record::order_key(order);
        let row = store.get(&key)?.and_then(|value| record::open_row::<OrderRow>(&key, &value));
        let document = row.and_then(|row| OrderDocument::load(&row.save).ok());
        match &document {
            Some(document) => self.documents.put(order, document.clone()),
            None => self.mark_unreadable(order),
        }
        Ok(document)
    }

    /// Adds the order's row to a batch and takes it into memory.
    pub fn stage(
        &mut self,
        batch: &mut StoreBatch,
        order: OrderId,
        state: OrderState,
        document: OrderDocument,
    ) {
        let key = record::order_key(order);
        let row = OrderRow {
            is_in_scope: state.is_in_scope,
            needs_fetch: state.needs_fetch,
            pen: state.pen,
            digest: state.digest,
            save: document.save(),
        };
        batch.put(key.clone(), record::seal_row(&key, &row));
        self.orders.insert(order, state);
        self.documents.put(order, document);
    }

    /// Adds the removal of an order to a batch and forgets it.
    pub fn stage_drop(&mut self, batch: &mut StoreBatch, order: OrderId) {
        batch.delete(record::order_key(order));
        self.orders.remove(&order);
        self.documents.remove(order);
    }

    /// Notes that the order's stored document turned out to be unreadable, so that it is fetched.
    fn mark_unreadable(&mut self, order: OrderId) {
        if let Some(state) = self.orders.get_mut(&order) {
            state.needs_fetch = true;
            state.digest = Digest::default();
        }
    }
}

impl OrderRow {
    const fn state(&self) -> OrderState {
        OrderState {
            is_in_scope: self.is_in_scope,
            needs_fetch: self.needs_fetch,
            pen: self.pen,
            digest: self.digest,
        }
    }
}

/// The actor of an install in an order: derived, so that no dice are needed, and different after every `salt`.
pub(crate) fn derive_actor(owner: [u8; 16], order: OrderId, salt: &[u8]) -> ActorId {
    use sha2::{Digest as _, Sha256};
    let mut sum = Sha256::new();
    sum.update(b"campo pen 1");
    sum.update(owner);
    sum.update(order.as_bytes());
    sum.update(salt);
    ActorId::from_slice(&sum.finalize()[..16]).expect("a hash holds 16 bytes")
}

/// The next pen after one whose history the server could not take, as the named change shows.
pub(crate) fn next_pen(pen: Pen, order: OrderId, refused: ChangeHash) -> Pen {
    let salt = [pen.actor.as_bytes().as_slice(), refused.as_bytes()].concat();
    Pen { owner: pen.owner, actor: derive_actor(pen.owner, order, &salt) }
}
