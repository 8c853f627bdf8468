//! Tells what changed since an order was signed. Never judges whether it matters: the table of covered fields does.

use std::collections::BTreeMap;

use serde_json::Value;
use sync_core::evidence::Difference;
use sync_core::ids::EntryId;
use sync_core::order::{ConflictField, Order};
use sync_core::time::Timestamp;

use super::Wording;
use super::fields::{field_label, field_value, named_field};
use super::people::name;
use super::values::{moment, money};
use super::words::say;

/// Changes told one by one; the rest are counted.
const TOLD_MAX: usize = 5;
/// Letters of a remark that are quoted.
const QUOTED_MAX: usize = 60;

/// The order needs a new signature, and exactly why.
pub fn needs_signature(differences: &[Difference], order: &Order, wording: &Wording<'_>) -> String {
    let mut clauses: Vec<_> =
        differences.iter().take(TOLD_MAX).map(|difference| clause(difference, order, wording)).collect();
    if differences.len() > TOLD_MAX {
        let more = differences.len() - TOLD_MAX;
        clauses.push(say(wording.language, "changed-more", &[("count", more.into())]));
    }
    say(wording.language, "needs-signature", &[("changes", clauses.join("; ").into())])
}

/// One difference as a clause.
pub fn clause(difference: &Difference, order: &Order, wording: &Wording<'_>) -> String {
    match difference {
        Difference::Added { entry, fields } => entry_clause("changed-added", entry, fields, wording),
        Difference::Removed { entry, fields } => entry_clause("changed-removed", entry, fields, wording),
        Difference::Changed { field, signed, now } => {
            let (label, signed) = labelled(field, signed.as_ref(), order, wording);
            let (_, now) = labelled(field, now.as_ref(), order, wording);
            let variables = [("label", label.into()), ("signed", signed.into()), ("now", now.into())];
            say(wording.language, "changed-value", &variables)
        }
    }
}

fn entry_clause(key: &str, entry: &str, fields: &BTreeMap<String, Value>, wording: &Wording<'_>) -> String {
    say(wording.language, key, &[("what", what(entry, fields, wording).into())])
}

/// What people call an entry: its words, or what kind of entry it is.
fn what(entry: &str, fields: &BTreeMap<String, Value>, wording: &Wording<'_>) -> String {
    let (area, id) = entry.split_once('/').unwrap_or((entry, ""));
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    let words = match area {
        "checklist" => wording.names.questions.get(id).map(String::as_str).or(Some(id)),
        "visits" => {
            let technician = text("technician").and_then(|id| id.parse().ok());
            let name = technician.map(|technician| name(technician, wording)).unwrap_or_default();
            return say(wording.language, "entry-visit", &[("name", name.into())]);
        }
        _ => text("description").or_else(|| text("text")).or_else(|| text("caption")),
    };
    match words {
        Some(words) => say(wording.language, "value-quoted", &[("text", shortened(words).into())]),
        None => say(wording.language, "entry-photo", &[]),
    }
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(QUOTED_MAX) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words.to_owned(),
    }
}

/// The name of a covered path and a value of it.
fn labelled(path: &str, value: Option<&Value>, order: &Order, wording: &Wording<'_>) -> (String, String) {
    let keys: Vec<_> = path.split('/').collect();
    let nothing = || say(wording.language, "value-nothing", &[]);
    let quoted = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        say(wording.language, "value-quoted", &[("text", shortened(&text).into())])
    };
    let field = match keys[..] {
        ["plan", name] => Some(ConflictField::Plan { name: name.to_owned() }),
        [area @ ("materials" | "services"), id, name] => line_field(area, id, name, order),
        _ => None,
    };
    if let Some(field) = field {
        let told = value.and_then(|value| field_value(&field, value, wording)).unwrap_or_else(nothing);
        return (field_label(&field, wording), told);
    }
    let amount =
        |value: &Value| money(value.as_i64().unwrap_or_default(), wording.currency, wording.language);
    let instant = |value: &Value| moment(Timestamp(value.as_i64().unwrap_or_default()), wording);
    let told = match (keys.first().copied(), keys.last().copied()) {
        (Some("totals"), _) => value.map(amount),
        (Some("visits"), Some("arrived")) => value.map(instant),
        _ => value.map(quoted),
    };
    (path_label(&keys, wording), told.unwrap_or_else(nothing))
}

fn path_label(keys: &[&str], wording: &Wording<'_>) -> String {
    match keys {
        ["checklist", question, ..] => {
            let asked = wording.names.questions.get(*question).map_or(*question, String::as_str);
            say(wording.language, "field-answer", &[("question", asked.into())])
        }
        ["plan", name, ..] => named_field(name, wording),
        _ => named_field(keys.last().copied().unwrap_or_default(), wording),
    }
}

fn line_field(area: &str, id: &str, name: &str, order: &Order) -> Option<ConflictField> {
    let line: EntryId = id.parse().ok()?;
    let lines = if area == "materials" { &order.materials } else { &order.services };
    let description = lines.get(&line)?.description.clone();
    Some(ConflictField::Line { line, description, name: name.to_owned() })
}
