//! Announces what moved orders mean to those who listen. Never works it out where nobody does.

use sync_core::document::OrderDocument;
use sync_core::intake::{Intake, IntakeContext};
use sync_core::order::Order;

use crate::events::of_order::{MovedOrder, events_of};
use crate::events::{Event, announce_to};
use crate::store::{Result, StoreError, Tx};
use crate::sync::Orders;
use crate::sync::store_intake::Decision;

/// Has the events of moved orders told, in the transaction that moved them.
pub(super) async fn announce_moves(
    tx: &mut Tx,
    orders: &Orders,
    decisions: &[Decision<'_>],
    listeners_version: i64,
) -> Result<()> {
    let listening = orders.listeners().at_version(tx, listeners_version).await?;
    if listening.is_nobody() {
        return Ok(());
    }
    let mut events = Vec::new();
    for decision in decisions {
        match decision.events {
            Some(known) => events.extend_from_slice(known),
            None => events.extend(events_of_decision(orders, decision)?),
        }
    }
    announce_to(tx, &listening, events).await
}

/// Of a command of the office, and of the first push after somebody began to listen.
fn events_of_decision(orders: &Orders, decision: &Decision<'_>) -> Result<Vec<Event>> {
    if decision.intake.accepted.is_empty() {
        return Ok(Vec::new());
    }
    let state = decision.stored.open(orders.documents());
    let state =
        state.map_err(|_| StoreError::internal("a document that was decided about cannot be read"))?;
    Ok(events_of_intake(decision.context, state.document.as_ref(), decision.intake))
}

/// Whether an event may follow from writing a field.
fn may_be_told(field: &str) -> bool {
    match field.split_once('/') {
        Some(("plan", field)) => matches!(field, "created_by" | "assignees" | "window"),
        Some((area, _)) => matches!(area, "status" | "visits" | "signatures"),
        None => true,
    }
}

/// What the decision about an order means.
pub(super) fn events_of_intake(
    context: &IntakeContext<'_>,
    before: Option<&OrderDocument>,
    intake: &Intake,
) -> Vec<Event> {
    let (Some(first), Some(after)) = (intake.accepted.first(), &intake.order) else { return Vec::new() };
    // A remark or a line of an order that needs nobody means nothing to listeners: no need to read what was before.
    if after.attention.is_empty() && !intake.touched.iter().any(|field| may_be_told(field)) {
        return Vec::new();
    }
    let before = before.map(|document| Order::read(document, context.workflows).0);
    events_of(&MovedOrder {
        order: context.order,
        before: before.as_ref(),
        after,
        change: first.change.hash,
        workflows: context.workflows,
        at: context.now,
    })
}
