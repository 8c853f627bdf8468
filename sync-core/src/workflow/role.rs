//! Who takes a step. Never says what a role may do: workflows and rules do.

use serde::{Deserialize, Serialize};

/// In which function somebody acts on an order. Stored in status events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Role {
    /// Runs the organization.
    Admin,
    /// Plans and decides in the office.
    Dispatcher,
    /// Works in the field or the shop.
    Technician,
    /// Reads only.
    Viewer,
    /// Asked for the work.
    Customer,
    /// Campo itself, settling what rules demand.
    System,
}

impl Role {
    /// Every role, in the order screens list them.
    pub const ALL: [Self; 6] =
        [Self::Admin, Self::Dispatcher, Self::Technician, Self::Viewer, Self::Customer, Self::System];

    /// The role as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Dispatcher => "dispatcher",
            Self::Technician => "technician",
            Self::Viewer => "viewer",
            Self::Customer => "customer",
            Self::System => "system",
        }
    }

    /// Reads a stored role; `None` for one this version does not know.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}
