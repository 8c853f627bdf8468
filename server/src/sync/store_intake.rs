//! Stores what was decided about one order's changes. Never decides, and never writes a feed.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use sync_core::document::OrderDocument;
use sync_core::ids::{ActorId, OrderId, UserId};
use sync_core::intake::{
    AcceptedChange, Access, ActorBinding, Intake, IntakeContext, KEPT_MS, Pusher, perform_as_system,
};
use sync_core::message::Digest;
use sync_core::order::{CrewRole, Order, OrderCommand, SYSTEM_USER};
use sync_core::time::Timestamp;

use crate::projection;
use crate::store::actors::{self, ActorRow};
use crate::store::changes::{self, ChangeRow};
use crate::store::held_changes::{self, HeldChangeRow};
use crate::store::orders::{self, OrderAdvance, OrderHeadRow};
use crate::store::refused_changes::{self, RefusedChangeRow};
use crate::store::{Result, StoreError, Tx, order_assignees, order_numbers};
use crate::sync::feed_entries::OrderMove;

/// A saved document up to this size is stored with every push.
const SAVE_ALWAYS_BYTES_MAX: usize = 16 * 1024;
/// A larger one waits until so many changes came since the last …
const SAVE_AFTER_CHANGES: i64 = 32;
/// … or their bytes exceed the saved document so many times.
const SAVE_AFTER_TIMES: i64 = 4;

/// One order's decision, about to be stored.
pub(crate) struct Decision<'a> {
    pub context: &'a IntakeContext<'a>,
    pub pusher: Pusher,
    /// Where the order stood when it was decided; `None` when it was not known.
    pub head: Option<&'a OrderHeadRow>,
    /// Who worked on it then.
    pub crew: &'a BTreeMap<UserId, CrewRole>,
    pub intake: &'a Intake,
}

/// What storing a decision means for the feed, the audit and the memory.
#[derive(Debug)]
pub(crate) struct Stored {
    pub moved: OrderMove,
    /// The order after it, to be kept in memory once it is committed.
    pub document: OrderDocument,
    /// Every change that was added, the server's own included.
    pub accepted: Vec<AcceptedChange>,
}

/// Stores everything that was decided about an order; `None` when its document did not move.
///
/// The order's row is locked by this transaction and stands where it stood at the decision.
pub(crate) async fn store_intake(tx: &mut Tx, decision: &Decision<'_>) -> Result<Option<Stored>> {
    keep_aside(tx, decision).await?;
    let Some(document) = decision.intake.document.as_ref().filter(|_| !decision.intake.accepted.is_empty())
    else {
        if decision.head.is_some() {
            orders::touch(tx, decision.context.order).await?;
        }
        return Ok(None);
    };
    let mut document = document.clone();
    let mut accepted = decision.intake.accepted.clone();
    let mut save = decision.intake.save.clone();
    let mut order = Order::read(&document, decision.context.workflows).0;
    if let Some(numbered) = give_number(tx, decision.context, &mut document, &order).await? {
        accepted.push(numbered);
        save = None;
        order = Order::read(&document, decision.context.workflows).0;
    }
    let save = save.unwrap_or_else(|| document.save());
    let moved = append(tx, decision, &accepted, &document, &save, &order).await?;
    projection::put_summary(tx, decision.context, &order).await?;
    update_crew(tx, decision.context.order, decision.crew, &order.assignees).await?;
    Ok(Some(Stored { moved, document, accepted }))
}

/// Keeps the held and the refused changes of a decision.
async fn keep_aside(tx: &mut Tx, decision: &Decision<'_>) -> Result<()> {
    let IntakeContext { order, now, .. } = *decision.context;
    let Pusher { user, device, .. } = decision.pusher;
    for held in &decision.intake.held {
        let row = HeldChangeRow {
            order,
            hash: held.change.hash,
            reason: held.reason.clone(),
            user,
            device,
            received_at: now,
            kept_until: held.until,
            bytes: held.change.bytes.clone(),
        };
        held_changes::insert(tx, &row).await?;
    }
    for refused in &decision.intake.refused {
        let row = RefusedChangeRow {
            order,
            hash: refused.change.hash,
            content_hash: Sha256::digest(&refused.change.bytes).into(),
            code: refused.code.as_str().to_owned(),
            path: refused.path.clone(),
            is_final: refused.is_final,
            user,
            device,
            received_at: now,
            kept_until: now.plus_millis(KEPT_MS),
            bytes: refused.change.bytes.clone(),
        };
        refused_changes::insert(tx, &row).await?;
    }
    Ok(())
}

