//! What the server itself writes after merging work: taking out what broke a rule, raising matters for the office.

use super::{AcceptedChange, Access, Intake, IntakeContext, OrderState, Pusher, perform_as_system};
use crate::document::{Node, OrderDocument};
use crate::ids::EntryId;
use crate::order::entry::RaisedKind;
use crate::order::{Order, OrderCommand};
use crate::rules::{Phase, Standing};
use crate::workflow::Role;

/// Answers the merged changes of one push with the server's own.
pub fn answer(state: &OrderState, pusher: Pusher, context: &IntakeContext<'_>, intake: &mut Intake) {
    let Some(document) = &intake.document else { return };
    let order = super::read(document, context.workflows);
    let commands = commands(state, pusher, context, &order, intake);
    let mut document = document.clone();
    intake.order = Some(order);
    let mut own = Vec::new();
    for command in commands {
        // A compensation that is not possible any more needs no doing: what it would take out is gone.
        if let Ok(Some(change)) = perform_as_system(&mut document, &command, context) {
            own.push(change);
        }
    }
    if own.is_empty() {
        return;
    }
    let Some(save) = document.verified_save() else { return };
    intake.accepted.extend(own);
    intake.save = Some(save);
    intake.order = Some(super::read(&document, context.workflows));
    intake.document = Some(document);
}

fn commands(
    state: &OrderState,
    pusher: Pusher,
    context: &IntakeContext<'_>,
    order: &Order,
    intake: &Intake,
) -> Vec<OrderCommand> {
    let accepted: Vec<_> = intake.accepted.iter().filter(|accepted| !accepted.is_vouched).collect();
    let Some(first) = accepted.first() else { return Vec::new() };
    if pusher.role != Role::Technician && pusher.access != Access::Merging {
        return Vec::new();
    }
    let entries = work_entries(state, order, &accepted);
    let mut commands = Vec::new();
    let mut raise = |kind: RaisedKind, entries: Vec<String>| {
        let mut matter = *first.change.hash.as_bytes();
        matter[15] ^= kind as u8;
        let matter = EntryId::from_slice(&matter[..16]).expect("sixteen bytes of a hash");
        commands.push(OrderCommand::Raise { matter, kind, about: pusher.user, entries });
    };
    if pusher.access == Access::Merging {
        raise(RaisedKind::Deposited, entries.clone());
    }
    if pusher.role == Role::Technician {
        let is_late = Phase::of(order) == Phase::Ended;
        let is_outsider = Standing::of(order, pusher.user, pusher.role) == Standing::Outsider;
        match (entries.is_empty(), is_late, is_outsider) {
            (false, true, _) => raise(RaisedKind::LateWork, entries.clone()),
            (false, false, true) => raise(RaisedKind::WorkAfterReassignment, entries.clone()),
            (true, ..) | (false, false, false) => {}
        }
        let forbidden = forbidden_lines(order, pusher, context, &entries);
        let broken: Vec<_> = forbidden.iter().chain(&intake.broken_steps).cloned().collect();
        if !broken.is_empty() {
            raise(RaisedKind::RuleBroken, broken);
        }
        commands.extend(forbidden.iter().filter_map(|entry| take_out(entry)));
    }
    commands
}

/// The entries of work areas that came with these changes, as `area/id`.
fn work_entries(state: &OrderState, order: &Order, accepted: &[&AcceptedChange]) -> Vec<String> {
    let is_own = |user| accepted.iter().any(|accepted| accepted.binding.user == user);
    let mut entries = Vec::new();
    let mut add = |area: &'static str, id: EntryId, by| {
        if is_own(by) {
            entries.push((area, id));
        }
    };
    order.stamps.iter().for_each(|(id, stamp)| add("visits", *id, stamp.by));
    order.materials.iter().for_each(|(id, line)| add("materials", *id, line.by));
    order.services.iter().for_each(|(id, line)| add("services", *id, line.by));
    order.photos.iter().for_each(|(id, photo)| add("photos", *id, photo.by));
    order.signatures.iter().for_each(|(id, signature)| add("signatures", *id, signature.by));
    order.expenses.iter().for_each(|(id, expense)| add("expenses", *id, expense.by));
    order.payments.iter().for_each(|(id, payment)| add("payments", *id, payment.by));
    let known = state.document.as_ref().filter(|_| !entries.is_empty()).map(OrderDocument::tree);
    let is_fresh = |area: &str, id: EntryId| known.as_ref().is_none_or(|known| !has_entry(known, area, id));
    entries.retain(|(area, id)| is_fresh(area, *id));
    entries.into_iter().map(|(area, id)| format!("{area}/{id}")).collect()
}

/// Whether an area holds an entry, readable or not.
fn has_entry(tree: &Node, area: &str, id: EntryId) -> bool {
    let entries = tree.at(&[area]).and_then(Node::as_map);
    entries.is_some_and(|entries| entries.keys().any(|key| key.parse() == Ok(id)))
}

fn forbidden_lines(
    order: &Order,
    pusher: Pusher,
    context: &IntakeContext<'_>,
    entries: &[String],
) -> Vec<String> {
    if context.rules.technicians_add_lines || order.plan.created_by == Some(pusher.user) {
        return Vec::new();
    }
    let is_line = |entry: &&String| entry.starts_with("materials/") || entry.starts_with("services/");
    entries.iter().filter(is_line).cloned().collect()
}

fn take_out(entry: &str) -> Option<OrderCommand> {
    let (area, id) = entry.split_once('/')?;
    Some(OrderCommand::TakeOut {
        area: area.to_owned(),
        entry: id.parse().ok()?,
        reason: "not permitted".to_owned(),
    })
}
