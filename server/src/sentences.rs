//! Says what happened to an order in one sentence a person reads. Never decides anything and never reads a clock.
//!
//! The words are in `locales/<language>/orders.ftl`; the matters come as data from `sync_core::order`.

mod attention;
mod conflict;
mod fields;
mod people;
mod photos;
mod refusal;
mod signed;
mod steps;
mod suggestion;
mod values;
mod words;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::{RecordId, UserId};
use sync_core::order::{Order, Workflows};
use sync_core::time::Timestamp;

pub use attention::attention;
pub use conflict::conflict;
pub use photos::photos_on_their_way;
pub use refusal::{held, refused, rejected};
pub use signed::clause as change_since_signing;
pub use steps::history_step;
pub use suggestion::suggestion;
pub use values::{moment_in, window};
pub use words::{find, say};

use crate::messages::Language;

/// What people and records are called; what is missing is told without a name.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Users by id.
    pub people: BTreeMap<UserId, String>,
    /// Customers, contacts and sites by id.
    pub records: BTreeMap<RecordId, String>,
    /// Questions of checklists by key.
    pub questions: BTreeMap<String, String>,
    /// When the access of a user ended.
    pub access_ended: BTreeMap<UserId, Timestamp>,
}

/// To whom a sentence is told, and how that person reads times and amounts.
#[derive(Debug, Clone)]
pub struct Wording<'a> {
    /// The language.
    pub language: Language,
    /// The organization's time zone.
    pub zone: TimeZone,
    /// ISO 4217, of orders that name none.
    pub currency: &'a str,
    /// The moment of reading; a date is said only for other days.
    pub now: Timestamp,
    /// Who is called "you".
    pub reader: Option<UserId>,
    /// What people and records are called.
    pub names: &'a Names,
}

/// The zone of an IANA name; UTC where there is none.
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// Everything there is to say about one order, in the order in which the order lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderSentences {
    /// One for each of `Order::attention`.
    pub attention: Vec<String>,
    /// One for each of `Order::conflicts`.
    pub conflicts: Vec<String>,
    /// One for each step of `Order::status.history`.
    pub history: Vec<String>,
    /// How many photos have not arrived; nothing when all are here, or nobody looked.
    pub photos: Option<String>,
}

/// Tells the open matters and the history of an order.
pub fn of(order: &Order, workflows: &Workflows, wording: &Wording<'_>) -> OrderSentences {
    let workflow = workflows.of(&order.plan);
    let currency = order.plan.currency.as_deref().unwrap_or(wording.currency);
    let wording = &Wording { currency, ..wording.clone() };
    OrderSentences {
        attention: order.attention.iter().map(|item| attention(item, order, workflow, wording)).collect(),
        conflicts: order.conflicts.iter().map(|item| conflict(item, wording)).collect(),
        history: order.status.history.iter().map(|step| history_step(step, workflow, wording)).collect(),
        photos: None,
    }
}

#[cfg(test)]
mod tests;
