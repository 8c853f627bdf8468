//! Who works on this device. Never holds a secret.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{Effect, Notice, Storing, SyncSession};
use crate::ids::{DeviceId, UserId};
use crate::replica::{StoreBatch, record};
use crate::workflow::Role;

/// The person who works on this device and the name the server gave the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// The person.
    pub user: UserId,
    /// What the person may do.
    pub role: Role,
}

/// The stored form.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct IdentityRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub install: [u8; 16],
    #[n(1)]
    device: DeviceId,
    #[n(2)]
    pub user: UserId,
    #[n(3)]
    role: String,
}

impl IdentityRow {
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity { device: self.device, user: self.user, role: Role::from_name(&self.role)? })
    }
}

impl SyncSession {
    /// Who works here, once signed in on this very installation.
    pub const fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Whether nothing is sent until a person signs in.
    pub const fn needs_sign_in(&self) -> bool {
        self.awaits_sign_in || self.identity.is_none()
    }

    /// A store belongs to one person for ever: what one recorded, another neither sees nor sends.
    pub(super) fn signed_in(&mut self, identity: Identity, effects: &mut Vec<Effect>) {
        if self.owner.is_some_and(|owner| owner != identity.user) {
            effects.push(Effect::Notify(Notice::AnotherPersonsStore));
            return;
        }
        let row = IdentityRow {
            install: self.setup.install,
            device: identity.device,
            user: identity.user,
            role: identity.role.as_str().to_owned(),
        };
        self.identity = Some(identity);
        self.owner = Some(identity.user);
        self.role = identity.role;
        self.hand_over = None;
        self.awaits_sign_in = false;
        self.pace.due_now(self.now);
        let mut batch = StoreBatch::default();
        batch.put(record::IDENTITY.to_vec(), record::seal_row(record::IDENTITY, &row));
        self.store(batch, Storing::default(), effects);
    }

    /// Names this installation in its present enrollment; pens of another owner are not used again.
    pub(super) fn pen_owner(&self) -> [u8; 16] {
        let mut sum = Sha256::new();
        sum.update(self.setup.install);
        if let Some(identity) = self.identity {
            sum.update(identity.device.as_bytes());
        }
        sum.finalize()[..16].try_into().expect("a hash holds 16 bytes")
    }
}
