//! Tells other programs what happened, by the Standard Webhooks convention (standardwebhooks.com). Never anything but ids.
//!
//! Each webhook has a queue of its own that one job at a time empties, so a slow receiver delays nobody else's.

pub mod deliver;
mod deliveries;
mod inner_address;
pub mod receivers;
mod rotate_secret;
mod save_webhook;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::clock::random_bytes;
use crate::events::EventKind;
use crate::store::webhooks::WebhookRow;

pub(crate) use deliveries::queue_event;
pub use deliveries::{DeliveryPage, list_deliveries, resend, send_test};
pub use inner_address::is_inner;
pub use receivers::{Lookup, Receivers};
pub use rotate_secret::rotate_secret;
pub use save_webhook::{create_webhook, delete_webhook, get_webhook, list_webhooks, update_webhook};

/// What an admin says about a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookFields {
    /// Where to; `https` only, unless the operator of the server allows the host.
    pub url: String,
    #[serde(default)]
    pub description: String,
    /// What it is told; empty for everything.
    #[serde(default)]
    pub event_types: Vec<EventKind>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A webhook as admins see it, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Webhook {
    #[schemars(with = "String")]
    pub id: RecordId,
    pub version: i64,
    #[serde(flatten)]
    pub fields: WebhookFields,
    /// `person`, `gone` (its receiver answered 410) or `failing` (no attempt of the schedule succeeded).
    pub disabled_because: Option<String>,
    /// Until when the secret before signs as well.
    #[schemars(with = "Option<i64>")]
    pub old_secret_until: Option<Timestamp>,
    #[schemars(with = "i64")]
    pub created_at: Timestamp,
    #[schemars(with = "i64")]
    pub updated_at: Timestamp,
}

/// A webhook with its secret, which is shown when it is made and never again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    pub webhook: Webhook,
    /// `whsec_…`
    pub secret: String,
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        let WebhookRow {
            id,
            url,
            description,
            event_types,
            enabled,
            disabled_because,
            secret: _,
            old_secret,
            old_secret_until,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            version,
            fields: WebhookFields { url, description, event_types, enabled },
            disabled_because: Some(disabled_because).filter(|because| !because.is_empty()),
            old_secret_until: Some(old_secret_until).filter(|_| !old_secret.is_empty()),
            created_at,
            updated_at,
        }
    }
}

/// A secret nobody else has.
fn fresh_secret() -> String {
    const BYTES: usize = 32;
    format!("whsec_{}", STANDARD.encode(random_bytes::<BYTES>()))
}
