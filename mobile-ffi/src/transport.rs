//! Carries requests to the server with tokens that are good. Never decides when to speak.

use ed25519_dalek::SigningKey;
use sync_core::ids::BlobHash;
use sync_core::message::{Outcome, RESPONSE_BYTES_MAX, SyncResponse, open, seal};
use sync_core::session::{Event, Failure, Outgoing};
use sync_core::time::Timestamp;
use sync_core::upload::UploadStep;
use tokio::sync::Mutex;

use crate::error::ClientError;
use crate::keys::{DeviceKey, KeptSession, Keys};
use crate::seal::SealContext;
use crate::server::{Failed, Grant, Server, ServerHas};

/// The way to the server for one person on one device.
pub struct Transport {
    server: Server,
    keys: Keys,
    session: Mutex<SignedIn>,
}

/// A session and the device it belongs to.
pub struct SignedIn {
    /// What is kept of the session.
    pub kept: KeptSession,
    /// The device.
    pub device: DeviceKey,
    /// Opens the server, once it was asked for.
    pub access_token: Option<String>,
}

/// What a request led to: one event that answers it, and sometimes one that has to be known before.
pub struct Outcomes {
    /// Is told first, so that nothing is sent in between that it makes vain.
    pub first: Option<Event>,
    /// Answers the request.
    pub answer: Event,
}

impl Transport {
    /// The way to the server for a kept session.
    pub fn new(server: Server, keys: Keys, session: SignedIn) -> Self {
        Self { server, keys, session: Mutex::new(session) }
    }

    /// Takes over a session that replaces the present one.
    pub async fn adopt(&self, session: SignedIn) {
        *self.session.lock().await = session;
    }

    /// Sends one request and says what came of it.
    pub async fn deliver(&self, outgoing: &Outgoing) -> Outcomes {
        let body = seal(&outgoing.request);
        let request = outgoing.id;
        if outgoing.is_deposit {
            let (key, context) = self.session.lock().await.seal_context();
            let answered = self.server.deposit(body, &key, &context).await;
            return Outcomes { first: None, answer: deposit_event(request, answered) };
        }
        match self.sync(body).await {
            Ok(bytes) => Outcomes { first: None, answer: reply_event(request, &bytes) },
            Err(failed) => failure_events(request, &failed),
        }
    }

    /// One refresh at most, and the same request again.
    async fn sync(&self, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
        let token = self.access_token().await?;
        match self.server.sync(&token, body.clone()).await {
            Err(Failed::Problem { code, .. }) if code == "token_expired" => {
                let token = self.refresh(&token).await?;
                self.server.sync(&token, body).await
            }
            answered => answered,
        }
    }

    /// One step of an upload, with one refresh at most.
    pub async fn upload(
        &self,
        sha256: BlobHash,
        step: &UploadStep,
        piece: Vec<u8>,
    ) -> Result<ServerHas, Failed> {
        let token = self.access_token().await?;
        match self.server.upload(&token, sha256, step, piece.clone()).await {
            // The answer to a `HEAD` has no body and does not say more.
            Err(Failed::Problem { status: 401, code, .. }) if code.is_empty() || code == "token_expired" => {
                let token = self.refresh(&token).await?;
                self.server.upload(&token, sha256, step, piece).await
            }
            answered => answered,
        }
    }

    /// The device this installation is known as.
    pub async fn device(&self) -> DeviceKey {
        self.session.lock().await.device.clone()
    }

    /// A token that opens the server.
    pub async fn access_token(&self) -> Result<String, Failed> {
        let known = self.session.lock().await.access_token.clone();
        match known {
            Some(token) => Ok(token),
            None => self.refresh("").await,
        }
    }

    /// Gets another access token unless somebody else just did.
    pub async fn refresh(&self, used: &str) -> Result<String, Failed> {
        let mut session = self.session.lock().await;
        if let Some(token) = session.access_token.as_deref().filter(|token| *token != used) {
            return Ok(token.to_owned());
        }
        let (key, context) = session.seal_context();
        let grant = self.server.refresh(&session.kept.refresh_token, &key, &context).await?;
        fail::fail_point!("session.before_keep", |_| std::process::abort());
        session.kept = kept_session(&grant);
        session.access_token = Some(grant.access_token.clone());
        // If this cannot be kept, the server takes the token used last once more.
        drop(self.keys.keep_session(&session.kept));
        Ok(grant.access_token)
    }

    /// Where the server's live socket is, and whom it trusts.
    pub const fn server(&self) -> &Server {
        &self.server
    }
}

