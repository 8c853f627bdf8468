//! Commands on answers, notes, photos, signatures, expenses and payments.

use super::super::writes::{json, new_entry, put, put_json};
use super::super::{CommandContext, NewExpense, NewPayment, NewPhoto, NewSignature, Refused, check};
use crate::document::{Path, Write};
use crate::ids::{EntryId, UserId};
use crate::order::Order;
use crate::order::entry::{Answer, AnswerValue, Expense, Note, Payment, Photo, Removal};
use crate::workflow::Role;

pub fn answer(
    question: &str,
    value: &AnswerValue,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    check::key("question", question)?;
    match value {
        AnswerValue::Number { value, unit } => {
            let number = value.strip_prefix('-').unwrap_or(value);
            check::quantity(number).map_err(|_| Refused::InvalidValue { field: "answer" })?;
            check::optional_text("unit", unit.as_deref())?;
        }
        AnswerValue::Choice { value } | AnswerValue::Text { value } => check::text("answer", value)?,
        AnswerValue::Yes
        | AnswerValue::No
        | AnswerValue::NotApplicable
        | AnswerValue::Photo { .. }
        | AnswerValue::Signature { .. } => {}
    }
    let answer = Answer { value: value.clone(), by: context.user, at: context.at };
    Ok(vec![put(Path::new(["checklist", question]), json(&answer).as_str())])
}

pub fn add_note(
    id: EntryId,
    text: &str,
    is_internal: bool,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    check::text("text", text)?;
    if order.notes.contains_key(&id) {
        return Ok(Vec::new());
    }
    let note = Note { text: text.to_owned(), is_internal, by: context.user, at: context.at, removed: None };
    Ok(new_entry("notes", &id.to_string(), &note))
}

pub fn remove_note(id: EntryId, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
    let note = order.notes.get(&id).ok_or(Refused::NoSuchEntry)?;
    mark_removed("notes", id, note.by, note.removed.as_ref(), context)
}

pub fn add_photo(new: &NewPhoto, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
    check::text("media_type", &new.media_type)?;
    check::optional_text("caption", new.caption.as_deref())?;
    check::position(new.position)?;
    if order.photos.contains_key(&new.photo) {
        return Ok(Vec::new());
    }
    let photo = Photo {
        sha256: new.sha256,
        size_bytes: new.size_bytes,
        media_type: new.media_type.clone(),
        stage: new.stage,
        caption: new.caption.clone(),
        position: new.position,
        by: context.user,
        at: context.at,
        removed: None,
    };
    Ok(new_entry("photos", &new.photo.to_string(), &photo))
}

pub fn caption_photo(
    id: EntryId,
    caption: &str,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    check::text("caption", caption)?;
    let photo = order.photos.get(&id).ok_or(Refused::NoSuchEntry)?;
    require_own(photo.by, context)?;
    Ok(vec![put(Path::new(["photos", &id.to_string(), "caption"]), caption)])
}

pub fn remove_photo(id: EntryId, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
    let photo = order.photos.get(&id).ok_or(Refused::NoSuchEntry)?;
    mark_removed("photos", id, photo.by, photo.removed.as_ref(), context)
}

pub fn sign(new: &NewSignature, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
    check::signature(new)?;
    if order.signatures.contains_key(&new.signature) {
        return Ok(Vec::new());
    }
    let signature = new.record(context);
    Ok(new_entry("signatures", &new.signature.to_string(), &signature))
}

pub fn add_expense(
    new: &NewExpense,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    check::key("kind", &new.kind)?;
    check::amount("amount_minor", Some(new.amount_minor))?;
    check::currency(&new.currency)?;
    check::optional_text("description", new.description.as_deref())?;
    if order.expenses.contains_key(&new.expense) {
        return Ok(Vec::new());
    }
    let expense = Expense {
        kind: new.kind.clone(),
        amount_minor: new.amount_minor,
        currency: new.currency.clone(),
        description: new.description.clone(),
        receipt: new.receipt,
        by: context.user,
        at: context.at,
        removed: None,
    };
    Ok(new_entry("expenses", &new.expense.to_string(), &expense))
}

pub fn remove_expense(
    id: EntryId,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    let expense = order.expenses.get(&id).ok_or(Refused::NoSuchEntry)?;
    mark_removed("expenses", id, expense.by, expense.removed.as_ref(), context)
}

pub fn record_payment(
    new: &NewPayment,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    check::key("method", &new.method)?;
    check::amount("amount_minor", Some(new.amount_minor.saturating_abs()))?;
    check::currency(&new.currency)?;
    check::optional_text("reference", new.reference.as_deref())?;
    if new.amount_minor == 0 {
        return Err(Refused::InvalidValue { field: "amount_minor" });
    }
    if order.payments.contains_key(&new.payment) {
        return Ok(Vec::new());
    }
    let payment = Payment {
        method: new.method.clone(),
        amount_minor: new.amount_minor,
        currency: new.currency.clone(),
        reference: new.reference.clone(),
        by: context.user,
        at: context.at,
        removed: None,
    };
    Ok(new_entry("payments", &new.payment.to_string(), &payment))
}

pub fn remove_payment(
    id: EntryId,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    let payment = order.payments.get(&id).ok_or(Refused::NoSuchEntry)?;
    mark_removed("payments", id, payment.by, payment.removed.as_ref(), context)
}

/// Takes back an entry; a technician may take back only what is the technician's own.
pub fn mark_removed(
    area: &str,
    id: EntryId,
    by: UserId,
    removed: Option<&Removal>,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    require_own(by, context)?;
    if removed.is_some() {
        return Ok(Vec::new());
    }
    let removal = Removal {
        by: context.user,
        at: context.at,
        reason: None,
        seen_quantity: None,
        seen_price_minor: None,
    };
    Ok(vec![put_json(Path::new([area, &id.to_string(), "removed"]), Some(&removal))])
}

fn require_own(by: UserId, context: &CommandContext<'_>) -> Result<(), Refused> {
    if context.role == Role::Technician && by != context.user { Err(Refused::RoleForbidden) } else { Ok(()) }
}
