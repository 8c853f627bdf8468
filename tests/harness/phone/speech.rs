//! What a phone in a process of its own is told at its start, is asked, and says. Never a secret worth keeping.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sync_core::ids::{ChangeHash, DeviceId, OrderId, UserId};
use sync_core::order::OrderCommand;
use sync_core::session::Identity;
use sync_core::workflow::Role;

/// How a phone is started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhoneSettings {
    /// Its SQLite file.
    pub store: PathBuf,
    /// Its device; also names the installation.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// What that person may do.
    pub role: Role,
    /// Opens the server's door.
    pub access_token: String,
    /// The server; without one the phone is offline.
    pub url: Option<String>,
    /// Where the process dies, as [`super::DieAt`] writes it.
    pub die_at: Option<String>,
}

impl PhoneSettings {
    /// The person and the device.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        Identity { device: self.device, user: self.user, role: self.role }
    }
}

/// What a phone is asked, one JSON object a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Perform a command.
    Do(OrderId, Box<OrderCommand>),
    /// Speak to the server.
    Sync,
}

/// What a phone says, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// It is open, with so many unsent changes.
    Opened {
        /// How many.
        unsent: usize,
    },
    /// A command is stored for good.
    Stored {
        /// The change it made, if it changed anything.
        change: Option<ChangeHash>,
    },
    /// A command was not performed.
    Refused {
        /// Why.
        code: String,
    },
    /// It spoke to the server.
    Synced {
        /// Whether every exchange went well.
        is_complete: bool,
        /// How many changes are still unsent.
        unsent: usize,
    },
}
