//! Seals: a request signed by the key of the device that sends it. Described in docs/device-signature.md, byte by byte.
//! Never proves when: the time in it is the device's claim.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use sync_core::ids::{DeviceId, OrganizationId};

/// The parts of a request that its seal covers.
#[derive(Debug, Clone, Copy)]
pub struct SealedRequest<'a> {
    /// Upper case: `POST`.
    pub method: &'a str,
    /// Path and query as sent: `/v1/session/refresh`.
    pub path: &'a str,
    pub server_id: &'a str,
    pub organization: OrganizationId,
    pub body: &'a [u8],
}

/// What the headers of a sealed request carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    pub device: DeviceId,
    /// 16 to 64 characters chosen anew for every request.
    pub nonce: String,
    /// Milliseconds since the epoch by the device's wall clock.
    pub timestamp_ms: i64,
    pub signature: [u8; 64],
}

/// The text a device signs: eight lines, each ended by a line feed.
pub fn canonical_text(request: &SealedRequest<'_>, nonce: &str, timestamp_ms: i64) -> String {
    let body_hash = Sha256::digest(request.body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!(
        "campo-v1\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
        request.method, request.path, request.server_id, request.organization, body_hash, nonce, timestamp_ms
    )
}

/// Whether the seal is this key's signature of this very request.
pub fn is_sealed_by(public_key: &[u8; 32], request: &SealedRequest<'_>, seal: &Seal) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(public_key) else { return false };
    let text = canonical_text(request, &seal.nonce, seal.timestamp_ms);
    key.verify_strict(text.as_bytes(), &Signature::from_bytes(&seal.signature)).is_ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);

    fn request(body: &[u8]) -> SealedRequest<'_> {
        SealedRequest {
            method: "POST",
            path: "/v1/sync?x=1",
            server_id: "here",
            organization: ORGANIZATION,
            body,
        }
    }

    #[test]
    fn the_text_is_the_documented_one() {
        assert_eq!(
            canonical_text(&request(b"abc"), "0123456789abcdef", 1_700_000_000_000),
            "campo-v1\nPOST\n/v1/sync?x=1\nhere\n01010101-0101-0101-0101-010101010101\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n0123456789abcdef\n1700000000000\n"
        );
    }

    // covers: F22
    #[test]
    fn a_seal_fits_no_other_server_organization_path_or_body() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let nonce = "0123456789abcdef".to_owned();
        let text = canonical_text(&request(b"abc"), &nonce, 5);
        let signature = key.sign(text.as_bytes()).to_bytes();
        let seal = Seal { device: DeviceId::from_bytes([2; 16]), nonce, timestamp_ms: 5, signature };
        let public_key = key.verifying_key().to_bytes();

        assert!(is_sealed_by(&public_key, &request(b"abc"), &seal));
        assert!(!is_sealed_by(&public_key, &request(b"abd"), &seal));
        assert!(!is_sealed_by(&public_key, &SealedRequest { server_id: "there", ..request(b"abc") }, &seal));
        assert!(!is_sealed_by(&public_key, &SealedRequest { path: "/v1/sync", ..request(b"abc") }, &seal));
        assert!(!is_sealed_by(&public_key, &SealedRequest { method: "PUT", ..request(b"abc") }, &seal));
        let other = OrganizationId::from_bytes([3; 16]);
        assert!(!is_sealed_by(&public_key, &SealedRequest { organization: other, ..request(b"abc") }, &seal));
        assert!(!is_sealed_by(&public_key, &request(b"abc"), &Seal { timestamp_ms: 6, ..seal.clone() }));
        assert!(!is_sealed_by(&[9; 32], &request(b"abc"), &seal));
    }
}
