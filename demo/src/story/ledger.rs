//! What people recorded in the story, to be looked for at its end. Never learns of it from the server.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sync_core::ids::OrderId;

/// The areas of an order whose entries are counted.
const AREAS: [&str; 7] = ["stamps", "materials", "services", "checklist", "notes", "photos", "signatures"];

/// Every entry, by order and area.
#[derive(Debug, Default)]
pub struct Ledger(BTreeMap<(OrderId, &'static str), BTreeSet<String>>);

impl Ledger {
    /// Notes that somebody recorded an entry and was told that it is saved.
    pub fn record(&mut self, order: OrderId, area: &'static str, key: impl ToString) {
        self.0.entry((order, area)).or_default().insert(key.to_string());
    }

    /// How many entries were recorded.
    pub fn entry_count(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// What an order lacks of it, and what it holds that nobody recorded.
    pub fn differences(&self, order: OrderId, view: &Value) -> Vec<String> {
        let none = BTreeSet::new();
        let compare = |area: &'static str| {
            let expected = self.0.get(&(order, area)).unwrap_or(&none);
            let found: BTreeSet<_> =
                view[area].as_object().into_iter().flatten().map(|(key, _)| key).collect();
            let lost = expected
                .iter()
                .filter(|key| !found.contains(key))
                .map(move |key| format!("{area}/{key} is lost"));
            let extra = found.iter().filter(|key| !expected.contains(**key));
            let extra = extra.map(move |key| format!("{area}/{key} was recorded by nobody"));
            lost.chain(extra).collect::<Vec<_>>()
        };
        AREAS.into_iter().flat_map(compare).collect()
    }
}
