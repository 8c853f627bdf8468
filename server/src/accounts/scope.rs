//! What an API token may be allowed to do: to read or to write one area. Never more than its organization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($(#[$doc:meta])* $scope:ident = $name:literal),* $(,)?) => {
        /// One thing an API token may do. Writing does not include reading.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Scope {
            $($(#[$doc])* #[serde(rename = $name)] $scope),*
        }

        impl Scope {
            pub const ALL: &[Self] = &[$(Self::$scope),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$scope => $name),* }
            }
        }
    };
}

scopes! {
    /// Orders, their history, photos and documents.
    OrdersRead = "orders:read",
    OrdersWrite = "orders:write",
    /// Customers, contacts, sites and equipment.
    CustomersRead = "customers:read",
    CustomersWrite = "customers:write",
    /// Prescriptions and their scans.
    HealthRead = "health:read",
    HealthWrite = "health:write",
    /// Articles and services with their prices.
    CatalogueRead = "catalogue:read",
    CatalogueWrite = "catalogue:write",
    /// Users, teams and devices.
    PeopleRead = "people:read",
    PeopleWrite = "people:write",
    /// The organization's profile, templates, order kinds, workflows and checklists.
    SettingsRead = "settings:read",
    SettingsWrite = "settings:write",
    /// Webhooks, feeds, imports and exports.
    IntegrationsRead = "integrations:read",
    IntegrationsWrite = "integrations:write",
    /// Uploads of photos and files.
    FilesWrite = "files:write",
}

impl Scope {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }
}
