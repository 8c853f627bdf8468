//! Tells who changed what in an order, and when, from its raw changes. Never from the saved document.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::document::ingest_guard::{Limits, parse};
use sync_core::document::{Examined, OrderDocument, Write};
use sync_core::ids::{ChangeHash, DeviceId, OrderId, UserId};
use sync_core::time::Timestamp;

use crate::orders::{Caller, OrderRefusal};
use crate::store::StoreError;
use crate::store::changes::{self, ChangeRow};
use crate::sync::Orders;
use crate::sync::order_state::StoredOrder;

/// One change of an order.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HistoryEntry {
    /// The change.
    pub change: ChangeHash,
    /// Who made it; `None` for Campo itself.
    pub user: Option<UserId>,
    /// On which device; `None` over REST.
    pub device: Option<DeviceId>,
    /// When, as its author estimates.
    pub claimed_at: Timestamp,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Whether Campo wrote it.
    pub is_by_server: bool,
    /// What it wrote, field by field.
    pub writes: Vec<WrittenField>,
    /// Names the order as it stood then, for reading it again.
    pub heads: Vec<ChangeHash>,
}

/// One field that a change wrote.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WrittenField {
    /// The field, keys joined by `/`.
    pub path: String,
    /// The value; `null` for an emptied field and for the beginning of an entry.
    pub value: serde_json::Value,
}

/// Every change of an order, oldest first.
///
/// # Errors
///
/// `NotFound` for an order that does not exist or that the caller does not see, alike.
pub async fn order_history(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
) -> Result<Vec<HistoryEntry>, OrderRefusal> {
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let stored = StoredOrder::load(&mut tx, orders.documents(), order).await?;
    caller.require_visible(&stored)?;
    let rows = changes::after(&mut tx, order, 0).await?;
    tx.commit().await?;
    let told = tokio::task::spawn_blocking(move || rows.iter().scan(OrderDocument::new(), tell).collect());
    told.await.map_err(|_| StoreError::internal("a history was interrupted").into())
}

/// Says what a change wrote into the order as it stood, and lets the order take it in.
fn tell(document: &mut OrderDocument, row: &ChangeRow) -> Option<HistoryEntry> {
    let guarded = parse(&row.bytes, row.hash, &Limits::default()).ok();
    let examined = guarded.map(|guarded| document.examine(&guarded));
    let writes = match examined {
        Some(Examined::Fits(writes)) => writes,
        Some(
            Examined::Duplicate | Examined::MissingDependencies(_) | Examined::Forked | Examined::Refused(_),
        )
        | None => Vec::new(),
    };
    document.apply(&row.bytes).ok()?;
    Some(HistoryEntry {
        change: row.hash,
        user: row.user,
        device: row.device,
        claimed_at: document.header(&row.hash).map_or(row.received_at, |header| header.time),
        received_at: row.received_at,
        is_by_server: row.is_compensation,
        writes: writes.iter().filter_map(written_field).collect(),
        heads: document.heads(),
    })
}

fn written_field(write: &Write) -> Option<WrittenField> {
    let value = match write {
        Write::Make(_) => return None,
        Write::Put(_, scalar) => scalar.to_json(),
        Write::Delete(_) => serde_json::Value::Null,
    };
    Some(WrittenField { path: write.path().to_string(), value })
}
