//! The server's routes a phone uses, one function each. Never keeps a token or tries twice.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use reqwest::{RequestBuilder, Response, StatusCode};
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde::Deserialize;
use serde_json::json;
use sync_core::ids::{BlobHash, DeviceId, OrganizationId, UserId};
use sync_core::upload::UploadStep;
use sync_core::workflow::Role;

use crate::error::ClientError;
use crate::seal::{SealContext, seal};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
const SYNC: &str = "/v1/sync";
const SESSION: &str = "/v1/session";
const UPLOADS: &str = "/v1/uploads";
const REFRESH: &str = "/v1/session/refresh";

/// A server and how to reach it.
#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    http: reqwest::Client,
    tls: Arc<rustls::ClientConfig>,
}

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// No connection, a timeout, or a connection that broke.
    NoConnection,
    /// The server answered with a problem.
    Problem {
        /// HTTP status.
        status: u16,
        /// The stable code; empty when somebody else answered.
        code: String,
        /// Do not come back sooner.
        retry_after_s: Option<u32>,
    },
}

/// What sign-in, enrollment and refresh give.
#[derive(Debug, Clone, Deserialize)]
pub struct Grant {
    /// Opens the server for a quarter of an hour.
    pub access_token: String,
    /// Good for one refresh.
    pub refresh_token: String,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The person.
    pub user_id: UserId,
    /// In which role.
    pub role: Role,
    /// The server, as it calls itself.
    pub server_id: String,
}

/// Where an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHas {
    /// Its path, where it was just created.
    pub location: Option<String>,
    /// How many bytes the server has.
    pub offset: u64,
}

#[derive(Deserialize)]
struct Enrolled {
    session: Grant,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProblemBody {
    code: String,
    retry_after_s: Option<u32>,
}

impl Server {
    /// A server at a base address such as `https://campo.example`.
    ///
    /// # Errors
    ///
    /// Fails when TLS cannot be set up.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let tls = tls_of_platform().map_err(|error| ClientError::Bug(error.to_string()))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(|error| ClientError::Bug(error.to_string()))?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), http, tls: Arc::new(tls) })
    }

    /// Where the live socket is.
    pub fn live_url(&self) -> String {
        format!("{}/v1/live", self.url.replacen("http", "ws", 1))
    }

    /// Whom the live socket trusts: the same as every request.
    pub fn tls(&self) -> Arc<rustls::ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// Signs a person in.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Grant, Failed> {
        let body = json!({ "email": email, "password": password }).to_string();
        json_of(self.post(SESSION).header("Content-Type", "application/json").body(body)).await
    }

    /// Makes the device known; the grant replaces the one whose token is shown.
    pub async fn enroll(
        &self,
        access_token: &str,
        device: DeviceId,
        key: &SigningKey,
        name: &str,
    ) -> Result<Grant, Failed> {
        let public_key = STANDARD.encode(key.verifying_key().to_bytes());
        let body =
            json!({ "device_id": device, "public_key": public_key, "name": name, "platform": "campo" });
        let request = self.post("/v1/devices").header("Content-Type", "application/json");
        let enrolled: Enrolled = json_of(request.bearer_auth(access_token).body(body.to_string())).await?;
        Ok(enrolled.session)
    }

    /// Exchanges a refresh token; sealed, because the session belongs to the device.
    pub async fn refresh(
        &self,
        token: &str,
        key: &SigningKey,
        context: &SealContext,
    ) -> Result<Grant, Failed> {
        let body = json!({ "refresh_token": token }).to_string();
        let headers = seal(key, context, REFRESH, body.as_bytes());
        let request = self.post(REFRESH).header("Content-Type", "application/json");
        json_of(with_headers(request, headers).body(body)).await
    }

    /// Sends a sync request.
    pub async fn sync(&self, access_token: &str, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
        bytes_of(
            self.post(SYNC).header("Content-Type", "application/cbor").bearer_auth(access_token).body(body),
        )
        .await
    }

    /// One step of an upload, as tus 1.0 describes it. A piece carries no checksum of its own: what comes before a
    /// connection breaks would not be kept then, and the whole is compared at the end.
    pub async fn upload(
        &self,
        access_token: &str,
        sha256: BlobHash,
        step: &UploadStep,
        piece: Vec<u8>,
    ) -> Result<ServerHas, Failed> {
        let request = match step {
            UploadStep::Create { size_bytes } => self
                .post(UPLOADS)
                .header("Upload-Length", *size_bytes)
                .header("Upload-Metadata", format!("sha256 {}", STANDARD.encode(sha256.to_string()))),
            UploadStep::Ask { location } => self.http.head(format!("{}{location}", self.url)),
            UploadStep::Append { location, offset, .. } => self
                .http
                .patch(format!("{}{location}", self.url))
                .header("Upload-Offset", *offset)
                .header("Content-Type", "application/offset+octet-stream")
                .body(piece),
        };
        let request = request.header("Tus-Resumable", "1.0.0").bearer_auth(access_token);
        let response = request.send().await.map_err(|_| Failed::NoConnection)?;
        let status = response.status();
        if !status.is_success() {
            return Err(problem_of(status, response).await);
        }
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let offset = header("Upload-Offset").and_then(|offset| offset.parse().ok());
        let offset = offset.ok_or_else(|| problem(status, "malformed"))?;
        // An address elsewhere is never followed with a token in hand.
        let location = header("Location").filter(|location| location.starts_with(UPLOADS)).map(str::to_owned);
        Ok(ServerHas { location, offset })
    }

    /// Leaves work with the server without a session.
    pub async fn deposit(
        &self,
        body: Vec<u8>,
        key: &SigningKey,
        context: &SealContext,
    ) -> Result<Vec<u8>, Failed> {
        let headers = seal(key, context, SYNC, &body);
        let request = self.post(SYNC).header("Content-Type", "application/cbor");
        bytes_of(with_headers(request, headers).body(body)).await
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }
}

/// Trusts what the platform trusts.
fn tls_of_platform() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    Ok(builder.with_safe_default_protocol_versions()?.with_platform_verifier()?.with_no_client_auth())
}

fn with_headers(request: RequestBuilder, headers: [(&'static str, String); 4]) -> RequestBuilder {
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

async fn json_of<T: serde::de::DeserializeOwned>(request: RequestBuilder) -> Result<T, Failed> {
    let bytes = bytes_of(request).await?;
    serde_json::from_slice(&bytes).map_err(|_| problem(StatusCode::OK, "malformed"))
}

async fn bytes_of(request: RequestBuilder) -> Result<Vec<u8>, Failed> {
    let response = request.send().await.map_err(|_| Failed::NoConnection)?;
    let status = response.status();
    if !status.is_success() {
        return Err(problem_of(status, response).await);
    }
    response.bytes().await.map(|bytes| bytes.to_vec()).map_err(|_| Failed::NoConnection)
}

async fn problem_of(status: StatusCode, response: Response) -> Failed {
    let header = response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
    let bytes = response.bytes().await.unwrap_or_default();
    let body: ProblemBody = serde_json::from_slice(&bytes).unwrap_or_default();
    Failed::Problem { status: status.as_u16(), code: body.code, retry_after_s: header.or(body.retry_after_s) }
}

fn problem(status: StatusCode, code: &str) -> Failed {
    Failed::Problem { status: status.as_u16(), code: code.to_owned(), retry_after_s: None }
}
