//! What the order says otherwise than the version that was signed, as data for a sentence each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One difference between a signed version and the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Difference {
    /// An entry that was not there.
    Added {
        /// `area/id`.
        entry: String,
        /// What it says, by field.
        fields: BTreeMap<String, Value>,
    },
    /// An entry that was taken back.
    Removed {
        /// `area/id`.
        entry: String,
        /// What it said, by field.
        fields: BTreeMap<String, Value>,
    },
    /// A field with another value.
    Changed {
        /// The path of the field.
        field: String,
        /// What was signed; absent where there was nothing.
        signed: Option<Value>,
        /// What the order says; absent where there is nothing.
        now: Option<Value>,
    },
}

/// Areas whose entries come and go as wholes.
const ENTRY_AREAS: [&str; 6] = ["visits", "materials", "services", "checklist", "notes", "photos"];

/// Everything that differs, entries first by path, in a stable order.
pub fn differences(signed: &BTreeMap<String, Value>, now: &BTreeMap<String, Value>) -> Vec<Difference> {
    let signed_entries = entries(signed);
    let now_entries = entries(now);
    let mut found = Vec::new();
    for entry in signed_entries.difference(&now_entries) {
        found.push(Difference::Removed { entry: entry.clone(), fields: fields_of(signed, entry) });
    }
    for entry in now_entries.difference(&signed_entries) {
        found.push(Difference::Added { entry: entry.clone(), fields: fields_of(now, entry) });
    }
    let paths: BTreeSet<_> = signed.keys().chain(now.keys()).collect();
    for path in paths {
        let in_both = entry_of(path)
            .is_none_or(|entry| signed_entries.contains(&entry) && now_entries.contains(&entry));
        if in_both && signed.get(path) != now.get(path) {
            found.push(Difference::Changed {
                field: path.clone(),
                signed: signed.get(path).cloned(),
                now: now.get(path).cloned(),
            });
        }
    }
    found
}

fn entry_of(path: &str) -> Option<String> {
    let mut keys = path.splitn(3, '/');
    let (area, id) = (keys.next()?, keys.next()?);
    ENTRY_AREAS.contains(&area).then(|| format!("{area}/{id}"))
}

fn entries(fields: &BTreeMap<String, Value>) -> BTreeSet<String> {
    fields.keys().filter_map(|path| entry_of(path)).collect()
}

fn fields_of(fields: &BTreeMap<String, Value>, entry: &str) -> BTreeMap<String, Value> {
    let prefix = format!("{entry}/");
    fields
        .iter()
        .filter_map(|(path, value)| Some((path.strip_prefix(&prefix)?.to_owned(), value.clone())))
        .collect()
}
