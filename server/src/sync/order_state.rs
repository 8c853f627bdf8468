//! Gathers what is stored of one order, as the decision about its changes needs it. Never changes anything.

use std::collections::BTreeMap;

use sync_core::document::{DocumentError, OrderDocument};
use sync_core::ids::{OrderId, UserId};
use sync_core::intake::{ActorBinding, OrderState};
use sync_core::message::HeldReason;
use sync_core::order::CrewRole;

use crate::store::orders::OrderHeadRow;
use crate::store::{Result, Tx, actors, changes, held_changes, order_assignees, orders, refused_changes};
use crate::sync::documents::DocumentCache;

/// Failures from which on an order is left alone (contract B12).
pub(crate) const FAILURES_MAX: u64 = 3;

/// One order as it is stored, its document not necessarily read yet.
#[derive(Debug)]
pub(crate) struct StoredOrder {
    /// Where it stands; `None` when it is not known.
    pub head: Option<OrderHeadRow>,
    /// Who works on it.
    pub assignees: BTreeMap<UserId, CrewRole>,
    document: StoredDocument,
    state: OrderState,
}

#[derive(Debug)]
enum StoredDocument {
    Absent,
    Kept(Box<OrderDocument>),
    Saved { save: Vec<u8>, since: Vec<Vec<u8>> },
}

impl StoredOrder {
    /// Reads the rows of an order.
    pub(crate) async fn load(tx: &mut Tx, documents: &DocumentCache, order: OrderId) -> Result<Self> {
        let head = orders::head(tx, order).await?.filter(|head| head.change_count > 0);
        let document = match &head {
            None => StoredDocument::Absent,
            Some(head) => stored_document(tx, documents, order, head).await?,
        };
        let bound = actors::of_order(tx, order).await?;
        let failures = orders::failures(tx, order).await?;
        let state = OrderState {
            document: None,
            actors: bound
                .into_iter()
                .map(|(actor, row)| (actor, ActorBinding { device: row.device, user: row.user }))
                .collect(),
            refused: refused_changes::final_of_order(tx, order).await?,
            held: held_changes::open_of_order(tx, order).await?,
            is_stopped: (failures >= FAILURES_MAX).then_some(HeldReason::OrderQuarantined),
        };
        let assignees = order_assignees::of_order(tx, order).await?;
        Ok(Self { head, assignees, document, state })
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
}

async fn stored_document(
    tx: &mut Tx,
    documents: &DocumentCache,
    order: OrderId,
    head: &OrderHeadRow,
) -> Result<StoredDocument> {
    if let Some(document) = documents.get(tx.organization(), order, &head.heads) {
        return Ok(StoredDocument::Kept(Box::new(document)));
    }
    let save = orders::save_of(tx, order).await?;
    let since = if head.save_position < head.change_count {
        let rows = changes::after(tx, order, head.save_position).await?;
        rows.into_iter().map(|row| row.bytes).collect()
    } else {
        Vec::new()
    };
    Ok(StoredDocument::Saved { save, since })
}
