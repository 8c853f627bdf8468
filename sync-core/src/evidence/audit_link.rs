//! One link of an organization's audit chain and its hash. A stored format.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{BlobHash, DeviceId, UserId};
use crate::time::Timestamp;

/// Who did what, when, and what came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLink {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who; nobody for what the server did by itself.
    pub user: Option<UserId>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// What was done: `order.change`.
    pub action: String,
    /// To what: an identifier.
    pub subject: String,
    /// JSON text.
    pub details: String,
    /// Hash of the link before.
    pub previous_hash: BlobHash,
    /// Hash of this link.
    pub hash: BlobHash,
}

impl AuditLink {
    /// What the hash has to be: SHA-256 over every field with its length, so that no two links give the same bytes.
    pub fn computed_hash(&self) -> BlobHash {
        let mut hasher = Sha256::new();
        hasher.update(self.previous_hash.as_bytes());
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at.0.to_be_bytes());
        let user = self.user.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let device = self.device.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let texts = [self.action.as_bytes(), self.subject.as_bytes(), self.details.as_bytes()];
        for field in [&user[..], &device].into_iter().chain(texts) {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        BlobHash::from_bytes(hasher.finalize().into())
    }
}
