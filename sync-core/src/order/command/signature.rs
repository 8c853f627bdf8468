//! Turns what was signed on a screen into the record the order keeps.

use super::{CommandContext, DeviceSeal, NewSignature};
use crate::evidence::Snapshot;
use crate::order::entry::Signature;
use crate::tax_id::TaxId;

impl NewSignature {
    /// The record as the order will hold it; what a device seals before it gives the command.
    pub fn record(&self, context: &CommandContext<'_>) -> Signature {
        let seal = self.seal.as_ref();
        Signature {
            purpose: self.purpose,
            index: self.index,
            signer_name: self.signer_name.clone(),
            document_kind: self.document_kind,
            document_number: self.stored_document_number(),
            signer_role: self.signer_role.clone(),
            strokes: self.strokes,
            snapshot: self.snapshot.clone(),
            snapshot_sha256: Snapshot::hash(&self.snapshot),
            heads: self.heads.clone(),
            refusal: self.refusal.clone(),
            by: context.user,
            at: self.at.unwrap_or(context.at),
            position: self.position,
            device: seal.map(|seal| seal.device),
            seal: seal.map(|seal| seal.signature.clone()).filter(|seal| !seal.is_empty()),
        }
    }

    /// A number whose check digits fail is kept as it was written: it warns, it never keeps anybody from signing.
    fn stored_document_number(&self) -> Option<String> {
        let written = self.document_number.as_deref()?;
        let parsed = self.document_kind.and_then(|kind| TaxId::parse(kind, written).ok());
        Some(parsed.map_or_else(|| written.trim().to_owned(), |number| number.text))
    }

    /// The same with the seal of a device, of the record that [`Self::record`] made.
    #[must_use]
    pub fn sealed(self, seal: DeviceSeal) -> Self {
        Self { seal: Some(seal), ..self }
    }
}
