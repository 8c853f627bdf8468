//! Stores what was decided about one order's changes. Never decides, and never writes a feed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use sync_core::document::OrderDocument;
use sync_core::ids::{ActorId, OrderId, UserId};
use sync_core::intake::{
    self, AcceptedChange, Access, ActorBinding, Intake, IntakeContext, KEPT_MS, Pusher, perform_as_system,
};
use sync_core::message::Digest;
use sync_core::order::{CrewRole, Order, OrderCommand, SYSTEM_USER};
use sync_core::time::Timestamp;

use crate::events::Event;
use crate::projection::{self, ListedOrder, Listing};
use crate::store::actors::{self, ActorRow, Binding};
use crate::store::changes::{self, ChangeRow};
use crate::store::held_changes::{self, HeldChangeRow};
use crate::store::orders::{self, OrderAdvance, OrderHeadRow};
use crate::store::refused_changes::{self, RefusedChangeRow};
use crate::store::{Result, StoreError, Tx, order_assignees, order_numbers};
use crate::sync::feed_entries::OrderMove;
use crate::sync::order_state::{Moved, StoredOrder};

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
    /// The order as it was decided about.
    pub stored: &'a StoredOrder,
    pub intake: &'a Intake,
    /// What it means for those who listen, where that was worked out already.
    pub events: Option<&'a [Event]>,
}

/// What storing a decision means for the feed, the audit and the memory.
#[derive(Debug)]
pub(crate) struct Stored {
    pub moved: OrderMove,
    /// The order after it, to be kept in memory once it is committed.
    pub document: OrderDocument,
    /// How it stands then, where nothing else is stored of it.
    pub standing: Option<StoredOrder>,
    /// Every change that was added, the server's own included.
    pub accepted: Vec<AcceptedChange>,
    /// When.
    pub at: Timestamp,
}

/// An order whose document moves.
struct Moving<'a> {
    decision: &'a Decision<'a>,
    document: OrderDocument,
    accepted: Vec<AcceptedChange>,
    save: Cow<'a, [u8]>,
    order: Cow<'a, Order>,
    /// Whether the saved document is stored too.
    is_saved: bool,
}

