//! The token in the QR code of a document: names an order and a signature, and nobody else can make one.
//!
//! It names organization, order and signature (16 bytes each). It is the same each time, so that the same document has the
//! same bytes.

use sync_core::ids::{EntryId, OrderId, OrganizationId};

use super::{Bond, LinkToken, ProofKeys};

const NAMES_LENGTH: usize = 48;
/// The signature of a link to an order that nobody had signed.
const UNSIGNED: EntryId = EntryId::from_bytes([0; 16]);

/// What a document's QR code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationLink {
    /// The company.
    pub organization: OrganizationId,
    /// The order.
    pub order: OrderId,
    /// The signature on the document, if it shows one.
    pub signature: Option<EntryId>,
}

impl VerificationLink {
    /// The token of this link.
    pub fn to_token(&self, keys: &ProofKeys) -> String {
        LinkToken::make(self.names(), keys, Bond::default())
    }

    /// Reads a token that this installation made; `None` for every other text.
    pub fn from_token(token: &str, keys: &ProofKeys) -> Option<Self> {
        let token =
            LinkToken::<NAMES_LENGTH>::read(token).filter(|token| token.is_ours(keys, Bond::default()))?;
        let names = &token.names;
        Some(Self {
            organization: OrganizationId::from_slice(&names[..16])?,
            order: OrderId::from_slice(&names[16..32])?,
            signature: EntryId::from_slice(&names[32..]).filter(|signature| *signature != UNSIGNED),
        })
    }

    fn names(&self) -> [u8; NAMES_LENGTH] {
        let mut names = [0; NAMES_LENGTH];
        names[..16].copy_from_slice(self.organization.as_bytes());
        names[16..32].copy_from_slice(self.order.as_bytes());
        names[32..].copy_from_slice(self.signature.unwrap_or(UNSIGNED).as_bytes());
        names
    }
}
