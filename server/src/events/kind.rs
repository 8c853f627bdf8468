//! The vocabulary of events: the words webhooks, settings and the inbox share. Never changes a word once it is used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum EventKind {
    #[serde(rename = "order.created")]
    OrderCreated,
    #[serde(rename = "order.assigned")]
    OrderAssigned,
    #[serde(rename = "order.offered")]
    OrderOffered,
    #[serde(rename = "order.scheduled")]
    OrderScheduled,
    #[serde(rename = "order.status_changed")]
    OrderStatusChanged,
    #[serde(rename = "order.cancelled")]
    OrderCancelled,
    #[serde(rename = "order.signed")]
    OrderSigned,
    #[serde(rename = "order.attention_raised")]
    OrderAttentionRaised,
    #[serde(rename = "order.rating_asked")]
    OrderRatingAsked,
    #[serde(rename = "visit.travel_started")]
    VisitTravelStarted,
    #[serde(rename = "visit.checked_in")]
    VisitCheckedIn,
    #[serde(rename = "visit.checked_out")]
    VisitCheckedOut,
    #[serde(rename = "customer.created")]
    CustomerCreated,
    #[serde(rename = "customer.updated")]
    CustomerUpdated,
    #[serde(rename = "sign_in.new_device")]
    SignInNewDevice,
    #[serde(rename = "session.token_reused")]
    SessionTokenReused,
    #[serde(rename = "record.expiring")]
    RecordExpiring,
    #[serde(rename = "job.given_up")]
    JobGivenUp,
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled,
}

impl EventKind {
    pub const ALL: [Self; 19] = [
        Self::OrderCreated,
        Self::OrderAssigned,
        Self::OrderOffered,
        Self::OrderScheduled,
        Self::OrderStatusChanged,
        Self::OrderCancelled,
        Self::OrderSigned,
        Self::OrderAttentionRaised,
        Self::OrderRatingAsked,
        Self::VisitTravelStarted,
        Self::VisitCheckedIn,
        Self::VisitCheckedOut,
        Self::CustomerCreated,
        Self::CustomerUpdated,
        Self::SignInNewDevice,
        Self::SessionTokenReused,
        Self::RecordExpiring,
        Self::JobGivenUp,
        Self::WebhookDisabled,
    ];

    /// The word on the wire and in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderCreated => "order.created",
            Self::OrderAssigned => "order.assigned",
            Self::OrderOffered => "order.offered",
            Self::OrderScheduled => "order.scheduled",
            Self::OrderStatusChanged => "order.status_changed",
            Self::OrderCancelled => "order.cancelled",
            Self::OrderSigned => "order.signed",
            Self::OrderAttentionRaised => "order.attention_raised",
            Self::OrderRatingAsked => "order.rating_asked",
            Self::VisitTravelStarted => "visit.travel_started",
            Self::VisitCheckedIn => "visit.checked_in",
            Self::VisitCheckedOut => "visit.checked_out",
            Self::CustomerCreated => "customer.created",
            Self::CustomerUpdated => "customer.updated",
            Self::SignInNewDevice => "sign_in.new_device",
            Self::SessionTokenReused => "session.token_reused",
            Self::RecordExpiring => "record.expiring",
            Self::JobGivenUp => "job.given_up",
            Self::WebhookDisabled => "webhook.disabled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether it is about the order itself and its customer may hear of it.
    pub const fn concerns_customer(self) -> bool {
        match self {
            Self::OrderCreated
            | Self::OrderScheduled
            | Self::OrderStatusChanged
            | Self::OrderCancelled
            | Self::OrderSigned
            | Self::OrderRatingAsked
            | Self::VisitTravelStarted
            | Self::VisitCheckedIn
            | Self::VisitCheckedOut => true,
            Self::OrderAssigned
            | Self::OrderOffered
            | Self::OrderAttentionRaised
            | Self::CustomerCreated
            | Self::CustomerUpdated
            | Self::SignInNewDevice
            | Self::SessionTokenReused
            | Self::RecordExpiring
            | Self::JobGivenUp
            | Self::WebhookDisabled => false,
        }
    }

    /// Whether webhooks hear of it; what is about webhooks and jobs themselves goes to people only.
    pub const fn is_for_webhooks(self) -> bool {
        !matches!(self, Self::JobGivenUp | Self::WebhookDisabled | Self::OrderRatingAsked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reads_back_and_is_the_one_in_json() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