/// Stores everything that was decided about orders, and returns what became of those whose documents moved.
///
/// Each order occurs once. Its row is locked by this transaction and stands where it stood at the decision.
pub(crate) async fn store_intakes(tx: &mut Tx, decisions: &[Decision<'_>]) -> Result<Vec<Stored>> {
    let mut moving = Vec::new();
    for decision in decisions {
        keep_aside(tx, decision).await?;
        if let Some(moves) = Moving::of(decision) {
            moving.push(moves);
        } else if decision.stored.head.is_some() {
            orders::touch(tx, decision.context.order).await?;
        }
    }
    give_numbers(tx, &mut moving).await?;
    for moving in &mut moving {
        moving.is_saved = is_save_due(tx, moving).await?;
    }
    append(tx, &moving).await?;
    let listings: Vec<_> = moving.iter().map(Moving::listing).collect();
    let listed = projection::put_listed(tx, &listings).await?;
    for moving in &moving {
        update_crew(tx, moving.id(), &moving.decision.stored.audience, &moving.order.audience()).await?;
        let referred = projection::blobs_of(&moving.order);
        projection::put_blobs(tx, moving.id(), &referred, moving.decision.context.now).await?;
    }
    Ok(moving.into_iter().zip(listed).map(|(moving, listed)| moving.into_stored(listed)).collect())
}

impl<'a> Moving<'a> {
    fn of(decision: &'a Decision<'a>) -> Option<Self> {
        let Intake { document, accepted, save, order, .. } = decision.intake;
        Some(Self {
            decision,
            document: document.clone().filter(|_| !accepted.is_empty())?,
            accepted: accepted.clone(),
            save: Cow::Borrowed(save.as_deref()?),
            order: Cow::Borrowed(order.as_ref()?),
            is_saved: false,
        })
    }

    const fn id(&self) -> OrderId {
        self.decision.context.order
    }

    fn count_before(&self) -> i64 {
        self.decision.stored.head.as_ref().map_or(0, |head| head.change_count)
    }

    fn change_count(&self) -> i64 {
        self.count_before() + i64::try_from(self.accepted.len()).expect("a push has few changes")
    }

    fn digest_before(&self) -> Digest {
        self.decision.stored.head.as_ref().map_or_else(Digest::default, |head| head.digest)
    }

    fn digest_after(&self) -> Digest {
        self.digest_before().plus(self.accepted.iter().map(|accepted| &accepted.change.hash).collect())
    }

    fn listing(&self) -> Listing<'_> {
        Listing {
            id: self.id(),
            heard_at: self.decision.context.now,
            order: &self.order,
            workflows: self.decision.context.workflows,
            known: self.decision.stored.listed.as_deref(),
        }
    }

    /// The head row as `append` leaves it.
    fn head_after(&self) -> OrderHeadRow {
        let save_position = if self.is_saved { self.change_count() } else { self.save_position_before() };
        OrderHeadRow {
            version: self.decision.stored.version().unwrap_or(0) + 1,
            change_count: self.change_count(),
            digest: self.digest_after(),
            heads: self.document.heads(),
            save_position,
        }
    }

    fn advance<'b>(&'b self, head: &'b OrderHeadRow) -> OrderAdvance<'b> {
        OrderAdvance {
            order: self.id(),
            version: head.version - 1,
            change_count: head.change_count,
            digest: head.digest,
            heads: &head.heads,
            save: self.is_saved.then_some(&*self.save),
            now: self.decision.context.now,
        }
    }

    fn save_position_before(&self) -> i64 {
        self.decision.stored.head.as_ref().map_or(0, |head| head.save_position)
    }

    /// What a later decision about the order rests on.
    fn standing(&self, listed: ListedOrder) -> Option<StoredOrder> {
        let Intake { held, refused, .. } = self.decision.intake;
        if !(held.is_empty() && refused.is_empty()) {
            return None;
        }
        self.decision.stored.after(Moved {
            head: self.head_after(),
            audience: self.order.audience(),
            listed,
            bindings: self.accepted.iter().map(|accepted| (accepted.actor, accepted.binding)).collect(),
        })
    }

    fn into_stored(self, listed: ListedOrder) -> Stored {
        let standing = self.standing(listed);
        let moved = OrderMove {
            order: self.id(),
            first_position: self.count_before() + 1,
            last_position: self.change_count(),
            digest_before: self.digest_before(),
            digest_after: self.digest_after(),
            crew_before: self.decision.stored.audience.keys().copied().collect(),
            crew_after: self.order.audience().into_keys().collect(),
        };
        let at = self.decision.context.now;
        Stored { moved, document: self.document, standing, accepted: self.accepted, at }
    }
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

/// Gives orders that were just created their numbers, by changes of the server's own.
async fn give_numbers(tx: &mut Tx, moving: &mut [Moving<'_>]) -> Result<()> {
    let is_unnumbered =
        |moving: &&mut Moving<'_>| moving.order.is_created() && moving.order.plan.number.is_none();
    let unnumbered: Vec<_> = moving.iter_mut().filter(is_unnumbered).collect();
    if unnumbered.is_empty() {
        return Ok(());
    }
    let count = unnumbered.len() as u64;
    let last = order_numbers::take(tx, count).await?;
    for (number, moving) in (last + 1 - count..).zip(unnumbered) {
        let context = moving.decision.context;
        let command = OrderCommand::SetNumber { number: number.to_string() };
        let numbered = perform_as_system(&mut moving.document, &command, context).map_err(|refused| {
            StoreError::internal(&format!("an order could not be numbered: {}", refused.code()))
        })?;
        moving.accepted.extend(numbered);
        moving.save = Cow::Owned(moving.document.save());
        moving.order = Cow::Owned(intake::read(&moving.document, context.workflows));
    }
    Ok(())
}

/// Adds the changes of orders and moves their heads on.
async fn append(tx: &mut Tx, moving: &[Moving<'_>]) -> Result<()> {
    let rows: Vec<_> = moving.iter().flat_map(change_rows).collect();
    changes::append(tx, &rows).await?;
    let bindings: Vec<_> = moving.iter().flat_map(fresh_bindings).collect();
    actors::bind(tx, &bindings).await?;
    let heads: Vec<_> = moving.iter().map(Moving::head_after).collect();
    let advances: Vec<_> = moving.iter().zip(&heads).map(|(moving, head)| moving.advance(head)).collect();
    orders::advance(tx, &advances).await
}

async fn is_save_due(tx: &mut Tx, moving: &Moving<'_>) -> Result<bool> {
    let save_position = moving.save_position_before();
    let changes_since = moving.change_count() - save_position;
    let save_bytes = moving.save.len();
    if save_bytes <= SAVE_ALWAYS_BYTES_MAX || changes_since > SAVE_AFTER_CHANGES || save_position == 0 {
        return Ok(true);
    }
    let raw_bytes = changes::bytes_after(tx, moving.id(), save_position).await?;
    Ok(raw_bytes > SAVE_AFTER_TIMES * i64::try_from(save_bytes).unwrap_or(i64::MAX / SAVE_AFTER_TIMES))
}

/// Changes that the office merges are sent to their own device too, which waits for the office: their rows name none.
fn change_rows(moving: &Moving<'_>) -> Vec<(OrderId, ChangeRow)> {
    let is_merging = moving.decision.pusher.access == Access::Merging;
    (moving.count_before() + 1..)
        .zip(&moving.accepted)
        .map(|(position, accepted)| {
            let is_own = accepted.binding.user == SYSTEM_USER;
            let row = ChangeRow {
                position,
                hash: accepted.change.hash,
                actor: accepted.actor,
                actor_seq: accepted.seq,
                user: (!is_own).then_some(accepted.binding.user),
                device: accepted.binding.device.filter(|_| !is_merging),
                received_at: moving.decision.context.now,
                is_compensation: is_own,
                bytes: accepted.change.bytes.clone(),
            };
            (moving.id(), row)
        })
        .collect()
}

/// The pens that write in an order for the first time.
fn fresh_bindings(moving: &Moving<'_>) -> Vec<Binding> {
    let mut seen = BTreeSet::<ActorId>::new();
    let fresh = moving.accepted.iter().filter(|accepted| {
        seen.insert(accepted.actor) && !moving.decision.stored.knows_actor(accepted.actor)
    });
    fresh
        .map(|AcceptedChange { actor, binding: ActorBinding { device, user }, .. }| Binding {
            order: moving.id(),
            actor: *actor,
            row: ActorRow { user: *user, device: *device },
            bound_at: moving.decision.context.now,
        })
        .collect()
}

/// Makes the rows of who works on an order, or may take it, say what the order says.
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
