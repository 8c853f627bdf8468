//! One device's way to the server over real HTTP. Never retries: the session decides when to speak again.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use sync_core::message::{RESPONSE_BYTES_MAX, SyncRequest, SyncResponse, open, seal};
use sync_core::session::Failure;

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// What was asked and what came of it.
#[derive(Debug)]
pub struct Exchange {
    /// The question.
    pub request: SyncRequest,
    /// The status of the answer, when one began to arrive.
    pub status: Option<StatusCode>,
    /// The answer.
    pub reply: Result<SyncResponse, Failure>,
}

/// An address, an access token, and connections that are kept between requests.
#[derive(Debug, Clone)]
pub struct Link {
    url: String,
    access_token: String,
    client: reqwest::Client,
}

impl Link {
    /// Returns what requests are made with.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// Prepares a way to the server at `url`, such as `http://127.0.0.1:8080`.
    ///
    /// # Panics
    ///
    /// When no HTTP client can be made.
    #[must_use]
    pub fn new(url: &str, access_token: &str) -> Self {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .build()
            .expect("a client without special settings can be made");
        Self { url: url.to_owned(), access_token: access_token.to_owned(), client }
    }

    /// The same way with connections of its own.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self::new(&self.url, &self.access_token)
    }

    /// A way to another address with the same token.
    #[must_use]
    pub fn to(&self, url: &str) -> Self {
        Self::new(url, &self.access_token)
    }

    /// Asks once.
    pub async fn exchange(&self, request: SyncRequest) -> Exchange {
        let sent = self
            .client
            .post(format!("{}/v1/sync", self.url))
            .bearer_auth(&self.access_token)
            .header(CONTENT_TYPE, "application/cbor")
            .body(seal(&request))
            .send()
            .await;
        let Ok(response) = sent else {
            return Exchange { request, status: None, reply: Err(Failure::NoConnection) };
        };
        let status = response.status();
        let retry_after_s =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let reply = match response.bytes().await {
            Err(_) => Err(Failure::NoConnection),
            Ok(body) if status.is_success() => {
                open(&body, RESPONSE_BYTES_MAX).map_err(|_| Failure::Malformed)
            }
            Ok(_) if status == StatusCode::UNAUTHORIZED => Err(Failure::SignInAgain),
            Ok(_) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::Malformed)
            }
            Ok(_) => Err(Failure::Unavailable { retry_after_s }),
        };
        Exchange { request, status: Some(status), reply }
    }
}
