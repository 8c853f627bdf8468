//! Gathers what is stored of one order, as the decision about its changes needs it. Never changes anything.

use std::collections::BTreeMap;

use sync_core::document::{DocumentError, OrderDocument};
use sync_core::ids::{ActorId, OrderId, UserId};
use sync_core::intake::{ActorBinding, OrderState};
use sync_core::message::HeldReason;
use sync_core::order::CrewRole;

use crate::store::actors::ActorRow;
use crate::store::orders::OrderHeadRow;
use crate::store::{
    Result, StoreError, Tx, actors, changes, held_changes, order_assignees, orders, refused_changes,
};
use crate::sync::documents::DocumentCache;

/// Failures from which on an order is left alone (contract B12).
pub(crate) const FAILURES_MAX: u64 = 3;

/// One order as it is stored, its document not necessarily read yet.
#[derive(Debug, Clone)]
pub(crate) struct StoredOrder {
    /// Where it stands; `None` when it is not known.
    pub head: Option<OrderHeadRow>,
    /// Who works on it.
    pub assignees: BTreeMap<UserId, CrewRole>,
    document: StoredDocument,
    state: OrderState,
}

#[derive(Debug, Clone)]
enum StoredDocument {
    Absent,
    Kept(Box<OrderDocument>),
    Saved { save: Vec<u8>, since: Vec<Vec<u8>> },
}

impl StoredOrder {
    /// Reads the rows of an order.
    pub(crate) async fn load(tx: &mut Tx, documents: &DocumentCache, order: OrderId) -> Result<Self> {
        let loaded = Self::load_all(tx, documents, &[order]).await?.remove(&order);
        loaded.ok_or_else(|| StoreError::internal("an order was not looked for"))
    }

    /// Reads the rows of several orders, known or not.
    pub(crate) async fn load_all(
        tx: &mut Tx,
        documents: &DocumentCache,
        orders: &[OrderId],
    ) -> Result<BTreeMap<OrderId, Self>> {
        let mut heads = orders::heads_of(tx, orders).await?;
        heads.retain(|_, head| head.change_count > 0);
        let mut stored = stored_documents(tx, documents, &heads).await?;
        let mut actors = actors::of_orders(tx, orders).await?;
        let failures = orders::failures_of(tx, orders).await?;
        let mut refused = refused_changes::final_of_orders(tx, orders).await?;
        let mut held = held_changes::open_of_orders(tx, orders).await?;
        let mut crews = order_assignees::of_orders(tx, orders).await?;
        let gather = |order: &OrderId| {
            let bound = actors.remove(order).unwrap_or_default();
            let binding = |row: ActorRow| ActorBinding { device: row.device, user: row.user };
            let is_stopped = failures.get(order).is_some_and(|failures| *failures >= FAILURES_MAX);
            let state = OrderState {
                document: None,
                actors: bound.into_iter().map(|(actor, row)| (actor, binding(row))).collect(),
                refused: refused.remove(order).unwrap_or_default(),
                held: held.remove(order).unwrap_or_default(),
                is_stopped: is_stopped.then_some(HeldReason::OrderQuarantined),
            };
            let assignees = crews.remove(order).unwrap_or_default();
            let document = stored.remove(order).unwrap_or(StoredDocument::Absent);
            (*order, Self { head: heads.remove(order), assignees, document, state })
        };
        Ok(orders.iter().map(gather).collect())
    }

    /// The state with its document read.
    ///
    /// # Errors
    ///
    /// When the stored bytes are not what was stored.
    pub(crate) fn open(&self, documents: &DocumentCache) -> Result<OrderState, DocumentError> {
        let document = match &self.document {
            StoredDocument::Absent => None,
            StoredDocument::Kept(document) => Some((**document).clone()),
            StoredDocument::Saved { save, since } => Some(documents.read(save, since)?),
        };
        Ok(OrderState { document, ..self.state.clone() })
    }

    /// The state with its document read; of an order that was set aside also without one.
    pub(crate) fn open_or_stopped(&self, documents: &DocumentCache) -> Option<OrderState> {
        match self.open(documents) {
            Ok(state) => Some(state),
            Err(_) => self.state.is_stopped.is_some().then(|| self.state.clone()),
        }
    }

    /// The version that a decision about this state rests on.
    pub(crate) fn version(&self) -> Option<i64> {
        self.head.as_ref().map(|head| head.version)
    }

    /// Whether a pen is bound in this order.
    pub(crate) fn knows_actor(&self, actor: ActorId) -> bool {
        self.state.actors.contains_key(&actor)
    }
}

/// The documents of orders: from memory, or else as they are stored.
async fn stored_documents(
    tx: &mut Tx,
    documents: &DocumentCache,
    heads: &BTreeMap<OrderId, OrderHeadRow>,
) -> Result<BTreeMap<OrderId, StoredDocument>> {
    let organization = tx.organization();
    let kept = |(order, head): (&OrderId, &OrderHeadRow)| {
        let document = documents.get(organization, *order, &head.heads)?;
        Some((*order, StoredDocument::Kept(Box::new(document))))
    };
    let mut stored: BTreeMap<_, _> = heads.iter().filter_map(kept).collect();
    let cold: Vec<_> = heads.keys().filter(|order| !stored.contains_key(order)).copied().collect();
    for (order, save) in orders::saves(tx, &cold).await? {
        let head = heads.get(&order).filter(|head| head.save_position < head.change_count);
        let since = match head {
            Some(head) => changes::after(tx, order, head.save_position).await?,
            None => Vec::new(),
        };
        let since = since.into_iter().map(|row| row.bytes).collect();
        stored.insert(order, StoredDocument::Saved { save, since });
    }
    Ok(stored)
}
