//! What a phone shows to be signed, and the record its device seals. Never signs: the key is the shell's.

use super::SyncSession;
use crate::evidence::{Snapshot, seal_text};
use crate::ids::{DeviceId, OrderId};
use crate::order::command::{DeviceSeal, NewSignature};
use crate::order::{CommandContext, Order};
use crate::replica::{ReadFailed, StoreRead};
use crate::time::{ClockReading, TimeClaim};

/// An order as it stands on the screen of somebody who is about to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// The canonical text of what is covered, with the terms and their language.
    pub snapshot: String,
    /// The heads of the order as shown, hexadecimal, separated by spaces.
    pub heads: String,
}

/// A signature that only lacks the device's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    signature: NewSignature,
    /// What the device's Ed25519 key has to sign.
    pub text: String,
}

impl Unsealed {
    /// The signature with the seal: 64 bytes of Ed25519 over [`Self::text`].
    #[must_use]
    pub fn sealed_with(self, device: DeviceId, seal: &[u8; 64]) -> NewSignature {
        let signature = seal.iter().map(|byte| format!("{byte:02x}")).collect();
        self.signature.sealed(DeviceSeal { device, signature })
    }
}

impl SyncSession {
    /// What is to be signed of an order; `None` when it is not on this device.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn to_sign(
        &mut self,
        order: OrderId,
        language: &str,
        terms: &str,
        store: &dyn StoreRead,
    ) -> Result<Option<ToSign>, ReadFailed> {
        let Some(document) = self.document(order, store)? else { return Ok(None) };
        let (read, _) = Order::read(&document, &self.workflows);
        let heads: Vec<_> = document.heads().iter().map(ToString::to_string).collect();
        let snapshot = Snapshot::of(&read, order, language, terms).to_text();
        Ok(Some(ToSign { snapshot, heads: heads.join(" ") }))
    }

    /// Fixes the moment of a signature and gives the text that binds all of it; `None` when nobody has signed in.
    pub fn unsealed(
        &self,
        order: OrderId,
        signature: NewSignature,
        device: DeviceId,
        reading: ClockReading,
    ) -> Option<Unsealed> {
        let at = TimeClaim::estimate(reading, self.anchor);
        let seal = Some(DeviceSeal { device, signature: String::new() });
        let signature = NewSignature { at: Some(at), seal, ..signature };
        let context =
            CommandContext { user: self.owner?, role: self.role, at, site: None, workflows: &self.workflows };
        let text = seal_text(order, signature.signature, &signature.record(&context));
        Some(Unsealed { signature, text })
    }
}
