//! What is to be done, for whom, where and when: the fields of `plan`. Never what was done.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::ids::{RecordId, UserId};
use crate::time::Timestamp;

/// How soon an order matters (product O-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Priority {
    /// The usual.
    #[default]
    Normal,
    /// Before the usual.
    High,
    /// At once.
    Urgent,
}

impl Priority {
    /// The word used in documents, JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

/// Where the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Place {
    /// At the customer's site.
    #[default]
    OnSite,
    /// In the company's own shop.
    InShop,
    /// Without anybody going anywhere.
    Remote,
}

impl Place {
    /// The word used in documents, JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnSite => "on_site",
            Self::InShop => "in_shop",
            Self::Remote => "remote",
        }
    }
}

/// A technician's part in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CrewRole {
    /// Responsible for the visit.
    Lead,
    /// Works along.
    Helper,
    /// Took the order from the shared pool, and is responsible for the visit.
    Taken,
    /// May take it from the shared pool; not of the crew yet.
    Offered,
}

impl CrewRole {
    /// The word used in documents, JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Helper => "helper",
            Self::Taken => "taken",
            Self::Offered => "offered",
        }
    }

    /// Reads the stored word; an empty one means no longer assigned.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "lead" => Some(Self::Lead),
            "helper" => Some(Self::Helper),
            "taken" => Some(Self::Taken),
            "offered" => Some(Self::Offered),
            _ => None,
        }
    }
}

/// The time in which a technician is to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Window {
    /// Not before.
    pub start: Timestamp,
    /// Not after; later than `start`.
    pub end: Timestamp,
}

/// A point on the earth in 10⁻⁷ degrees, as GPS receivers report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// North positive, −900 000 000 to 900 000 000.
    pub latitude_e7: i64,
    /// East positive, −1 800 000 000 to 1 800 000 000.
    pub longitude_e7: i64,
    /// Radius within which the receiver believes to be, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// The phone said that another app invents positions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_mock: bool,
}

impl Position {
    /// Whether the coordinates lie on the earth.
    pub const fn is_valid(&self) -> bool {
        self.latitude_e7.unsigned_abs() <= 900_000_000 && self.longitude_e7.unsigned_abs() <= 1_800_000_000
    }

    /// Great-circle distance in metres (haversine), rounded.
    #[expect(clippy::cast_precision_loss, reason = "coordinates on the earth fit an f64 exactly")]
    #[expect(clippy::cast_possible_truncation, reason = "a distance on the earth is below 2 x 10^7 m")]
    pub fn distance_m(&self, other: &Self) -> i64 {
        use geo::{Distance, Haversine, Point};
        let point = |position: &Self| {
            Point::new(position.longitude_e7 as f64 / 1e7, position.latitude_e7 as f64 / 1e7)
        };
        Haversine.distance(point(self), point(other)).round() as i64
    }
}

/// A customer who is not yet in the office's records, written down in the field (product T-15).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DraftCustomer {
    /// Name of the person or company.
    pub name: String,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Tax id as it was dictated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// Address in one text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The plan of an order. Every field is written and merged on its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// The number the server gave; absent until it did.
    pub number: Option<String>,
    /// The kind of order, as the organization calls it.
    pub kind: Option<String>,
    /// The workflow and its version, such as `field-service@1`.
    pub workflow: Option<String>,
    /// The checklist template and its version, such as `chiller@3`; without one nothing is asked.
    pub checklist: Option<String>,
    /// How soon it matters.
    pub priority: Priority,
    /// Why the customer asked.
    pub reason: Option<String>,
    /// The customer.
    pub customer: Option<RecordId>,
    /// The person at the customer's.
    pub contact: Option<RecordId>,
    /// Where.
    pub site: Option<RecordId>,
    /// A customer not yet in the records.
    #[serde(with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub draft_customer: Option<DraftCustomer>,
    /// On site, in the shop or remote.
    pub place: Place,
    /// When somebody is to arrive.
    #[serde(with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub window: Option<Window>,
    /// Until when the work is promised.
    pub promised: Option<Timestamp>,
    /// How long the work is expected to take.
    pub duration_minutes: Option<u32>,
    /// Currency of all amounts, ISO 4217.
    pub currency: Option<String>,
    /// Time zone in which wall-clock times are meant, IANA name.
    pub zone: Option<String>,
    /// How the order came in: `call`, `field`, `import`, …
    pub origin: Option<String>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// When, as estimated.
    pub created_at: Option<Timestamp>,
    /// Equipment the order is about.
    #[serde(skip)]
    pub equipment: BTreeSet<RecordId>,
}
