//! Gathers what is stored of one order, as the decision about its changes needs it. Never changes anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::document::{DocumentError, OrderDocument};
use sync_core::ids::{ActorId, OrderId, OrganizationId, UserId};
use sync_core::intake::{ActorBinding, OrderState};
use sync_core::message::HeldReason;
use sync_core::order::CrewRole;

use crate::projection::ListedOrder;
use crate::store::actors::ActorRow;
use crate::store::held_changes::OpenHeld;
use crate::store::order_looks::OrderLook;
use crate::store::orders::OrderHeadRow;
use crate::store::refused_changes::FinalRefusals;
use crate::store::{
    Result, StoreError, Tx, actors, changes, held_changes, order_assignees, order_looks, orders,
    refused_changes,
};
use crate::sync::documents::DocumentCache;

/// Failures from which on an order is left alone (contract B12).
pub(crate) const FAILURES_MAX: u64 = 3;

/// One order as it is stored, its document not necessarily read yet.
#[derive(Debug, Clone)]
pub(crate) struct StoredOrder {
    /// Where it stands; `None` when it is not known.
    pub head: Option<OrderHeadRow>,
    /// The technicians who see it, because they work on it or may take it.
    pub audience: BTreeMap<UserId, CrewRole>,
    /// How lists have it, where this node stored that.
    pub listed: Option<Arc<ListedOrder>>,
    document: StoredDocument,
    state: OrderState,
}

/// What merged changes made of an order.
pub(crate) struct Moved {
    pub head: OrderHeadRow,
    pub audience: BTreeMap<UserId, CrewRole>,
    pub listed: ListedOrder,
    /// The pens that wrote.
    pub bindings: Vec<(ActorId, ActorBinding)>,
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
        let looks = order_looks::of_orders(tx, orders).await?;
        let mut aside = SetAside::of_orders(tx, orders, &looks).await?;
        let mut heads: BTreeMap<_, _> = looks.into_iter().map(|(order, look)| (order, look.head)).collect();
        heads.retain(|_, head| head.change_count > 0);
        let mut stored = stored_documents(tx, documents, &heads).await?;
        let mut actors = actors::of_orders(tx, orders).await?;
        let mut crews = order_assignees::of_orders(tx, orders).await?;
        let gather = |order: &OrderId| {
            let bound = actors.remove(order).unwrap_or_default();
            let binding = |row: ActorRow| ActorBinding { device: row.device, user: row.user };
            let is_stopped = aside.failures.get(order).is_some_and(|failures| *failures >= FAILURES_MAX);
            let state = OrderState {
                document: None,
                actors: bound.into_iter().map(|(actor, row)| (actor, binding(row))).collect(),
                refused: aside.refused.remove(order).unwrap_or_default(),
                held: aside.held.remove(order).unwrap_or_default(),
                is_stopped: is_stopped.then_some(HeldReason::OrderQuarantined),
            };
            let audience = crews.remove(order).unwrap_or_default();
            let document = stored.remove(order).unwrap_or(StoredDocument::Absent);
            (*order, Self { head: heads.remove(order), audience, listed: None, document, state })
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

    /// The order as it stands after changes that were all merged; `None` where something else is stored of it that a
    /// decision depends on.
    pub(crate) fn after(&self, moved: Moved) -> Option<Self> {
        let OrderState { actors, refused, held, is_stopped, document: _ } = &self.state;
        if !(refused.is_empty() && held.is_empty() && is_stopped.is_none()) {
            return None;
        }
        let mut actors = actors.clone();
        for (actor, binding) in moved.bindings {
            actors.entry(actor).or_insert(binding);
        }
        Some(Self {
            head: Some(moved.head),
            audience: moved.audience,
            listed: Some(Arc::new(moved.listed)),
            document: StoredDocument::Absent,
            state: OrderState { actors, ..OrderState::default() },
        })
    }

    /// The same with the document from memory; `None` where it is not kept.
    pub(crate) fn with_kept(
        &self,
        organization: OrganizationId,
        order: OrderId,
        documents: &DocumentCache,
    ) -> Option<Self> {
        let document = documents.get(organization, order, &self.head.as_ref()?.heads)?;
        Some(Self { document: StoredDocument::Kept(Box::new(document)), ..self.clone() })
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

/// What stands beside the changes of orders.
#[derive(Default)]
struct SetAside {
    failures: BTreeMap<OrderId, u64>,
    refused: BTreeMap<OrderId, FinalRefusals>,
    held: BTreeMap<OrderId, OpenHeld>,
}

impl SetAside {
    /// Reads what the looks say is there, and whatever there may be of orders without a row.
    async fn of_orders(
        tx: &mut Tx,
        orders: &[OrderId],
        looks: &BTreeMap<OrderId, OrderLook>,
    ) -> Result<Self> {
        let where_seen = |is_seen: fn(&OrderLook) -> bool| {
            let orders = orders.iter().filter(|order| looks.get(order).is_none_or(is_seen));
            orders.copied().collect::<Vec<_>>()
        };
        Ok(Self {
            failures: orders::failures_of(tx, &where_seen(|look| look.failures > 0)).await?,
            refused: refused_changes::final_of_orders(tx, &where_seen(|look| look.has_refused)).await?,
            held: held_changes::open_of_orders(tx, &where_seen(|look| look.has_held)).await?,
        })
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
    let saves = orders::saves(tx, &cold).await?;
    let is_behind = |head: &&OrderHeadRow| head.save_position < head.change_count;
    let places: Vec<_> = saves
        .keys()
        .filter_map(|order| Some((*order, heads.get(order).filter(is_behind)?.save_position)))
        .collect();
    let mut since = changes::after_each(tx, &places).await?;
    for (order, save) in saves {
        let since = since.remove(&order).unwrap_or_default();
        let since = since.into_iter().map(|row| row.bytes).collect();
        stored.insert(order, StoredDocument::Saved { save, since });
    }
    Ok(stored)
}
