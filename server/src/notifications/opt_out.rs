//! The link in every mail to a customer by which its reader asks for no more. Anybody who has it may use it, nobody make it.
//!
//! It names the organization (16 bytes) and the hash of the address (32).

use sync_core::ids::OrganizationId;

use crate::app::App;
use crate::proof::{Bond, LinkToken, ProofKeys};
use crate::refusal::Refusal;
use crate::store::{messages, organizations};

const NAMES_LENGTH: usize = 48;
const BOND: Bond<'_> = Bond { purpose: b"mail opt-out", secret: b"" };

/// Whose mail to whom a link is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptOutLink {
    pub organization: OrganizationId,
    pub address_hash: [u8; 32],
}

impl OptOutLink {
    /// The token of this link.
    pub fn to_token(&self, keys: &ProofKeys) -> String {
        let mut names = [0; NAMES_LENGTH];
        names[..16].copy_from_slice(self.organization.as_bytes());
        names[16..].copy_from_slice(&self.address_hash);
        LinkToken::make(names, keys, BOND)
    }

    /// Reads a token that this installation made; `None` for every other text.
    pub fn from_token(token: &str, keys: &ProofKeys) -> Option<Self> {
        let token = LinkToken::<NAMES_LENGTH>::read(token).filter(|token| token.is_ours(keys, BOND))?;
        let names = &token.names;
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
