//! What screens read: orders and reference rows as this device has them. Never asks the server.

use minicbor::{Decode, Encode};

use super::SyncSession;
use crate::document::OrderDocument;
use crate::ids::{ChangeHash, OrderId};
use crate::message::FeedCursor;
use crate::order::{Order, Position, Problem, Workflows};
use crate::replica::{ReadFailed, StoreRead, record};

/// One order as this device has it.
#[derive(Debug, Clone)]
pub struct OrderOnDevice {
    /// What it says.
    pub order: Order,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// How many changes made here the server has not answered.
    pub unsent_count: usize,
}

/// One row of reference data as this device has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceOnDevice {
    /// Its id.
    pub id: [u8; 16],
    /// Its fields as a JSON object.
    pub body: String,
    /// Whether it is still in use.
    pub is_removed: bool,
}

/// How a reference row is stored.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct ReferenceRecord {
    #[n(0)]
    pub body: String,
    #[n(1)]
    pub is_removed: bool,
}

impl ReferenceRecord {
    /// The coordinates of a site row.
    pub fn position(&self) -> Option<Position> {
        let fields: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        let degrees = |name: &str| fields.get(name)?.as_f64();
        Some(Position {
            latitude_e7: to_e7(degrees("latitude")?),
            longitude_e7: to_e7(degrees("longitude")?),
            accuracy_m: None,
            is_mock: false,
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "degrees on the earth fit, and other numbers saturate")]
fn to_e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

impl SyncSession {
    /// The orders on this device that are in its scope, sorted by id.
    pub fn order_ids(&self) -> Vec<OrderId> {
        self.replica.states().filter(|(_, state)| state.is_in_scope).map(|(order, _)| order).collect()
    }

    /// One order; `None` when it is not on this device or is being fetched again.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn order(
        &mut self,
        order: OrderId,
        store: &dyn StoreRead,
    ) -> Result<Option<OrderOnDevice>, ReadFailed> {
        let Some(document) = self.document(order, store)? else { return Ok(None) };
        let (read, problems) = Order::read(&document, &self.workflows);
        let is_awaited = self.replica.state(order).is_some_and(|state| state.needs_fetch);
        if is_awaited && read.plan.created_by.is_none() {
            // Its row was damaged; what is left of it is no order.
            return Ok(None);
        }
        let unsent_count = self.outbox.unacknowledged(order).count();
        Ok(Some(OrderOnDevice { order: read, problems, unsent_count }))
    }

    /// The document of one order.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn document(
        &mut self,
        order: OrderId,
        store: &dyn StoreRead,
    ) -> Result<Option<OrderDocument>, ReadFailed> {
        self.replica.document(store, order)
    }

    /// Every reference row of a kind.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn reference(&self, kind: &str, store: &dyn StoreRead) -> Result<Vec<ReferenceOnDevice>, ReadFailed> {
        let prefix = [record::REFERENCE, kind.as_bytes(), b"/"].concat();
        let rows = store.scan(&prefix)?.into_iter().filter_map(|(key, value)| {
            let row = record::open_row::<ReferenceRecord>(&key, &value)?;
            let id = key.strip_prefix(prefix.as_slice())?.try_into().ok()?;
            Some(ReferenceOnDevice { id, body: row.body, is_removed: row.is_removed })
        });
        Ok(rows.collect())
    }

    /// The organization's workflows as this device knows them.
    pub const fn workflows(&self) -> &Workflows {
        &self.workflows
    }

    /// Where this device stands in its feed.
    pub const fn cursor(&self) -> Option<FeedCursor> {
        self.cursor
    }

    /// How many changes made here the server has not answered.
    pub fn unsent_count(&self) -> usize {
        self.outbox.unacknowledged_count()
    }

    /// The changes made here that the server said it has merged and whose bytes are still kept.
    pub fn acknowledged(&self) -> Vec<(OrderId, ChangeHash)> {
        let acknowledged = self.outbox.all().filter(|(_, _, entry)| entry.is_acknowledged());
        acknowledged.map(|(order, _, entry)| (order, entry.hash)).collect()
    }

    /// Whether a person may sign out or lose this phone without losing work.
    pub fn is_safe_to_sign_out(&self) -> bool {
        self.outbox.all().all(|(_, _, entry)| entry.is_acknowledged())
    }
}
