//! The link in every mail to a customer by which its reader asks for no more. Anybody who has it may use it, nobody make it.
//!
//! The organization, the hash of the address, and 16 bytes of their HMAC-SHA256, in base64url; nothing is stored for it.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sync_core::ids::OrganizationId;

use crate::app::App;
use crate::proof::ProofKeys;
use crate::refusal::Refusal;
use crate::store::{messages, organizations};

const NAMES_LENGTH: usize = 48;
const CODE_LENGTH: usize = 16;
/// Keeps these links apart from others that the same key makes.
const PURPOSE: &[u8] = b"mail opt-out";

/// Whose mail to whom a link is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptOutLink {
    pub organization: OrganizationId,
    pub address_hash: [u8; 32],
}

impl OptOutLink {
    /// The token of this link.
    pub fn to_token(&self, keys: &ProofKeys) -> String {
        let names = [&self.organization.as_bytes()[..], &self.address_hash].concat();
        let code = hmac::sign(&keys.links, &[PURPOSE, &names].concat());
        URL_SAFE_NO_PAD.encode([&names[..], &code.as_ref()[..CODE_LENGTH]].concat())
    }

    /// Reads a token that this installation made; `None` for every other text.
    pub fn from_token(token: &str, keys: &ProofKeys) -> Option<Self> {
        let bytes =
            URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == NAMES_LENGTH + CODE_LENGTH)?;
        let (names, code) = bytes.split_at(NAMES_LENGTH);
        let expected = hmac::sign(&keys.links, &[PURPOSE, names].concat());
        constant_time::verify_slices_are_equal(code, &expected.as_ref()[..CODE_LENGTH]).ok()?;
        Some(Self {
            organization: OrganizationId::from_slice(&names[..16])?,
            address_hash: names[16..].try_into().ok()?,
        })
    }
}

/// What the organization of a link is called.
pub async fn company_of(app: &App, link: OptOutLink) -> Result<String, Refusal> {
    let mut tx = app.store.begin_read(link.organization).await?;
    Ok(organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?.name)
}

/// From here on the address gets no more mail about orders. Asking twice changes nothing.
pub async fn opt_out(app: &App, link: OptOutLink) -> Result<(), Refusal> {
    let mut tx = app.store.begin_write(link.organization).await?;
    messages::opt_out(&mut tx, &link.address_hash, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
