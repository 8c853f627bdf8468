//! Decides, for one order, what becomes of the changes a device offers. Pure: the caller stores what is decided.
//!
//! The server's half of the protocol. Each change gets one result; a refused change never stands in the way of another.
//! Work that was allowed when it was written is merged; where it breaks a rule that its author could not know of, the
//! server answers with a change of its own and raises a matter for the office.

mod aftermath;
mod decide;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::ingest_guard::Limits;
use crate::document::{Change, OrderDocument};
use crate::ids::{ActorId, ChangeHash, DeviceId, OrderId, UserId};
use crate::message::{HeldReason, Outcome, PushedChange, RejectCode};
use crate::order::{CommandContext, Order, OrderCommand, Refused, SYSTEM_USER, Workflows, perform};
use crate::rules::policy::OrganizationRules;
use crate::time::{TimeClaim, Timestamp};
use crate::workflow::Role;

/// Operations at which an order takes no more (contract 1.4).
pub const ORDER_OPERATIONS_MAX: u64 = 200_000;
/// Saved bytes at which an order takes no more (contract 1.4).
pub const ORDER_SAVE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long held and refused changes are kept at least: 90 days.
pub const KEPT_MS: i64 = 90 * 24 * 3_600_000;

/// To whom an actor belongs: bound when it is first seen, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorBinding {
    /// The device; `None` for the server's own pens.
    pub device: Option<DeviceId>,
    /// The person.
    pub user: UserId,
}

/// What the server has stored of one order.
#[derive(Debug, Clone, Default)]
pub struct OrderState {
    /// The document; `None` when nobody has created the order.
    pub document: Option<OrderDocument>,
    /// The actors seen so far.
    pub actors: BTreeMap<ActorId, ActorBinding>,
    /// Changes that were refused for good, with code and path. The same answer is given again.
    pub refused: BTreeMap<ChangeHash, (RejectCode, Option<String>)>,
    /// Changes that are held.
    pub held: BTreeMap<ChangeHash, (HeldReason, Timestamp)>,
    /// Why nothing more is merged into this order, where that is so: deleted or quarantined.
    pub is_stopped: Option<HeldReason>,
}

/// Who offers changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pusher {
    /// The person.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// The device; `None` for the server acting in a person's name.
    pub device: Option<DeviceId>,
    /// The person's access.
    pub access: Access,
}

/// Whether the person who offers changes may still do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Signed in.
    Granted,
    /// Access has ended; what is offered is held for the office.
    Ended,
    /// Access had ended; the office merges what was held.
    Merging,
}

/// What the decision needs besides the order.
#[derive(Debug, Clone, Copy)]
pub struct IntakeContext<'a> {
    /// The order.
    pub order: OrderId,
    /// The server's clock.
    pub now: Timestamp,
    /// The workflows of the organization.
    pub workflows: &'a Workflows,
    /// What the organization leaves to its technicians.
    pub rules: OrganizationRules,
    /// The pen with which the server writes into this order.
    pub system_actor: ActorId,
    /// What one change may contain.
    pub limits: Limits,
    /// Heads of this order that an earlier life of the server vouched for, as the pusher has proven.
    pub vouched: &'a BTreeSet<ChangeHash>,
}

/// The heads in an intake without vouchers.
pub static NOTHING_VOUCHED: BTreeSet<ChangeHash> = BTreeSet::new();

/// A change that is merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedChange {
    /// Its name and bytes.
    pub change: Change,
    /// Its author's pen.
    pub actor: ActorId,
    /// Its place among the changes of that pen.
    pub seq: u64,
    /// To whom the pen belongs.
    pub binding: ActorBinding,
    /// Whether an earlier life of the server accepted it already, and answered it.
    pub is_vouched: bool,
}

/// A change that is kept without being merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChange {
    /// Its name and bytes.
    pub change: Change,
    /// Why.
    pub reason: HeldReason,
    /// Until when at least.
    pub until: Timestamp,
}

/// A change that is refused and kept in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedChange {
    /// The name under which it was offered, and its bytes.
    pub change: Change,
    /// Why.
    pub code: RejectCode,
    /// The field, where one is to blame.
    pub path: Option<String>,
    /// Whether the same name always gets this answer; damaged copies may be offered again.
    pub is_final: bool,
}

/// What was decided. Everything in it is committed together, or nothing.
#[derive(Debug, Clone)]
pub struct Intake {
    /// One result per offered change, in order.
    pub outcomes: Vec<Outcome>,
    /// Changes that became part of the order, in an order in which they can be applied, the server's own last.
    pub accepted: Vec<AcceptedChange>,
    /// Changes to hold.
    pub held: Vec<HeldChange>,
    /// Changes to keep in quarantine.
    pub refused: Vec<RefusedChange>,
    /// The order after all that; `None` when it still does not exist.
    pub document: Option<OrderDocument>,
    /// The order as it reads after all that; `None` when nothing was accepted.
    pub order: Option<Order>,
    /// The saved document, proven to load; `None` when nothing was accepted.
    pub save: Option<Vec<u8>>,
    /// The fields that the offered changes wrote to, as `area/field` or `area/id`.
    pub touched: BTreeSet<String>,
    /// Merged steps of the workflow whose conditions were not met, as `status/id`.
    broken_steps: Vec<String>,
}

/// Decides what becomes of the changes one device offers for one order.
///
/// Never fails and never panics, whatever the bytes.
pub fn accept(
    state: &OrderState,
    pusher: Pusher,
    offered: &[PushedChange],
    context: &IntakeContext<'_>,
) -> Intake {
    let decided = decide::decide(state, pusher, offered, context, decide::Proof::AtTheEnd);
    let mut decided = decided.unwrap_or_else(|| {
        decide::proven(decide::decide(state, pusher, offered, context, decide::Proof::Each))
    });
    if !decided.accepted.is_empty() {
        aftermath::answer(state, pusher, context, &mut decided);
    }
    decided
}

/// Performs a command in the server's own name, such as giving an order its number.
///
/// # Errors
///
/// Says why the command is not possible.
pub fn perform_as_system(
    document: &mut OrderDocument,
    command: &OrderCommand,
    context: &IntakeContext<'_>,
) -> Result<Option<AcceptedChange>, Refused> {
    let command_context = CommandContext {
        user: SYSTEM_USER,
        role: Role::System,
        at: TimeClaim::by_server(context.now),
        site: None,
        workflows: context.workflows,
    };
    let change = perform(document, command, &command_context, context.system_actor)?;
    Ok(change.map(|change| {
        let header = document.header(&change.hash).expect("the change was committed a line above");
        AcceptedChange {
            actor: header.actor,
            seq: header.seq,
            change,
            binding: ActorBinding { device: None, user: SYSTEM_USER },
            is_vouched: false,
        }
    }))
}

/// Reads an order with its conflicts and attention items.
pub fn read(document: &OrderDocument, workflows: &Workflows) -> Order {
    Order::read(document, workflows).0
}

#[cfg(test)]
mod tests;
