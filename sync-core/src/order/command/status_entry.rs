//! How a status event is stored: scalar fields under `status/<id>`. A stored format.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, UserId};
use crate::order::json_text;
use crate::order::status::StatusEvent;
use crate::time::TimeClaim;
use crate::workflow::{Role, StateKey};

/// The stored form of a status event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEntry {
    /// Where the author saw the order.
    pub from: StateKey,
    /// Where the author took it.
    pub to: StateKey,
    /// The newest events the author knew.
    #[serde(with = "json_text")]
    pub after: Vec<EntryId>,
    /// Who.
    pub by: UserId,
    /// In which role.
    pub role: Role,
    /// When.
    #[serde(with = "json_text")]
    pub at: TimeClaim,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The events of an order from their stored form.
pub fn events(entries: BTreeMap<EntryId, StatusEntry>) -> BTreeMap<EntryId, StatusEvent> {
    entries.into_iter().map(|(id, entry)| (id, event(id, entry))).collect()
}

fn event(id: EntryId, entry: StatusEntry) -> StatusEvent {
    let StatusEntry { from, to, after, by, role, at, reason } = entry;
    StatusEvent { id, from, to, after, by, role, at, reason }
}
