//! Checks the values of a command. Never asks who gives it: `rules` does.

use super::{DeviceSeal, NewOrder, NewSignature, Refused};
use crate::evidence::Snapshot;
use crate::order::plan::{CrewRole, Position, Window};

/// Longest text of one field, in bytes (contract 1.4).
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Decimal places and digits of a quantity.
const QUANTITY_BYTES_MAX: usize = 20;
/// Amounts beyond this are typing errors (minor units).
const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000;

/// A text that says something and fits.
pub fn text(field: &'static str, text: &str) -> Result<(), Refused> {
    let is_fit = !text.trim().is_empty() && is_printable(text);
    if is_fit { Ok(()) } else { Err(Refused::InvalidValue { field }) }
}

/// A text that may be absent but, if given, says something and fits.
pub fn optional_text(field: &'static str, value: Option<&str>) -> Result<(), Refused> {
    value.map_or(Ok(()), |value| text(field, value))
}

/// Short enough and free of control characters other than line breaks and tabs.
pub fn is_printable(text: &str) -> bool {
    text.len() <= TEXT_BYTES_MAX && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

/// A decimal number that is not negative, such as `1.5`.
pub fn quantity(text: &str) -> Result<(), Refused> {
    let is_plain = text.len() <= QUANTITY_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.parse::<rust_decimal::Decimal>().is_ok();
    if is_plain { Ok(()) } else { Err(Refused::InvalidValue { field: "quantity" }) }
}

/// A believable amount in minor units.
pub fn amount(field: &'static str, minor: Option<i64>) -> Result<(), Refused> {
    if minor.is_none_or(|minor| (0..=AMOUNT_MINOR_MAX).contains(&minor)) {
        Ok(())
    } else {
        Err(Refused::InvalidValue { field })
    }
}

/// A window that ends after it starts.
pub fn window(window: Option<Window>) -> Result<(), Refused> {
    if window.is_none_or(|window| window.start < window.end) {
        Ok(())
    } else {
        Err(Refused::InvalidValue { field: "window" })
    }
}

/// Coordinates on the earth.
pub fn position(position: Option<Position>) -> Result<(), Refused> {
    if position.is_none_or(|position| position.is_valid()) {
        Ok(())
    } else {
        Err(Refused::InvalidValue { field: "position" })
    }
}

/// A signature that names its signer, or a refusal with its reason, of a canonical snapshot.
pub fn signature(new: &NewSignature) -> Result<(), Refused> {
    text("signer_name", &new.signer_name)?;
    optional_text("document_number", new.document_number.as_deref())?;
    optional_text("signer_role", new.signer_role.as_deref())?;
    optional_text("refusal", new.refusal.as_deref())?;
    position(new.position)?;
    let invalid = |field| Err(Refused::InvalidValue { field });
    let is_sealed = |seal: &DeviceSeal| {
        seal.signature.len() == 128 && seal.signature.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    if new.snapshot.len() > TEXT_BYTES_MAX || Snapshot::parse(&new.snapshot).is_err() {
        return invalid("snapshot");
    }
    if new.refusal.is_some() && new.strokes.is_some() {
        return invalid("strokes");
    }
    if !new.seal.as_ref().is_none_or(is_sealed) {
        return invalid("seal");
    }
    Ok(())
}

/// A key of a question or an attention item, usable as a field name.
pub fn key(field: &'static str, key: &str) -> Result<(), Refused> {
    let is_fit = !key.is_empty() && key.len() <= 256 && !key.chars().any(|c| c.is_control() || c == '/');
    if is_fit { Ok(()) } else { Err(Refused::InvalidValue { field }) }
}

/// Three capital letters.
pub fn currency(code: &str) -> Result<(), Refused> {
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(Refused::InvalidValue { field: "currency" })
    }
}

/// What a new order says.
pub fn new_order(new: &NewOrder) -> Result<(), Refused> {
    window(new.window)?;
    new.currency.as_deref().map_or(Ok(()), currency)?;
    for (field, value) in [
        ("kind", &new.kind),
        ("workflow", &new.workflow),
        ("checklist", &new.checklist),
        ("reason", &new.reason),
        ("zone", &new.zone),
        ("origin", &new.origin),
    ] {
        optional_text(field, value.as_deref())?;
    }
    if new.assignees.iter().any(|assignee| assignee.role == CrewRole::Taken) {
        return Err(Refused::InvalidValue { field: "role" });
    }
    new.draft_customer.as_ref().map_or(Ok(()), |draft| text("draft_customer", &draft.name))
}
