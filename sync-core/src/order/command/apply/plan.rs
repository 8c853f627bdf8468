//! Commands that say what is to be done: the fields of `plan`.

use serde_json::Value;

use super::super::writes::{field_writes, put, put_json};
use super::super::{CommandContext, NewOrder, Refused, check};
use crate::document::{Path, Scalar, Write};
use crate::ids::{RecordId, UserId};
use crate::order::Order;
use crate::order::plan::{CrewRole, Place, Plan, Window};
use crate::time::Timestamp;
use crate::workflow::Role;

/// People an order may be offered to at once.
const OFFERED_MAX: usize = 500;

fn field(name: &str) -> Path {
    Path::new(["plan", name])
}

fn number<T: Into<i64>>(name: &str, value: Option<T>) -> Write {
    Write::Put(field(name), value.map_or(Scalar::Null, |value| Scalar::Int(value.into())))
}

fn id(name: &str, id: Option<RecordId>) -> Write {
    Write::Put(field(name), id.map_or(Scalar::Null, |id| Scalar::Text(id.to_string())))
}

pub fn create(new: &NewOrder, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
    check::new_order(new)?;
    let is_known = |reference: &String| context.workflows.get(reference).is_some();
    if !new.workflow.as_ref().is_none_or(is_known) {
        return Err(Refused::InvalidValue { field: "workflow" });
    }
    let is_known = |reference: &String| context.workflows.checklist(reference).is_some();
    if !new.checklist.as_ref().is_none_or(is_known) {
        return Err(Refused::InvalidValue { field: "checklist" });
    }
    let plan = Plan {
        number: None,
        kind: new.kind.clone(),
        workflow: new.workflow.clone(),
        checklist: new.checklist.clone(),
        priority: new.priority,
        reason: new.reason.clone(),
        customer: new.customer,
        contact: new.contact,
        site: new.site,
        draft_customer: new.draft_customer.clone(),
        place: new.place,
        window: new.window,
        promised: new.promised,
        duration_minutes: new.duration_minutes,
        currency: new.currency.clone(),
        zone: new.zone.clone(),
        origin: new.origin.clone(),
        created_by: Some(context.user),
        created_at: Some(context.at.estimated),
        equipment: std::collections::BTreeSet::new(),
    };
    let mut writes = field_writes(&Path::new(["plan"]), &plan);
    for equipment in &new.equipment {
        writes.extend(set_equipment(*equipment, true));
    }
    for assignee in &new.assignees {
        writes.extend(assign(assignee.technician, assignee.role.as_str()));
    }
    let is_named = new.assignees.iter().any(|assignee| assignee.technician == context.user);
    if context.role == Role::Technician && !is_named {
        writes.extend(assign(context.user, CrewRole::Lead.as_str()));
    }
    Ok(writes)
}

pub fn set_text(name: &'static str, text: &str) -> Result<Vec<Write>, Refused> {
    check::text(name, text)?;
    Ok(set_word(name, text))
}

pub fn set_word(name: &str, word: &str) -> Vec<Write> {
    vec![put(field(name), word)]
}

pub fn set_customer(customer: RecordId, contact: Option<RecordId>, site: Option<RecordId>) -> Vec<Write> {
    vec![id("customer", Some(customer)), id("contact", contact), id("site", site)]
}

pub fn set_place(place: Place) -> Vec<Write> {
    let Ok(Value::String(word)) = serde_json::to_value(place) else { unreachable!("places are words") };
    set_word("place", &word)
}

pub fn set_equipment(equipment: RecordId, is_included: bool) -> Vec<Write> {
    let path = field("equipment").join(&equipment.to_string());
    vec![Write::Put(path, Scalar::Bool(is_included))]
}

pub fn schedule(window: Option<Window>, duration_minutes: Option<u32>) -> Result<Vec<Write>, Refused> {
    check::window(window)?;
    let mut writes = vec![put_json(field("window"), window.as_ref())];
    if duration_minutes.is_some() {
        writes.push(number("duration_minutes", duration_minutes));
    }
    Ok(writes)
}

pub fn promise(promised: Option<Timestamp>) -> Vec<Write> {
    vec![number("promised", promised.map(|promised| promised.0))]
}

pub fn assign(technician: UserId, role: &str) -> Vec<Write> {
    vec![put(field("assignees").join(&technician.to_string()), role)]
}

pub fn unassign(order: &Order, technician: UserId) -> Result<Vec<Write>, Refused> {
    let is_there = order.is_assigned(technician) || order.offered_to.contains(&technician);
    if is_there { Ok(assign(technician, "")) } else { Ok(Vec::new()) }
}

/// Whoever does it already stays what they are.
pub fn offer(order: &Order, technicians: &[UserId]) -> Result<Vec<Write>, Refused> {
    if technicians.is_empty() || technicians.len() > OFFERED_MAX {
        return Err(Refused::InvalidValue { field: "technicians" });
    }
    let is_fresh = |user: &&UserId| !order.is_assigned(**user) && !order.offered_to.contains(*user);
    let fresh = technicians.iter().filter(is_fresh);
    Ok(fresh.flat_map(|user| assign(*user, CrewRole::Offered.as_str())).collect())
}

/// Whoever does it already has taken it.
pub fn take(order: &Order, user: UserId) -> Vec<Write> {
    if order.is_assigned(user) { Vec::new() } else { assign(user, CrewRole::Taken.as_str()) }
}
