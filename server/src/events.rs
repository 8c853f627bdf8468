//! What happened, told once to everybody who listens. Never sends anything: a job does, committed with its cause.
//!
//! An operation announces events in the transaction that makes them true. Where nobody of the organization listens for
//! an event, nothing is written.

mod kind;
pub mod listening;
pub mod of_order;
pub mod spread;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{DeviceId, OrderId, OrganizationId, RecordId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Effect;

use crate::jobs::{self, Job};
use crate::store::job_rows::LeasedJobRow;
use crate::store::sessions::FamilyId;
use crate::store::{StoreError, Tx};
pub use kind::EventKind;
use listening::Listening;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub kind: EventKind,
    /// Names what made it happen: the same cause is the same event, whoever brings it and how often.
    pub cause: String,
    /// What it is about: `order_id` and such. All that webhooks are told.
    pub ids: BTreeMap<String, String>,
    /// What sentences about it need besides.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
    /// What the workflow wants done about it.
    #[serde(default)]
    pub effects: Vec<Effect>,
    pub at: Timestamp,
}

impl Event {
    pub fn new(kind: EventKind, cause: impl Into<String>, at: Timestamp) -> Self {
        let (ids, facts) = (BTreeMap::new(), BTreeMap::new());
        Self { kind, cause: cause.into(), ids, facts, effects: Vec::new(), at }
    }

    /// The same event, about this as well.
    pub fn about(mut self, name: &str, id: impl ToString) -> Self {
        self.ids.insert(name.to_owned(), id.to_string());
        self
    }

    /// The same event with something a sentence needs.
    pub fn saying(mut self, name: &str, fact: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), fact.into());
        self
    }

    pub fn order(&self) -> Option<OrderId> {
        self.ids.get("order_id")?.parse().ok()
    }

    pub fn user(&self) -> Option<UserId> {
        self.ids.get("user_id")?.parse().ok()
    }

    /// The customer's record was made or changed.
    pub fn customer_written(customer: RecordId, version: i64, at: Timestamp) -> Self {
        let kind = if version == 1 { EventKind::CustomerCreated } else { EventKind::CustomerUpdated };
        Self::new(kind, format!("{customer}:{version}"), at).about("customer_id", customer)
    }

    /// A person signed in on a device that was not known.
    pub fn new_device(user: UserId, device: DeviceId, name: &str, at: Timestamp) -> Self {
        let event = Self::new(EventKind::SignInNewDevice, device.to_string(), at);
        event.about("user_id", user).about("device_id", device).saying("device", name)
    }

    /// A refresh token of the past was used, and its session ended: somebody may have copied it.
    pub fn token_reused(user: UserId, session: FamilyId, device: &str, at: Timestamp) -> Self {
        let session: String = session.iter().map(|byte| format!("{byte:02x}")).collect();
        let event = Self::new(EventKind::SessionTokenReused, session, at);
        event.about("user_id", user).saying("device", device)
    }

    /// A record runs out; `stage` names the warning (such as `30 days before 2027-01-31`), so that each comes once.
    pub fn record_expiring(record: RecordId, name: &str, date: &str, stage: &str, at: Timestamp) -> Self {
        let event = Self::new(EventKind::RecordExpiring, format!("{record}:{stage}"), at);
        event.about("record_id", record).saying("record", name).saying("date", date)
    }

    /// A job was given up.
    pub fn job_given_up(job: &LeasedJobRow, at: Timestamp) -> Self {
        let id: String = job.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let event = Self::new(EventKind::JobGivenUp, format!("{id}:{}", job.fence), at);
        event.about("job_id", id).saying("kind", job.kind.as_str())
    }

    /// A webhook was turned off because of its receiver.
    pub fn webhook_disabled(webhook: RecordId, url: &str, at: Timestamp) -> Self {
        let event = Self::new(EventKind::WebhookDisabled, format!("{webhook}:{}", at.0), at);
        event.about("webhook_id", webhook).saying("url", url)
    }

    /// The name of the event at every receiver: the same for the same cause.
    pub fn message_id(&self, organization: OrganizationId) -> String {
        let mut hash = Sha256::new();
        hash.update(organization.as_bytes());
        hash.update(self.kind.as_str().as_bytes());
        hash.update([0]);
        hash.update(self.cause.as_bytes());
        let digits: String = hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("msg_{digits}")
    }
}

/// Announces events in the transaction of their cause; whoever of the organization listens is told afterwards.
///
/// Comes before feeds are advanced, like the audit.
pub async fn announce(tx: &mut Tx, events: Vec<Event>) -> Result<(), StoreError> {
    let listening = Listening::load(tx).await?;
    announce_to(tx, &listening, events).await
}

/// Announces events to those of whom the caller knows.
pub(crate) async fn announce_to(
    tx: &mut Tx,
    listening: &Listening,
    events: Vec<Event>,
) -> Result<(), StoreError> {
    let organization = tx.organization();
    let wanted: Vec<_> = events.into_iter().filter(|event| listening.wants(event)).collect();
    let Some(at) = wanted.first().map(|event| event.at) else { return Ok(()) };
    let job = |event: Event| {
        let cause = format!("{} {}", event.kind.as_str(), event.cause);
        (Job::SpreadEvent { organization, event: Box::new(event) }, cause)
    };
    jobs::enqueue_all(tx, &wanted.into_iter().map(job).collect::<Vec<_>>(), at).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_name_for_one_cause_and_another_in_another_organization() {
        let (one, other) = (OrganizationId::from_bytes([1; 16]), OrganizationId::from_bytes([2; 16]));
        let event = |cause: &str| Event::new(EventKind::OrderCreated, cause, Timestamp(5));

        assert_eq!(event("a").message_id(one), event("a").message_id(one));
        assert_ne!(event("a").message_id(one), event("b").message_id(one));
        assert_ne!(event("a").message_id(one), event("a").message_id(other));
    }
}
