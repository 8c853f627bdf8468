//! Reads an order as it was: at a moment, or at a version that its history names. Never from the saved document.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sync_core::document::OrderDocument;
use sync_core::evidence::{Difference, Snapshot, differences};
use sync_core::ids::{ChangeHash, OrderId};
use sync_core::order::{CrewRole, Named, Order, Workflows};
use sync_core::time::Timestamp;

use crate::messages::Language;
use crate::orders::execute_command::damaged;
use crate::orders::order_view::OrderView;
use crate::orders::tell_order::tell_changes;
use crate::orders::{Caller, OrderRefusal, version_of};
use crate::store::changes::{self, ChangeRow};
use crate::store::{StoreError, organizations};
use crate::sync::Orders;
use crate::sync::order_state::StoredOrder;

/// Heads that one version is named by.
const HEADS_MAX: usize = 200;

/// Which version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastPoint {
    /// Its first change.
    Beginning,
    /// What these changes, and all that they build on, amount to.
    Heads(Vec<ChangeHash>),
    /// What the server had at that moment.
    At(Timestamp),
}

/// The text names no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither hashes nor a moment")]
pub struct PastPointError;

impl FromStr for PastPoint {
    type Err = PastPointError;

    /// Milliseconds since 1970, or change hashes with commas between them.
    fn from_str(text: &str) -> Result<Self, PastPointError> {
        if let Ok(millis) = text.parse() {
            return Ok(Self::At(Timestamp(millis)));
        }
        let heads = text.split(',').take(HEADS_MAX + 1).map(str::parse);
        let heads: Vec<_> = heads.collect::<Result<_, _>>().map_err(|_| PastPointError)?;
        if heads.len() > HEADS_MAX { Err(PastPointError) } else { Ok(Self::Heads(heads)) }
    }
}

/// What became of an order between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PastDifference {
    /// The version before.
    pub from: PastVersion,
    /// The version after.
    pub to: PastVersion,
    /// What differs. In each, `signed` is the value before and `now` the value after.
    pub differences: Vec<Difference>,
    /// The same as sentences.
    pub sentences: Vec<String>,
}

/// Names one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PastVersion {
    /// Its newest changes, sorted.
    pub heads: Vec<ChangeHash>,
    /// As entity tags name it.
    pub version: String,
    /// In which state the order stood.
    pub state: String,
}

/// Reads an order as it was.
///
/// # Errors
///
/// `NotFound` for an order or a version that does not exist or that the caller does not see, alike.
pub async fn read_past_order(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    point: PastPoint,
) -> Result<OrderView, OrderRefusal> {
    let (rows, workflows) = rows_of(orders, caller, order).await?;
    let reading = tokio::task::spawn_blocking(move || {
        let document = document_at(&rows, &point)?;
        Some(OrderView::of(order, &document, &workflows, caller.role))
    });
    let view = reading.await.map_err(|_| StoreError::internal("a past order was interrupted"))?;
    view.ok_or(OrderRefusal::NotFound)
}

/// Says what became of an order between two versions.
///
/// # Errors
///
/// As for [`read_past_order`].
pub async fn compare_versions(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    (from, to): (PastPoint, PastPoint),
    (language, now): (Language, Timestamp),
) -> Result<PastDifference, OrderRefusal> {
    let (rows, workflows) = rows_of(orders, caller, order).await?;
    let reading = tokio::task::spawn_blocking(move || {
        let read = |point: &PastPoint| {
            let document = document_at(&rows, point)?;
            Some((Order::read(&document, &workflows).0, document.heads()))
        };
        Some((read(&from)?, read(&to)?))
    });
    let read = reading.await.map_err(|_| StoreError::internal("a comparison was interrupted"))?;
    let ((before, before_heads), (after, after_heads)) = read.ok_or(OrderRefusal::NotFound)?;
    let differences = differences(&fields_of(order, &before), &fields_of(order, &after));
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(StoreError::NotFound)?;
    let sentences = tell_changes(&mut tx, &profile, &after, &differences, (language, now)).await?;
    tx.commit().await?;
    let version = |order: &Order, heads: Vec<ChangeHash>| PastVersion {
        version: version_of(&heads),
        heads,
        state: order.status.state.as_str().to_owned(),
    };
    Ok(PastDifference {
        from: version(&before, before_heads),
        to: version(&after, after_heads),
        differences,
        sentences,
    })
}

