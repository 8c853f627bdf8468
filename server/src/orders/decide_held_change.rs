//! Lets the office merge or discard changes that are held. Never decides by itself.

use std::sync::Arc;

use sync_core::ids::{ChangeHash, OrderId, UserId};
use sync_core::intake::{self, Access, Intake, KEPT_MS, Pusher};
use sync_core::message::{Outcome, PushedChange, RejectCode};
use sync_core::order::{Named, Workflows};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::orders::execute_command::damaged;
use crate::orders::{Caller, OrderRefusal};
use crate::store::held_changes::{self, HeldChangeRow};
use crate::store::refused_changes::{self, RefusedChangeRow};
use crate::store::{StoreError, Tx, orders as order_rows};
use crate::sync::Orders;
use crate::sync::commit_round::finish;
use crate::sync::order_state::StoredOrder;
use crate::sync::store_intake::{Decision, store_intakes};

/// Held changes in one list.
pub const HELD_LIST_MAX: u32 = 500;

/// The oldest held changes of the organization.
///
/// # Errors
///
/// `RoleForbidden` for everybody but dispatchers and admins.
pub async fn list_held_changes(orders: &Orders, caller: Caller) -> Result<Vec<HeldChangeRow>, OrderRefusal> {
    require_dispatcher(caller)?;
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let rows = held_changes::list_open(&mut tx, HELD_LIST_MAX).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Merges everything one author has held in one order and returns what became of each change.
///
/// A change that is refused now stays refused; one that still cannot be merged stays held.
///
/// # Errors
///
/// `NotFound` when nothing of that author is held in the order.
pub async fn merge_held_changes(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    author: (UserId, Role),
    now: Timestamp,
) -> Result<Vec<(ChangeHash, Outcome)>, OrderRefusal> {
    require_dispatcher(caller)?;
    let _turn = orders.admission().turn().await?;
    let mut tx = orders.store().begin_write(caller.organization).await?;
    take_order(&mut tx, order, now).await?;
    let held = held_changes::list_of_order(&mut tx, order).await?;
    let held: Vec<_> = held.into_iter().filter(|row| row.user == author.0).collect();
    let Some(device) = held.first().map(|row| row.device) else { return Err(OrderRefusal::NotFound) };
    let pusher = Pusher { user: author.0, role: author.1, device, access: Access::Merging };
    let stored = StoredOrder::load(&mut tx, orders.documents(), order).await?;
    let offered = held.iter().filter(|row| row.device == device);
    let offered: Vec<_> =
        offered.map(|row| PushedChange { hash: row.hash, bytes: row.bytes.clone(), voucher: None }).collect();
    let workflows = orders.definitions().known(caller.organization);
    let merging = Merging { order, pusher, offered: offered.clone(), workflows, now };
    let (stored, mut intake, workflows) = merge_with_what_is_named(&mut tx, orders, stored, merging).await?;
    intake.held.clear();
    let outcomes: Vec<_> = offered
        .iter()
        .zip(intake.outcomes.clone())
        .map(|(offered, outcome)| (offered.hash, outcome))
        .collect();
    note_outcomes(&mut tx, order, &outcomes, (caller.user, now)).await?;
    let context = orders.intake_context(&workflows, order, now);
    let decisions = [Decision { context: &context, pusher, stored: &stored, intake: &intake, events: None }];
    let stored = store_intakes(&mut tx, &decisions).await?;
    finish(tx, orders, stored, &decisions).await?;
    Ok(outcomes)
}

/// Locks the order, or makes one for an order whose very creation is held, and gives it another chance.
async fn take_order(tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<(), StoreError> {
    if order_rows::lock(tx, order).await?.is_none() {
        let empty = sync_core::document::OrderDocument::new().save();
        order_rows::insert_empty(tx, order, &empty, now).await?;
    }
    order_rows::forget_failures(tx, order).await
}

/// What is merged, and by which definitions.
#[derive(Clone)]
struct Merging {
    order: OrderId,
    pusher: Pusher,
    offered: Vec<PushedChange>,
    workflows: Arc<Workflows>,
    now: Timestamp,
}

/// Merges, and once more when the order names a workflow or checklist template this node has not read.
async fn merge_with_what_is_named(
    tx: &mut Tx,
    orders: &Orders,
    stored: StoredOrder,
    merging: Merging,
) -> Result<(StoredOrder, Intake, Arc<Workflows>), OrderRefusal> {
    let (stored, intake) = merge(orders, stored, merging.clone()).await?;
    let named = intake.document.as_ref().map(Named::by).unwrap_or_default();
    if !merging.workflows.lack(&named) {
        return Ok((stored, intake, merging.workflows));
    }
    let workflows = orders.workflows(tx, &named).await?;
    let merging = Merging { workflows: workflows.clone(), ..merging };
    let (stored, intake) = merge(orders, stored, merging).await?;
    Ok((stored, intake, workflows))
}

async fn merge(
    orders: &Orders,
    stored: StoredOrder,
    merging: Merging,
) -> Result<(StoredOrder, Intake), OrderRefusal> {
    let orders = orders.clone();
    let merged = tokio::task::spawn_blocking(move || {
        let Merging { order, pusher, offered, workflows, now } = merging;
        let state = stored.open(orders.documents()).map_err(damaged)?;
        let intake = intake::accept(&state, pusher, &offered, &orders.intake_context(&workflows, order, now));
        Ok((stored, intake))
    });
    merged.await.map_err(|_| StoreError::internal("a merge was interrupted"))?
}

async fn note_outcomes(
    tx: &mut Tx,
    order: OrderId,
    outcomes: &[(ChangeHash, Outcome)],
    by: (UserId, Timestamp),
) -> Result<(), StoreError> {
    for (hash, outcome) in outcomes {
        let decision = match outcome {
            Outcome::Applied | Outcome::Duplicate => "merged",
            Outcome::Rejected { .. } | Outcome::ActorForked { .. } => "refused",
            Outcome::Held { .. } | Outcome::MissingDeps { .. } => continue,
        };
        held_changes::decide(tx, order, *hash, decision, by).await?;
    }
    Ok(())
}

/// Discards one held change: it stays in quarantine, and its device is told.
///
/// # Errors
///
/// `NotFound` when it is not held.
pub async fn discard_held_change(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    hash: ChangeHash,
    now: Timestamp,
) -> Result<(), OrderRefusal> {
    require_dispatcher(caller)?;
    let mut tx = orders.store().begin_write(caller.organization).await?;
    order_rows::lock(&mut tx, order).await?;
    let held = held_changes::list_of_order(&mut tx, order).await?;
    let row = held.into_iter().find(|row| row.hash == hash).ok_or(OrderRefusal::NotFound)?;
    held_changes::decide(&mut tx, order, hash, "discarded", (caller.user, now)).await?;
    let refused = RefusedChangeRow {
        order,
        hash,
        content_hash: *hash.as_bytes(),
        code: RejectCode::DiscardedByOffice.as_str().to_owned(),
        path: None,
        is_final: true,
        user: row.user,
        device: row.device,
        received_at: now,
        kept_until: now.plus_millis(KEPT_MS),
        bytes: row.bytes,
    };
    refused_changes::insert(&mut tx, &refused).await?;
    order_rows::touch(&mut tx, order).await?;
    tx.commit().await?;
    Ok(())
}

fn require_dispatcher(caller: Caller) -> Result<(), OrderRefusal> {
    if caller.is_dispatcher() { Ok(()) } else { Err(OrderRefusal::RoleForbidden) }
}
