//! What a phone in a process of its own is told at its start, is asked, and says. Never a secret worth keeping.

use std::path::{Path, PathBuf};

use mobile_ffi::ClientConfig;
use serde::{Deserialize, Serialize};
use sync_core::ids::{BlobHash, ChangeHash, OrderId};
use sync_core::order::OrderCommand;

/// An address at which nobody listens.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// How a phone is started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhoneSettings {
    /// Where it keeps everything.
    pub directory: PathBuf,
    /// Its server.
    pub url: String,
}

impl PhoneSettings {
    /// A phone that is far from any network.
    #[must_use]
    pub fn offline(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), url: NOWHERE.to_owned() }
    }

    /// The client of such a phone.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        ClientConfig {
            directory: self.directory.join("data"),
            keys_directory: self.directory.join("keys"),
            server_url: self.url.clone(),
            app_version: "test".to_owned(),
            device_name: "test phone".to_owned(),
            sends_only_when_asked: false,
        }
    }
}

/// What a phone is asked, one JSON object a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Sign a person in and fetch what there is.
    SignIn {
        /// Who.
        email: String,
        /// The proof.
        password: String,
    },
    /// Perform a command.
    Do(OrderId, Box<OrderCommand>),
    /// Speak to the server at once.
    Sync,
    /// Say when it has spoken to the server by itself, or could not.
    Settle,
    /// Keep the bytes of a file for good.
    Keep(PathBuf),
    /// Send what was kept until nothing is left or there is no way to.
    SendBlobs,
    /// Say how much of what was kept is on the server.
    CountBlobs,
    /// Listen to the server until an order is on the phone.
    AwaitOrder(OrderId),
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
    /// Something was not done.
    Failed {
        /// Why.
        error: String,
    },
    /// It spoke to the server.
    Synced {
        /// Whether the server has heard everything.
        is_complete: bool,
        /// How many changes are still unsent.
        unsent: usize,
    },
    /// Bytes are kept for good.
    Kept {
        /// Their name.
        sha256: BlobHash,
    },
    /// How many blobs are on the phone alone.
    Blobs {
        /// How many.
        unsent: usize,
    },
    /// The order it was to await is there.
    OrderIsHere,
}
