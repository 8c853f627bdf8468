//! What the fields of an order are called, and how their values read. Never shows a stored form.

use serde::de::DeserializeOwned;
use serde_json::Value;
use sync_core::ids::RecordId;
use sync_core::order::entry::{Answer, AnswerValue};
use sync_core::order::plan::DraftCustomer;
use sync_core::order::{ConflictField, CrewRole, Window};
use sync_core::time::Timestamp;

use super::Wording;
use super::people::name;
use super::values::{decimal, duration, moment, money, window};
use super::words::{find, say};

/// The name of a field, with the line, person or question it belongs to.
pub fn field_label(field: &ConflictField, wording: &Wording<'_>) -> String {
    let language = wording.language;
    match field {
        ConflictField::Plan { name } => named_field(name, wording),
        ConflictField::Assignee { technician } => {
            say(language, "field-assignee", &[("name", name(*technician, wording).into())])
        }
        ConflictField::Line { name, description, line: _ } => {
            let label = named_field(name, wording).into();
            say(language, "field-of-line", &[("label", label), ("description", description.as_str().into())])
        }
        ConflictField::RemovedLine { description, line: _ } => description.clone(),
        ConflictField::Caption { photo: _ } => named_field("caption", wording),
        ConflictField::Answer { question } => {
            let asked = wording.names.questions.get(question).unwrap_or(question);
            say(language, "field-answer", &[("question", asked.as_str().into())])
        }
    }
}

/// The label of a field by its stored name; a name this version does not know is shown as it is.
pub fn named_field(name: &str, wording: &Wording<'_>) -> String {
    find(wording.language, &format!("field-{name}"), &[])
        .unwrap_or_else(|| say(wording.language, "field-other", &[("name", name.into())]))
}

/// A value as the reader writes it; `None` for an emptied field.
pub fn field_value(field: &ConflictField, value: &Value, wording: &Wording<'_>) -> Option<String> {
    if value.is_null() || value.as_str() == Some("") && !matches!(field, ConflictField::Assignee { .. }) {
        return None;
    }
    let known = match field {
        ConflictField::Plan { name } => plan_value(name, value, wording),
        ConflictField::Assignee { .. } => crew_value(value, wording),
        ConflictField::Line { name, .. } => line_value(name, value, wording),
        ConflictField::Answer { .. } => {
            composite::<Answer>(value).map(|answer| answer_value(&answer.value, wording))
        }
        ConflictField::RemovedLine { .. } | ConflictField::Caption { .. } => None,
    };
    Some(known.unwrap_or_else(|| quoted(&plain(value), wording)))
}

fn plan_value(name: &str, value: &Value, wording: &Wording<'_>) -> Option<String> {
    match name {
        "window" => composite::<Window>(value).map(|value| window(value, wording)),
        "promised" => value.as_i64().map(|at| moment(Timestamp(at), wording)),
        "duration_minutes" => value.as_i64().map(|minutes| duration(minutes, wording)),
        "priority" | "place" => find(wording.language, &format!("{name}-{}", value.as_str()?), &[]),
        "customer" | "contact" | "site" => record_name(value, wording),
        "draft_customer" => composite::<DraftCustomer>(value).map(|draft| quoted(&draft.name, wording)),
        _ => None,
    }
}

fn record_name(value: &Value, wording: &Wording<'_>) -> Option<String> {
    let id: RecordId = value.as_str()?.parse().ok()?;
    let known = wording.names.records.get(&id).cloned();
    Some(known.unwrap_or_else(|| say(wording.language, "name-unknown-record", &[])))
}

fn crew_value(value: &Value, wording: &Wording<'_>) -> Option<String> {
    let key = match CrewRole::parse(value.as_str()?) {
        Some(CrewRole::Lead) => "crew-lead",
        Some(CrewRole::Helper) => "crew-helper",
        Some(CrewRole::Taken) => "crew-taken",
        Some(CrewRole::Offered) => "crew-offered",
        None => "crew-none",
    };
    Some(say(wording.language, key, &[]))
}

fn line_value(name: &str, value: &Value, wording: &Wording<'_>) -> Option<String> {
    match name {
        "quantity" => value.as_str().map(|quantity| decimal(quantity, wording.language)),
        "source" => find(wording.language, &format!("source-{}", value.as_str()?), &[]),
        "price_minor" => value.as_i64().map(|price| money(price, wording.currency, wording.language)),
        _ => None,
    }
}

fn answer_value(answer: &AnswerValue, wording: &Wording<'_>) -> String {
    match answer {
        AnswerValue::Yes => say(wording.language, "answer-yes", &[]),
        AnswerValue::No => say(wording.language, "answer-no", &[]),
        AnswerValue::NotApplicable => say(wording.language, "answer-not_applicable", &[]),
        AnswerValue::Number { value, unit } => {
            let number = decimal(value, wording.language);
            unit.as_ref().map_or(number.clone(), |unit| format!("{number} {unit}"))
        }
        AnswerValue::Choice { value } | AnswerValue::Text { value } => quoted(value, wording),
        AnswerValue::Photo { .. } => say(wording.language, "answer-photo", &[]),
        AnswerValue::Signature { .. } => say(wording.language, "answer-signature", &[]),
    }
}

fn quoted(text: &str, wording: &Wording<'_>) -> String {
    say(wording.language, "value-quoted", &[("text", text.into())])
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Reads a value that the document keeps as JSON text.
fn composite<T: DeserializeOwned>(value: &Value) -> Option<T> {
    match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            serde_json::from_value(value.clone()).ok()
        }
    }
}