/// Every change of an order, and the workflows it is read with.
async fn rows_of(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
) -> Result<(Vec<ChangeRow>, Arc<Workflows>), OrderRefusal> {
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let stored = StoredOrder::load(&mut tx, orders.documents(), order).await?;
    caller.require_visible(&stored)?;
    let document = stored.open(orders.documents()).map_err(damaged)?.document.unwrap_or_default();
    let workflows = orders.workflows(&mut tx, &Named::by(&document)).await?;
    let rows = changes::after(&mut tx, order, 0).await?;
    tx.commit().await?;
    Ok((rows, workflows))
}

/// The order at a version; `None` where it was not yet, or where a change is not one of its own.
fn document_at(rows: &[ChangeRow], point: &PastPoint) -> Option<OrderDocument> {
    let wanted: Vec<&ChangeRow> = match point {
        PastPoint::Beginning => rows.iter().take(1).collect(),
        PastPoint::At(at) => rows.iter().take_while(|row| row.received_at <= *at).collect(),
        PastPoint::Heads(heads) => {
            let known = ancestors(rows, heads)?;
            rows.iter().filter(|row| known.contains(&row.hash)).collect()
        }
    };
    let mut document = OrderDocument::new();
    for row in &wanted {
        document.apply(&row.bytes).ok()?;
    }
    (!wanted.is_empty()).then_some(document)
}

/// These changes and everything they build on.
fn ancestors(rows: &[ChangeRow], heads: &[ChangeHash]) -> Option<BTreeSet<ChangeHash>> {
    let mut whole = OrderDocument::new();
    for row in rows {
        whole.apply(&row.bytes).ok()?;
    }
    let headers = whole.headers_since(&[]).into_iter();
    let deps: BTreeMap<_, _> = headers.map(|header| (header.hash, header.deps)).collect();
    let mut known = BTreeSet::new();
    let mut open = heads.to_vec();
    if !open.iter().all(|hash| deps.contains_key(hash)) {
        return None;
    }
    while let Some(hash) = open.pop() {
        if let Some(deps) = deps.get(&hash)
            && known.insert(hash)
        {
            open.extend(deps);
        }
    }
    Some(known)
}

/// What an order says, by path: what a signature covers, the rest of its plan, and who works on it.
fn fields_of(id: OrderId, order: &Order) -> BTreeMap<String, Value> {
    let mut fields = Snapshot::of(order, id, "", "").covered;
    if let Ok(Value::Object(plan)) = serde_json::to_value(&order.plan) {
        let given = plan.into_iter().filter(|(_, value)| !value.is_null());
        for (name, value) in given {
            fields.entry(format!("plan/{name}")).or_insert(value);
        }
    }
    let offered = order.offered_to.iter().map(|user| (user, &CrewRole::Offered));
    for (user, role) in order.assignees.iter().chain(offered) {
        fields.insert(format!("plan/assignees/{user}"), role.as_str().into());
    }
    fields.insert("status/state".to_owned(), order.status.state.as_str().into());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_by_hashes_or_by_a_moment() {
        let hash = ChangeHash::from_bytes([7; 32]);

        assert_eq!("1790000000000".parse(), Ok(PastPoint::At(Timestamp(1_790_000_000_000))));
        assert_eq!(format!("{hash},{hash}").parse(), Ok(PastPoint::Heads(vec![hash, hash])));
        for wrong in ["", "yesterday", "abc,", ","] {
            assert_eq!(wrong.parse::<PastPoint>(), Err(PastPointError), "{wrong}");
        }
    }
}
