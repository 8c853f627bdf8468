//! The token of a link that leaves the server: names, and a code that only this installation makes. Never says what they name.
//!
//! The names and 16 bytes of an HMAC-SHA256, in base64url. It is the same each time, and nothing has to be stored for it.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ProofKeys;

const CODE_LENGTH: usize = 16;

/// What the code is made of besides the names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bond<'a> {
    /// Keeps links of one kind apart from those of others.
    pub purpose: &'a [u8],
    /// What the token does not show; another one ends it.
    pub secret: &'a [u8],
}

/// A token that was read, and may be anybody's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkToken<const NAMES: usize> {
    pub names: [u8; NAMES],
    code: [u8; CODE_LENGTH],
}

impl<const NAMES: usize> LinkToken<NAMES> {
    pub fn make(names: [u8; NAMES], keys: &ProofKeys, bond: Bond<'_>) -> String {
        URL_SAFE_NO_PAD.encode([&names[..], &code(&names, keys, bond)].concat())
    }

    /// Reads a text of the right length; `None` for every other one.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (names, code) = bytes.split_at_checked(NAMES)?;
        Some(Self { names: names.try_into().ok()?, code: code.try_into().ok()? })
    }

    /// Whether this installation made it, with the same bond.
    pub fn is_ours(&self, keys: &ProofKeys, bond: Bond<'_>) -> bool {
        constant_time::verify_slices_are_equal(&self.code, &code(&self.names, keys, bond)).is_ok()
    }
}

fn code(names: &[u8], keys: &ProofKeys, bond: Bond<'_>) -> [u8; CODE_LENGTH] {
    let whole = hmac::sign(&keys.links, &[bond.purpose, names, bond.secret].concat());
    let mut code = [0; CODE_LENGTH];
    code.copy_from_slice(&whole.as_ref()[..CODE_LENGTH]);
    code
}
