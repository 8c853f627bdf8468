//! Builds status events for tests. Never asserts anything.

use std::collections::BTreeMap;

use crate::ids::{EntryId, UserId};
use crate::order::status::StatusEvent;
use crate::time::{TimeClaim, Timestamp};
use crate::workflow::{Role, StateKey, Workflow};

pub type Events = BTreeMap<EntryId, StatusEvent>;

pub fn field_service() -> &'static Workflow {
    Workflow::builtin("field-service@1").unwrap()
}

/// The id of event number `n`; ids sort like their numbers.
pub fn id(n: u32) -> EntryId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    EntryId::from_bytes(bytes)
}

pub fn event(n: u32, role: Role, to: &str, after: &[u32]) -> StatusEvent {
    StatusEvent {
        id: id(n),
        from: StateKey::from(""),
        to: to.into(),
        after: after.iter().map(|n| id(*n)).collect(),
        by: UserId::from_bytes([role as u8; 16]),
        role,
        at: TimeClaim::by_server(Timestamp(i64::from(n))),
        reason: None,
    }
}

/// Reads one event a line: `number role to after-numbers | reason`, the reason being optional.
pub fn events(lines: &str) -> Events {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(line_event).map(|event| (event.id, event)).collect()
}

fn line_event(line: &str) -> StatusEvent {
    let (line, reason) =
        line.split_once('|').map_or((line, None), |(line, reason)| (line, Some(reason.trim())));
    let mut words = line.split_whitespace();
    let n = words.next().unwrap().parse().unwrap();
    let role = match words.next().unwrap() {
        "office" => Role::Dispatcher,
        "tech" => Role::Technician,
        name => Role::from_name(name).unwrap(),
    };
    let to = words.next().unwrap();
    let after: Vec<u32> = words.map(|word| word.parse().unwrap()).collect();
    StatusEvent { reason: reason.map(str::to_owned), ..event(n, role, to, &after) }
}
