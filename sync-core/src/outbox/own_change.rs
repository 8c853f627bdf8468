//! One change made here and what it takes to make it again. A stored format; never sent as it is.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::document::Change;
use crate::ids::{ActorId, UserId};
use crate::order::Position;
use crate::time::TimeClaim;
use crate::workflow::Role;

/// Why a change was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person gave the command.
    Person,
    /// The server could not take the change in its first form, so its command was applied again.
    Repeated,
    /// The phone was restored from a backup, or its storage copied to another phone.
    Restored,
}

/// The command behind a change and the circumstances in which it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Authored {
    /// The command as JSON; kept as text so that an older app does not lose what it cannot read.
    pub command: String,
    /// Who gave it.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// When, as claimed and as estimated then.
    pub at: TimeClaim,
    /// Position of the order's site, where known then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Position>,
    /// Why it was written.
    pub origin: Origin,
    /// How many times the change was written again after a guard refused its form.
    #[serde(default)]
    pub repeats: u32,
}

/// A change made here, as kept until it is safe on the server.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnChange {
    /// The change.
    pub change: Change,
    /// The pen it was written with.
    pub actor: ActorId,
    /// The command that made it; `None` when only the bytes could be saved from a damaged row.
    pub authored: Option<Authored>,
    /// Somebody else's change, passed on under the voucher of this number.
    pub voucher: Option<u64>,
}

/// How an [`OwnChange`] is written down.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(crate) struct OwnChangeRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    bytes: Vec<u8>,
    #[n(1)]
    actor: ActorId,
    #[n(2)]
    authored: Option<String>,
    #[n(3)]
    hash: crate::ids::ChangeHash,
    #[n(4)]
    voucher: Option<u64>,
}

impl From<&OwnChange> for OwnChangeRow {
    fn from(own: &OwnChange) -> Self {
        let to_text = |authored| serde_json::to_string(authored).expect("plain data has a JSON form");
        Self {
            bytes: own.change.bytes.clone(),
            actor: own.actor,
            authored: own.authored.as_ref().map(to_text),
            hash: own.change.hash,
            voucher: own.voucher,
        }
    }
}

impl From<OwnChangeRow> for OwnChange {
    fn from(row: OwnChangeRow) -> Self {
        let authored = row.authored.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            change: Change { hash: row.hash, bytes: row.bytes },
            actor: row.actor,
            authored,
            voucher: row.voucher,
        }
    }
}
