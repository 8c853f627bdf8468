//! Commands that move the order through its workflow, and those that settle what people disagree about.

use serde_json::Value;

use super::super::status_entry::StatusEntry;
use super::super::writes::{json, new_entry, put, put_json};
use super::super::{CommandContext, Refused, check};
use super::{entries, lines};
use crate::document::{Path, Scalar, Write};
use crate::ids::{EntryId, UserId};
use crate::order::Order;
use crate::order::attention::decision_key;
use crate::order::conflict::{ConflictField, conflict_key};
use crate::order::entry::{Decision, Raised, RaisedKind, Removal};
use crate::rules::{CommandKind, Phase, Standing, permits};
use crate::workflow::{GuardFacts, StateKey};

pub fn change(
    order: &Order,
    context: &CommandContext<'_>,
    step: (EntryId, &StateKey),
    reason: Option<&str>,
) -> Result<Vec<Write>, Refused> {
    change_given(order, context, step, reason, &order.guard_facts())
}

fn change_given(
    order: &Order,
    context: &CommandContext<'_>,
    (event, to): (EntryId, &StateKey),
    reason: Option<&str>,
    facts: &GuardFacts,
) -> Result<Vec<Write>, Refused> {
    check::optional_text("reason", reason)?;
    if order.status_events.contains_key(&event) || order.status.state == *to {
        return Ok(Vec::new());
    }
    let workflow = context.workflows.of(&order.plan);
    let from = &order.status.state;
    let step = workflow
        .transition(from, to)
        .filter(|step| step.allows(context.role))
        .ok_or_else(|| Refused::NoTransition { from: from.clone(), to: to.clone() })?;
    if step.reason_required && reason.is_none() {
        return Err(Refused::ReasonRequired);
    }
    let unmet = workflow.unmet_guards(from, to, facts);
    if !unmet.is_empty() {
        return Err(Refused::GuardsUnmet(unmet));
    }
    Ok(event_writes(order, context, event, to, reason))
}

/// A step that somebody else took first: it counts for nothing and stays in the history.
pub fn repeated(
    order: &Order,
    context: &CommandContext<'_>,
    (event, to): (EntryId, &StateKey),
    reason: Option<&str>,
) -> Vec<Write> {
    if order.status_events.contains_key(&event) {
        return Vec::new();
    }
    event_writes(order, context, event, to, reason)
}

/// The step that goes with a stamp: left out when the order already stands there or the workflow has no such step.
pub fn step_along(
    order: &Order,
    context: &CommandContext<'_>,
    step: (EntryId, &StateKey),
    leaving: Option<EntryId>,
) -> Result<Vec<Write>, Refused> {
    let facts = order.guard_facts_after_leaving(leaving);
    match change_given(order, context, step, None, &facts) {
        Err(Refused::NoTransition { .. } | Refused::GuardsUnmet(_)) => Ok(Vec::new()),
        other => other,
    }
}

fn event_writes(
    order: &Order,
    context: &CommandContext<'_>,
    event: EntryId,
    to: &StateKey,
    reason: Option<&str>,
) -> Vec<Write> {
    let entry = StatusEntry {
        from: order.status.state.clone(),
        to: to.clone(),
        after: order.status.heads.clone(),
        by: context.user,
        role: context.role,
        at: context.at,
        reason: reason.map(str::to_owned),
    };
    new_entry("status", &event.to_string(), &entry)
}

pub fn resolve(
    order: &Order,
    context: &CommandContext<'_>,
    path: &str,
    value: &Value,
) -> Result<Vec<Write>, Refused> {
    let Some(conflict) = order.conflicts.iter().find(|conflict| conflict.path == path) else {
        return Ok(Vec::new());
    };
    require_own_field(order, context, &conflict.field)?;
    let target = Path::parse(path);
    if let ConflictField::RemovedLine { .. } = conflict.field {
        let decision = decision(context, if value.is_null() { "restored" } else { "left_removed" }, None);
        let key = conflict_key(&target, conflict.kept.change);
        let mut writes = vec![put(Path::new(["decisions", &key]), json(&decision).as_str())];
        if value.is_null() {
            writes.push(put_json::<Removal>(target, None));
        }
        return Ok(writes);
    }
    let is_offered = std::iter::once(&conflict.kept).chain(&conflict.others).any(|side| side.value == *value);
    let scalar =
        Scalar::from_json(value).filter(|_| is_offered).ok_or(Refused::InvalidValue { field: "value" })?;
    Ok(vec![Write::Put(target, scalar)])
}

/// Whoever settles a disagreement writes the field, and has to be one who may.
fn require_own_field(
    order: &Order,
    context: &CommandContext<'_>,
    field: &ConflictField,
) -> Result<(), Refused> {
    let kind = match field {
        ConflictField::Plan { .. } => CommandKind::Plan,
        ConflictField::Assignee { .. } => CommandKind::Crew,
        ConflictField::Line { .. } | ConflictField::RemovedLine { .. } => CommandKind::Line,
        ConflictField::Caption { .. } => CommandKind::Photo,
        ConflictField::Answer { .. } => CommandKind::Checklist,
    };
    let standing = Standing::of(order, context.user, context.role);
    permits(kind, standing, Phase::of(order))?;
    match field {
        ConflictField::Caption { photo }
            if standing != Standing::Office
                && order.photos.get(photo).is_none_or(|photo| photo.by != context.user) =>
        {
            Err(Refused::RoleForbidden)
        }
        ConflictField::Caption { .. }
        | ConflictField::Plan { .. }
        | ConflictField::Assignee { .. }
        | ConflictField::Line { .. }
        | ConflictField::RemovedLine { .. }
        | ConflictField::Answer { .. } => Ok(()),
    }
}

fn decision(context: &CommandContext<'_>, decision: &str, reason: Option<&str>) -> Decision {
    Decision {
        decision: decision.to_owned(),
        reason: reason.map(str::to_owned),
        by: context.user,
        at: context.at,
    }
}

pub fn decide(
    order: &Order,
    context: &CommandContext<'_>,
    attention: &str,
    chosen: &str,
    reason: Option<&str>,
) -> Result<Vec<Write>, Refused> {
    check::key("decision", chosen)?;
    check::optional_text("reason", reason)?;
    let key = decision_key(attention);
    if order.decisions.contains_key(&key) {
        return Ok(Vec::new());
    }
    if !order.attention.iter().any(|item| item.key == attention) {
        return Err(Refused::NoSuchEntry);
    }
    let decision = decision(context, chosen, reason);
    Ok(vec![put(Path::new(["decisions", &key]), json(&decision).as_str())])
}

pub fn take_out(
    order: &Order,
    context: &CommandContext<'_>,
    area: &str,
    entry: EntryId,
    reason: &str,
) -> Result<Vec<Write>, Refused> {
    match area {
        "materials" | "services" => lines::remove(area, entry, order, context, Some(reason)),
        "expenses" => entries::remove_expense(entry, order, context),
        "payments" => entries::remove_payment(entry, order, context),
        "notes" => entries::remove_note(entry, order, context),
        "photos" => entries::remove_photo(entry, order, context),
        _ => Err(Refused::NoSuchEntry),
    }
}

pub fn raise(
    order: &Order,
    context: &CommandContext<'_>,
    matter: EntryId,
    (kind, about): (RaisedKind, UserId),
    entries: &[String],
) -> Vec<Write> {
    if order.raised.contains_key(&matter) {
        return Vec::new();
    }
    let raised = Raised { kind, about, entries: entries.to_vec(), at: context.at };
    new_entry("attention", &matter.to_string(), &raised)
}