impl SignedIn {
    fn seal_context(&self) -> (SigningKey, SealContext) {
        let context = SealContext {
            device: self.device.device,
            server_id: self.kept.server_id.clone(),
            organization: self.kept.organization,
        };
        (self.device.key.clone(), context)
    }
}

/// Signs a person in and makes this installation known as a device of theirs.
///
/// # Errors
///
/// `Rejected` with the server's code, `RetryLater` without a connection.
pub async fn sign_in(
    server: &Server,
    keys: &Keys,
    credentials: (&str, &str),
    device_name: &str,
) -> Result<SignedIn, ClientError> {
    let (email, password) = credentials;
    let grant = server.sign_in(email, password).await.map_err(|failed| client_error(&failed))?;
    let known = keys.device_key(grant.user_id);
    let is_known = known.is_some();
    let mut device = known.map_or_else(|| keys.make_device_key(grant.user_id), Ok)?;
    let mut enrolled = server.enroll(&grant.access_token, device.device, &device.key, device_name).await;
    if is_known && matches!(enrolled, Err(Failed::Problem { status: 403..=499, .. })) {
        // The device was revoked: this installation begins again under another name.
        device = keys.make_device_key(grant.user_id)?;
        enrolled = server.enroll(&grant.access_token, device.device, &device.key, device_name).await;
    }
    let grant = enrolled.map_err(|failed| client_error(&failed))?;
    let kept = kept_session(&grant);
    keys.keep_session(&kept)?;
    Ok(SignedIn { kept, device, access_token: Some(grant.access_token) })
}

fn kept_session(grant: &Grant) -> KeptSession {
    KeptSession {
        user: grant.user_id,
        role: grant.role,
        organization: grant.organization_id,
        server_id: grant.server_id.clone(),
        refresh_token: grant.refresh_token.clone(),
    }
}

fn reply_event(request: u64, bytes: &[u8]) -> Event {
    match open::<SyncResponse>(bytes, RESPONSE_BYTES_MAX) {
        Ok(reply) => Event::ReplyArrived { request, reply: Box::new(reply) },
        Err(_) => Event::ReplyFailed { request, failure: Failure::Malformed },
    }
}

fn deposit_event(request: u64, answered: Result<Vec<u8>, Failed>) -> Event {
    let reply = match answered {
        Ok(bytes) => open::<SyncResponse>(&bytes, RESPONSE_BYTES_MAX).ok(),
        Err(failed) => return Event::ReplyFailed { request, failure: failure_of(&failed) },
    };
    let Some(reply) = reply else { return Event::ReplyFailed { request, failure: Failure::Malformed } };
    let mut results = reply.results.iter().flat_map(|order| &order.results);
    let until = results.find_map(|result| match &result.outcome {
        Outcome::Held { until, .. } => Some(*until),
        Outcome::Applied
        | Outcome::Duplicate
        | Outcome::MissingDeps { .. }
        | Outcome::ActorForked { .. }
        | Outcome::Rejected { .. } => None,
    });
    Event::DepositTaken { request, until: until.unwrap_or(Timestamp(0)) }
}

fn failure_events(request: u64, failed: &Failed) -> Outcomes {
    let is_revoked = matches!(failed, Failed::Problem { code, .. } if code == "session_revoked");
    if is_revoked {
        let failure = Failure::Unavailable { retry_after_s: None };
        return Outcomes {
            first: Some(Event::SessionRevoked),
            answer: Event::ReplyFailed { request, failure },
        };
    }
    Outcomes { first: None, answer: Event::ReplyFailed { request, failure: failure_of(failed) } }
}

fn failure_of(failed: &Failed) -> Failure {
    let Failed::Problem { status, retry_after_s, .. } = failed else { return Failure::NoConnection };
    match status {
        400 | 200 => Failure::Malformed,
        401 => Failure::SignInAgain,
        413 => Failure::TooLarge,
        426 => Failure::AppTooOld,
        _ => Failure::Unavailable { retry_after_s: *retry_after_s },
    }
}

/// What an app has to do about a request of a person that came to nothing.
pub fn client_error(failed: &Failed) -> ClientError {
    match failed {
        Failed::NoConnection => ClientError::RetryLater,
        Failed::Problem { status: 426, .. } => ClientError::UpdateApp,
        Failed::Problem { status: 429 | 500.., .. } => ClientError::RetryLater,
        Failed::Problem { code, .. } => ClientError::Rejected { code: code.clone() },
    }
}
