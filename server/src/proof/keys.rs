//! The installation's keys for proofs: one signs evidence files, one makes verification links. Never leaves the server.

use aws_lc_rs::hmac;
use ed25519_dalek::{Signer as _, SigningKey};
use rand::RngExt as _;

use crate::refusal::Refusal;
use crate::store::{Store, installation};

/// Both keys, as they were made up at the first start.
pub struct ProofKeys {
    evidence: SigningKey,
    pub(super) links: hmac::Key,
}

impl ProofKeys {
    /// Reads the keys from the database, making them up on the first start.
    pub async fn open(store: &Store) -> Result<Self, Refusal> {
        let evidence = settle(store, "evidence_key").await?;
        let links = settle(store, "verification_link_key").await?;
        Ok(Self {
            evidence: SigningKey::from_bytes(&evidence),
            links: hmac::Key::new(hmac::HMAC_SHA256, &links),
        })
    }

    /// The public key and its signature of a text.
    pub fn seal(&self, text: &str) -> ([u8; 32], [u8; 64]) {
        (self.evidence.verifying_key().to_bytes(), self.evidence.sign(text.as_bytes()).to_bytes())
    }
}

async fn settle(store: &Store, name: &str) -> Result<[u8; 32], Refusal> {
    let mut offered = [0_u8; 32];
    rand::rng().fill(&mut offered);
    let mut tx = store.begin_system_write().await?;
    let settled = installation::settle(&mut tx, name, &offered).await?;
    tx.commit().await?;
    settled.try_into().map_err(|_| Refusal::internal("a stored proof key has a wrong length"))
}
