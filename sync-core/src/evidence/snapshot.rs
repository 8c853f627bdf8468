//! The canonical snapshot: what was on the screen when somebody signed, as one text with one spelling. A stored format.
//!
//! JSON without white space, the fields in the order of [`Snapshot`], the covered paths sorted by their bytes, every value
//! a text, a whole number or a statement. `evidence/tests.rs` holds the committed bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::covered::is_covered;
use crate::ids::{BlobHash, OrderId};
use crate::order::Order;

/// What a signer saw of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of this format and of the table of covered fields.
    pub campo_snapshot: u32,
    /// The order.
    pub order: OrderId,
    /// Language of the terms, such as `pt-BR`.
    pub locale: String,
    /// The terms that were shown.
    pub terms: String,
    /// Every covered field by its path, such as `materials/<id>/quantity`.
    pub covered: BTreeMap<String, Value>,
}

/// A text is not a snapshot as this software writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Not the JSON of a snapshot.
    #[error("not a snapshot")]
    Unreadable,
    /// The same content has another spelling.
    #[error("not in the canonical form")]
    NotCanonical,
}

impl Snapshot {
    /// The version this software writes.
    pub const VERSION: u32 = 1;

    /// What an order says at this moment.
    pub fn of(order: &Order, id: OrderId, locale: &str, terms: &str) -> Self {
        Self {
            campo_snapshot: Self::VERSION,
            order: id,
            locale: locale.to_owned(),
            terms: terms.to_owned(),
            covered: covered_fields(order),
        }
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("texts, numbers and statements have a JSON form")
    }

    /// Reads a canonical text.
    ///
    /// # Errors
    ///
    /// `NotCanonical` when the text says the same in another spelling, whose hash would be another one.
    pub fn parse(text: &str) -> Result<Self, SnapshotError> {
        let snapshot: Self = serde_json::from_str(text).map_err(|_| SnapshotError::Unreadable)?;
        let is_plain = |value: &Value| value.is_string() || value.is_boolean() || value.as_i64().is_some();
        if snapshot.covered.values().all(is_plain) && snapshot.to_text() == text {
            Ok(snapshot)
        } else {
            Err(SnapshotError::NotCanonical)
        }
    }

    /// The name of a snapshot: SHA-256 of its text.
    pub fn hash(text: &str) -> BlobHash {
        BlobHash::of(text.as_bytes())
    }
}

/// The covered fields of an order by path.
pub(super) fn covered_fields(order: &Order) -> BTreeMap<String, Value> {
    let mut fields = Fields::default();
    fields.entry("plan", None, &order.plan);
    for equipment in &order.plan.equipment {
        fields.put("plan", "equipment", format!("plan/equipment/{equipment}"), &Value::Bool(true));
    }
    for (id, visit) in &order.visits {
        let Some(arrived) = visit.arrived else { continue };
        fields.put(
            "visits",
            "technician",
            format!("visits/{id}/technician"),
            &Value::from(visit.technician.to_string()),
        );
        fields.put("visits", "arrived", format!("visits/{id}/arrived"), &Value::from(arrived.estimated.0));
    }
    let lines = [("materials", &order.materials), ("services", &order.services)];
    for (area, entries) in lines {
        for (id, line) in entries.iter().filter(|(_, line)| line.is_active()) {
            fields.entry(area, Some(&id.to_string()), line);
        }
    }
    for (question, answer) in &order.checklist {
        fields.entry("checklist", Some(question), answer);
    }
    for (id, note) in order.notes.iter().filter(|(_, note)| note.removed.is_none() && !note.is_internal) {
        fields.entry("notes", Some(&id.to_string()), note);
    }
    for (id, photo) in order.photos.iter().filter(|(_, photo)| photo.removed.is_none()) {
        fields.entry("photos", Some(&id.to_string()), photo);
    }
    let total = order.total_minor().filter(|_| lines.iter().any(|(_, entries)| has_price(entries)));
    if let Some(total_minor) = total {
        fields.put("totals", "total_minor", "totals/total_minor".to_owned(), &Value::from(total_minor));
    }
    fields.0
}

fn has_price(lines: &BTreeMap<crate::ids::EntryId, crate::order::entry::Line>) -> bool {
    lines.values().any(|line| line.is_active() && line.price_minor.is_some())
}

#[derive(Default)]
struct Fields(BTreeMap<String, Value>);

impl Fields {
    /// The covered fields of one entry, in the form in which the document stores them.
    fn entry(&mut self, area: &str, id: Option<&str>, entry: &impl Serialize) {
        let value = serde_json::to_value(entry).expect("entries have a JSON form");
        let Value::Object(fields) = value else { return };
        for (field, value) in fields {
            let path = id.map_or_else(|| format!("{area}/{field}"), |id| format!("{area}/{id}/{field}"));
            self.put(area, &field, path, &value);
        }
    }

    fn put(&mut self, area: &str, field: &str, path: String, value: &Value) {
        if is_covered(area, field) {
            self.flatten(path, value);
        }
    }

    /// Values of several parts become several paths; what is absent has none.
    fn flatten(&mut self, path: String, value: &Value) {
        match value {
            Value::Null => {}
            Value::Object(parts) => {
                for (name, part) in parts {
                    self.flatten(format!("{path}/{name}"), part);
                }
            }
            Value::Array(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    self.flatten(format!("{path}/{index}"), part);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.0.insert(path, value.clone());
            }
        }
    }
}
