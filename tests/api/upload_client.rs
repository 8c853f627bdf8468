//! Speaks tus to a node as a phone would, and makes content to upload. Never asserts.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::support::TestNode;

pub const OFFSET_STREAM: &str = "application/offset+octet-stream";

/// An answer about an upload.
#[derive(Debug, PartialEq)]
pub struct UploadAnswer {
    pub status: u16,
    pub offset: Option<u64>,
    pub location: Option<String>,
    pub has_expiry: bool,
    pub version: Option<String>,
    pub body: Value,
}

impl UploadAnswer {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn path(&self) -> &str {
        self.location.as_deref().expect("an upload was created")
    }
}

/// Bytes that begin like a photo, different for each number.
pub fn photo_like(size_bytes: usize, number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    });
    [0xff, 0xd8, 0xff, 0xd9].into_iter().chain(noise).take(size_bytes).collect()
}

pub fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The metadata of an upload of these bytes.
pub fn metadata(bytes: &[u8]) -> String {
    let mediatype = STANDARD.encode("image/jpeg");
    format!("sha256 {},mediatype {mediatype}", STANDARD.encode(hex_sha256(bytes)))
}

/// The header that a request with these bytes may carry.
pub fn checksum(bytes: &[u8]) -> String {
    format!("sha256 {}", STANDARD.encode(Sha256::digest(bytes)))
}

/// Every file a node keeps of blobs.
pub fn files_in(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

impl TestNode {
    pub fn tus(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(token).header("tus-resumable", "1.0.0")
    }

    pub async fn ask(&self, request: RequestBuilder) -> UploadAnswer {
        let response = request.send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, location) = (response.status(), header("location"));
        let offset = header("upload-offset").map(|offset| offset.parse().unwrap());
        let (has_expiry, version) = (header("upload-expires").is_some(), header("tus-resumable"));
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        UploadAnswer { status: status.as_u16(), offset, location, has_expiry, version, body }
    }

    /// Announces these bytes.
    pub async fn begin_upload(&self, token: &str, bytes: &[u8]) -> UploadAnswer {
        let request = self.tus(Method::POST, "/v1/uploads", token);
        let request = request.header("upload-length", bytes.len());
        self.ask(request.header("upload-metadata", metadata(bytes))).await
    }

    pub async fn look_at_upload(&self, token: &str, path: &str) -> UploadAnswer {
        self.ask(self.tus(Method::HEAD, path, token)).await
    }

    pub fn append(&self, token: &str, path: &str, offset: u64) -> RequestBuilder {
        let request = self.tus(Method::PATCH, path, token);
        request.header("content-type", OFFSET_STREAM).header("upload-offset", offset)
    }

    pub async fn send_piece(&self, token: &str, path: &str, offset: u64, piece: &[u8]) -> UploadAnswer {
        self.ask(self.append(token, path, offset).body(piece.to_vec())).await
    }

    /// Announces and sends everything at once.
    pub async fn upload(&self, token: &str, bytes: &[u8]) -> UploadAnswer {
        let begun = self.begin_upload(token, bytes).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
        if begun.offset == Some(bytes.len() as u64) {
            return begun;
        }
        self.send_piece(token, begun.path(), 0, bytes).await
    }
}
