//! Tells a disagreement: the field, who set what when, and what was kept. Never offers a way out.

use serde_json::Value;
use sync_core::order::{Conflict, ConflictField, Side};

use super::Wording;
use super::fields::{field_label, field_value};
use super::people::Who;
use super::values::{decimal, money, when};
use super::words::{capitalised, say};

/// Tells one disagreement, earlier values first.
pub fn conflict(conflict: &Conflict, wording: &Wording<'_>) -> String {
    let sentence = match &conflict.field {
        ConflictField::RemovedLine { description, line: _ } => removed_line(conflict, description, wording),
        ConflictField::Plan { .. }
        | ConflictField::Assignee { .. }
        | ConflictField::Line { .. }
        | ConflictField::Caption { .. }
        | ConflictField::Answer { .. } => competing_values(conflict, wording),
    };
    capitalised(&sentence)
}

fn competing_values(conflict: &Conflict, wording: &Wording<'_>) -> String {
    let mut sides: Vec<_> = conflict.others.iter().chain([&conflict.kept]).collect();
    sides.sort_by_key(|side| (side.at, side.change));
    let speak_of_office = sides.iter().filter(|side| side.is_office).count() == 1;
    let who = |side: &Side| Who::author(side.by, side.is_office && speak_of_office, wording);
    let clauses: Vec<_> =
        sides.iter().map(|side| set_clause(side, &who(side), &conflict.field, wording)).collect();
    let variables = [
        ("field", field_label(&conflict.field, wording).into()),
        ("sides", clauses.join("; ").into()),
        ("kept", who(&conflict.kept).clause("kept", &[], wording).into()),
    ];
    say(wording.language, "conflict", &variables)
}

fn set_clause(side: &Side, who: &Who, field: &ConflictField, wording: &Wording<'_>) -> String {
    let when = ("when", when(side.at, wording).into());
    match field_value(field, &side.value, wording) {
        Some(value) => who.clause("set", &[("value", value.into()), when], wording),
        None => who.clause("emptied", &[when], wording),
    }
}

fn removed_line(conflict: &Conflict, description: &str, wording: &Wording<'_>) -> String {
    let who = |side: &Side| Who::author(side.by, side.is_office, wording);
    let removed = who(&conflict.kept).clause("removed", &[("description", description.into())], wording);
    let edits: Vec<_> = conflict
        .others
        .iter()
        .map(|side| {
            let value = edited_value(&side.value, wording);
            who(side).clause("set-it", &[("value", value.into())], wording)
        })
        .collect();
    let variables = [("removed", removed.into()), ("edited", edits.join("; ").into())];
    say(wording.language, "removed-line", &variables)
}

/// Quantities are text, prices are numbers.
fn edited_value(value: &Value, wording: &Wording<'_>) -> String {
    match value {
        Value::Number(price_minor) => {
            money(price_minor.as_i64().unwrap_or_default(), wording.currency, wording.language)
        }
        Value::String(quantity) => decimal(quantity, wording.language),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
