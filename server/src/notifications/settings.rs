//! The organization's matrix: which event reaches whom by which way, and when customers are left in peace.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::workflow::Effect;

use crate::events::{Event, EventKind};
use crate::refusal::{FieldProblem, Refusal};

const RULES_MAX: usize = 200;
const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The customer of the order.
    Customer,
    /// The technicians assigned to the order.
    Technicians,
    /// Everybody who dispatches.
    Dispatchers,
    /// Everybody who administers.
    Admins,
    /// The person it is about.
    Person,
}

/// By which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Inbox,
}

/// One line of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub event: EventKind,
    pub audience: Audience,
    pub channels: BTreeSet<Channel>,
}

/// When customers are left in peace, on the clock of the organization; past midnight where it begins after it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// Minutes after midnight.
    pub from_minutes: u16,
    /// Minutes after midnight.
    pub until_minutes: u16,
}

/// Who is told what, as an organization decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationSettings {
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// Whether the mail about finished work carries the order as a PDF.
    #[serde(default = "yes")]
    pub attach_document: bool,
}

const fn yes() -> bool {
    true
}

/// What organizations begin with.
const DEFAULTS: &[(EventKind, Audience, &[Channel])] = &[
    (EventKind::OrderAssigned, Audience::Person, &[Channel::Inbox]),
    (EventKind::OrderOffered, Audience::Person, &[Channel::Inbox]),
    (EventKind::OrderScheduled, Audience::Customer, &[Channel::Email]),
    (EventKind::OrderScheduled, Audience::Technicians, &[Channel::Inbox]),
    (EventKind::OrderStatusChanged, Audience::Customer, &[Channel::Email]),
    (EventKind::OrderStatusChanged, Audience::Dispatchers, &[Channel::Inbox]),
    (EventKind::OrderCancelled, Audience::Customer, &[Channel::Email]),
    (EventKind::OrderCancelled, Audience::Technicians, &[Channel::Inbox]),
    (EventKind::OrderAttentionRaised, Audience::Dispatchers, &[Channel::Inbox]),
    (EventKind::OrderRatingAsked, Audience::Customer, &[Channel::Email]),
    (EventKind::SignInNewDevice, Audience::Person, &[Channel::Email, Channel::Inbox]),
    (EventKind::SessionTokenReused, Audience::Person, &[Channel::Email, Channel::Inbox]),
    (EventKind::SessionTokenReused, Audience::Admins, &[Channel::Inbox]),
    (EventKind::RecordExpiring, Audience::Dispatchers, &[Channel::Inbox]),
    (EventKind::JobGivenUp, Audience::Admins, &[Channel::Inbox]),
    (EventKind::WebhookDisabled, Audience::Admins, &[Channel::Email, Channel::Inbox]),
];

impl Default for NotificationSettings {
    fn default() -> Self {
        let rule = |(event, audience, channels): &(EventKind, Audience, &[Channel])| Rule {
            event: *event,
            audience: *audience,
            channels: channels.iter().copied().collect(),
        };
        Self { rules: DEFAULTS.iter().map(rule).collect(), quiet_hours: None, attach_document: true }
    }
}

impl NotificationSettings {
    /// Nobody is told anything.
    pub const fn silent() -> Self {
        Self { rules: Vec::new(), quiet_hours: None, attach_document: true }
    }

    /// Reads the stored form; what no longer can be read, and an empty text, are what organizations begin with.
    pub fn read(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_default()
    }

    pub fn is_silent(&self) -> bool {
        self.rules.iter().all(|rule| rule.channels.is_empty())
    }

    /// The lines that an event sets in motion.
    pub fn rules_for<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(|rule| {
            rule.event == event.kind && !rule.channels.is_empty() && is_meant(rule.audience, event)
        })
    }

    /// Says which field cannot be.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut seen = BTreeSet::new();
        let repeats = self.rules.iter().any(|rule| !seen.insert((rule.event, rule.audience)));
        if repeats || self.rules.len() > RULES_MAX {
            return Err(Refusal::invalid("rules", FieldProblem::Range));
        }
        let to_customer = |rule: &Rule| rule.audience == Audience::Customer;
        let is_impossible = |rule: &Rule| {
            to_customer(rule) && (!rule.event.concerns_customer() || rule.channels.contains(&Channel::Inbox))
        };
        if self.rules.iter().any(is_impossible) {
            return Err(Refusal::invalid("rules", FieldProblem::Unknown));
        }
        let is_time = |minutes: u16| minutes < MINUTES_OF_A_DAY;
        match self.quiet_hours {
            Some(quiet) if !is_time(quiet.from_minutes) || !is_time(quiet.until_minutes) => {
                Err(Refusal::invalid("quiet_hours", FieldProblem::Range))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Of steps in the workflow, customer and office hear where the workflow says so.
fn is_meant(audience: Audience, event: &Event) -> bool {
    if event.kind != EventKind::OrderStatusChanged {
        return true;
    }
    match audience {
        Audience::Customer => event.effects.contains(&Effect::TellCustomer),
        Audience::Dispatchers | Audience::Admins => event.effects.contains(&Effect::TellOffice),
        Audience::Technicians | Audience::Person => true,
    }
}

#[cfg(test)]
mod tests {
    use sync_core::time::Timestamp;

    use super::*;

    #[test]
    fn what_organizations_begin_with_is_allowed_and_reads_back() {
        let settings = NotificationSettings::default();

        settings.check().unwrap();
        let stored = serde_json::to_string(&settings).unwrap();
        assert_eq!(NotificationSettings::read(&stored), settings);
        assert_eq!(NotificationSettings::read(""), settings);
    }

    #[test]
    fn of_a_step_the_customer_hears_only_where_the_workflow_says_so() {
        let settings = NotificationSettings::default();
        let mut event = Event::new(EventKind::OrderStatusChanged, "a", Timestamp(0));
        assert_eq!(settings.rules_for(&event).count(), 0);

        event.effects = vec![Effect::TellCustomer];

        let told: Vec<_> = settings.rules_for(&event).map(|rule| rule.audience).collect();
        assert_eq!(told, [Audience::Customer]);
    }

    #[test]
    fn customers_have_no_inbox_and_hear_nothing_about_jobs() {
        let rule = |event, channel| NotificationSettings {
            rules: vec![Rule { event, audience: Audience::Customer, channels: [channel].into() }],
            ..NotificationSettings::silent()
        };

        assert!(rule(EventKind::OrderSigned, Channel::Email).check().is_ok());
        assert!(rule(EventKind::OrderSigned, Channel::Inbox).check().is_err());
        assert!(rule(EventKind::JobGivenUp, Channel::Email).check().is_err());
    }
}
