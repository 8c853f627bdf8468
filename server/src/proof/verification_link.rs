//! The token in the QR code of a document: names an order and a signature, and nobody else can make one.
//!
//! Organization, order and signature (16 bytes each) and 16 bytes of their HMAC-SHA256, in base64url. It is the same each
//! time, so that the same document has the same bytes, and nothing has to be stored for it.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sync_core::ids::{EntryId, OrderId, OrganizationId};

use super::ProofKeys;

const NAMES_LENGTH: usize = 48;
const CODE_LENGTH: usize = 16;
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
        let names = self.names();
        let code = hmac::sign(&keys.links, &names);
        URL_SAFE_NO_PAD.encode([&names[..], &code.as_ref()[..CODE_LENGTH]].concat())
    }

    /// Reads a token that this installation made; `None` for every other text.
    pub fn from_token(token: &str, keys: &ProofKeys) -> Option<Self> {
        let bytes =
            URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == NAMES_LENGTH + CODE_LENGTH)?;
        let (names, code) = bytes.split_at(NAMES_LENGTH);
        let expected = hmac::sign(&keys.links, names);
        constant_time::verify_slices_are_equal(code, &expected.as_ref()[..CODE_LENGTH]).ok()?;
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
