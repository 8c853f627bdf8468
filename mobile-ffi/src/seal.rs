//! Seals: requests signed with the device's key, as docs/device-signature.md describes. Never shows the key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use sync_core::ids::{DeviceId, OrganizationId};

/// What a seal names besides the request itself.
#[derive(Debug, Clone)]
pub struct SealContext {
    /// The device.
    pub device: DeviceId,
    /// The server, as it calls itself.
    pub server_id: String,
    /// The organization.
    pub organization: OrganizationId,
}

/// The headers that seal a `POST` of `body` to `path`.
pub fn seal(key: &SigningKey, context: &SealContext, path: &str, body: &[u8]) -> [(&'static str, String); 4] {
    let nonce = hex(&rand::random::<[u8; 16]>());
    let timestamp_ms = crate::clock::wall().0;
    let text = canonical_text(context, path, body, &nonce, timestamp_ms);
    let signature = STANDARD.encode(key.sign(text.as_bytes()).to_bytes());
    [
        ("Campo-Device", context.device.to_string()),
        ("Campo-Nonce", nonce),
        ("Campo-Timestamp", timestamp_ms.to_string()),
        ("Campo-Signature", signature),
    ]
}

fn canonical_text(context: &SealContext, path: &str, body: &[u8], nonce: &str, timestamp_ms: i64) -> String {
    let body_hash = hex(&Sha256::digest(body));
    let SealContext { server_id, organization, .. } = context;
    format!("campo-v1\nPOST\n{path}\n{server_id}\n{organization}\n{body_hash}\n{nonce}\n{timestamp_ms}\n")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_documented_one() {
        let context = SealContext {
            device: DeviceId::from_bytes([2; 16]),
            server_id: "here".to_owned(),
            organization: OrganizationId::from_bytes([1; 16]),
        };

        let text = canonical_text(&context, "/v1/sync?x=1", b"abc", "0123456789abcdef", 1_700_000_000_000);

        assert_eq!(
            text,
            "campo-v1\nPOST\n/v1/sync?x=1\nhere\n01010101-0101-0101-0101-010101010101\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n0123456789abcdef\n1700000000000\n"
        );
    }
}