/// Gives an order that was just created its number, by a change of the server's own.
async fn give_number(
    tx: &mut Tx,
    context: &IntakeContext<'_>,
    document: &mut OrderDocument,
    order: &Order,
) -> Result<Option<AcceptedChange>> {
    if !order.is_created() || order.plan.number.is_some() {
        return Ok(None);
    }
    let number = order_numbers::take(tx).await?.to_string();
    perform_as_system(document, &OrderCommand::SetNumber { number }, context).map_err(|refused| {
        StoreError::internal(&format!("an order could not be numbered: {}", refused.code()))
    })
}

async fn append(
    tx: &mut Tx,
    decision: &Decision<'_>,
    accepted: &[AcceptedChange],
    document: &OrderDocument,
    save: &[u8],
    order: &Order,
) -> Result<OrderMove> {
    let IntakeContext { order: order_id, now, .. } = *decision.context;
    let (version, count_before, save_position, digest_before) =
        decision.head.map_or((0, 0, 0, Digest::default()), |head| {
            (head.version, head.change_count, head.save_position, head.digest)
        });
    let rows = change_rows(accepted, count_before, decision);
    changes::append(tx, order_id, &rows).await?;
    bind_actors(tx, order_id, accepted, now).await?;
    let change_count = rows.last().map_or(count_before, |row| row.position);
    let digest_after = digest_before.plus(accepted.iter().map(|accepted| &accepted.change.hash).collect());
    let heads = document.heads();
    let is_saved = is_save_due(tx, order_id, change_count - save_position, save_position, save.len()).await?;
    let advance = OrderAdvance {
        order: order_id,
        version,
        change_count,
        digest: digest_after,
        heads: &heads,
        save: is_saved.then_some(save),
        now,
    };
    orders::advance(tx, &advance).await?;
    Ok(OrderMove {
        order: order_id,
        first_position: count_before + 1,
        last_position: change_count,
        digest_before,
        digest_after,
        crew_before: decision.crew.keys().copied().collect(),
        crew_after: order.assignees.keys().copied().collect(),
    })
}

async fn is_save_due(
    tx: &mut Tx,
    order: OrderId,
    changes_since: i64,
    save_position: i64,
    save_bytes: usize,
) -> Result<bool> {
    if save_bytes <= SAVE_ALWAYS_BYTES_MAX || changes_since > SAVE_AFTER_CHANGES || save_position == 0 {
        return Ok(true);
    }
    let raw_bytes = changes::bytes_after(tx, order, save_position).await?;
    Ok(raw_bytes > SAVE_AFTER_TIMES * i64::try_from(save_bytes).unwrap_or(i64::MAX / SAVE_AFTER_TIMES))
}

/// Changes that the office merges are sent to their own device too, which waits for the office: their rows name none.
fn change_rows(accepted: &[AcceptedChange], count_before: i64, decision: &Decision<'_>) -> Vec<ChangeRow> {
    let is_merging = decision.pusher.access == Access::Merging;
    (count_before + 1..)
        .zip(accepted)
        .map(|(position, accepted)| {
            let is_own = accepted.binding.user == SYSTEM_USER;
            ChangeRow {
                position,
                hash: accepted.change.hash,
                actor: accepted.actor,
                actor_seq: accepted.seq,
                user: (!is_own).then_some(accepted.binding.user),
                device: accepted.binding.device.filter(|_| !is_merging),
                received_at: decision.context.now,
                is_compensation: is_own,
                bytes: accepted.change.bytes.clone(),
            }
        })
        .collect()
}

async fn bind_actors(tx: &mut Tx, order: OrderId, accepted: &[AcceptedChange], now: Timestamp) -> Result<()> {
    let mut seen = BTreeSet::<ActorId>::new();
    for AcceptedChange { actor, binding: ActorBinding { device, user }, .. } in accepted {
        if seen.insert(*actor) {
            actors::bind(tx, order, *actor, ActorRow { user: *user, device: *device }, now).await?;
        }
    }
    Ok(())
}

/// Makes the rows of who works on an order say what the order says.
pub(crate) async fn update_crew(
    tx: &mut Tx,
    order: OrderId,
    before: &BTreeMap<UserId, CrewRole>,
    after: &BTreeMap<UserId, CrewRole>,
) -> Result<()> {
    for user in before.keys().filter(|user| !after.contains_key(user)) {
        order_assignees::delete(tx, order, *user).await?;
    }
    for (user, role) in after.iter().filter(|(user, role)| before.get(user) != Some(role)) {
        order_assignees::put(tx, order, *user, *role).await?;
    }
    Ok(())
}
