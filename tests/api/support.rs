//! Starts real nodes on a free port and speaks to them as a caller would. Never asserts on its own account.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campo::accounts::device_seal::{SealedRequest, canonical_text};
use campo::app::App;
use campo::clock::Clock;
use campo::config::Config;
use campo::orders::Caller;
use campo::startup::{Application, Stopper};
use campo::store::DatabaseConfig;
use ed25519_dalek::{Signer, SigningKey};
use harness::databases::{TestDatabase, each_database};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sync_core::ids::{DeviceId, OrganizationId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

pub const START: Timestamp = Timestamp(1_800_000_000_000);
pub const PASSWORD: &str = "correct horse battery";

/// A running node with its own clock.
pub struct TestNode {
    pub app: Arc<App>,
    pub clock: Clock,
    pub base: String,
    http: reqwest::Client,
    stopper: Stopper,
}

/// An organization's admin, signed in.
pub struct Admin {
    pub token: String,
    pub refresh_token: String,
    pub email: String,
    pub organization: OrganizationId,
    pub user_id: String,
}

impl Admin {
    /// As whom the server's own functions see this admin.
    pub fn caller(&self) -> Caller {
        let user = self.user_id.parse().expect("the server gives ids");
        Caller { organization: self.organization, user, role: Role::Admin }
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub etag: Option<String>,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body without what is different in every answer.
    pub fn without_request_id(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("request_id");
        }
        body
    }
}

pub fn config(database: &TestDatabase) -> Config {
    let variables = [
        ("CAMPO_LISTEN", "127.0.0.1:0"),
        ("CAMPO_WORKERS", "2"),
        // A test says when jobs run, and sees them done.
        ("CAMPO_JOBS", "off"),
        ("CAMPO_SIGN_INS_PER_MINUTE", "100000"),
        ("CAMPO_REQUESTS_PER_MINUTE", "0"),
        ("CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS", "0"),
        ("CAMPO_SOCKETS_PER_ADDRESS", "0"),
        ("CAMPO_WEBHOOK_INNER_HOSTS", "127.0.0.1"),
        ("CAMPO_DATA", database.directory().to_str().expect("temporary directories have plain names")),
        ("DATABASE_URL", database.url()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::from_variables(variables.into()).unwrap();
    // This program is the test and decodes nothing.
    Config { worker_program: Some("no-decoder".into()), ..config }
}

/// Starts a node on a database.
pub async fn start(database: &TestDatabase) -> TestNode {
    let clock = Clock::held_at(START);
    start_with(config(database), clock).await
}

pub async fn start_with(config: Config, clock: Clock) -> TestNode {
    assert_ne!(config.database, DatabaseConfig::Sqlite { path: "data/campo.db".into() });
    let application = Application::build(config, clock.clone()).unwrap();
    let base = format!("http://{}", application.address());
    let (opened, stopper) = (application.opened(), application.stopper());
    tokio::spawn(application.run());
    let app = opened.wait().await.expect("the node opens its database");
    TestNode { app, clock, base, http: reqwest::Client::new(), stopper }
}

/// A node on each database, with an organization and its admin.
pub async fn each_node() -> Vec<(TestNode, Admin, TestDatabase)> {
    let mut nodes = Vec::new();
    for database in each_database() {
        let node = start(&database).await;
        let admin = node.set_up("ana@example.com").await;
        nodes.push((node, admin, database));
    }
    nodes
}

impl TestNode {
    pub async fn stop(&self) {
        self.stopper.stop().await;
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status();
        let etag = response.headers().get("etag").map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        Answer { status, etag, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(token)).await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    pub async fn put(&self, token: &str, path: &str, etag: &str, body: &Value) -> Answer {
        let request = self.request(Method::PUT, path).bearer_auth(token).header("if-match", etag);
        self.send(request.json(body)).await
    }

    pub async fn delete(&self, token: &str, path: &str, etag: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).bearer_auth(token).header("if-match", etag)).await
    }

    /// Makes an organization the way the first run does.
    pub async fn set_up(&self, email: &str) -> Admin {
        let token = campo::accounts::offer_set_up(&self.app).await.unwrap();
        let token = token.expect("no organization exists yet");
        let done = self.send(self.request(Method::POST, "/v1/setup").json(&set_up_body(&token, email))).await;
        assert_eq!(done.status, StatusCode::CREATED, "{}", done.body);
        Admin::of(&done.body["session"], email)
    }

    /// Makes a further organization, which no request can, by the operation itself with a token of our own.
    pub async fn set_up_another(&self, email: &str) -> Admin {
        let request = serde_json::from_value(set_up_body(&self.extra_set_up_token().await, email)).unwrap();
        let done = campo::accounts::set_up(&self.app, request).await.unwrap();
        Admin::of(&serde_json::to_value(done.session).unwrap(), email)
    }

    async fn extra_set_up_token(&self) -> String {
        use campo::store::installation;
        let token = "a token of the test";
        let hash = <sha2::Sha256 as sha2::Digest>::digest(token.as_bytes());
        let mut tx = self.app.store.begin_system_write().await.unwrap();
        installation::offer_setup(&mut tx, &hash, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        token.to_owned()
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.send(self.request(Method::POST, "/v1/session").json(&body)).await
    }

    /// Adds a person and returns their id and an access token.
    pub async fn add_user(&self, admin: &Admin, email: &str, role: &str) -> (String, String) {
        self.add_user_with(&admin.token, email, role).await
    }

    pub async fn add_user_with(&self, token: &str, email: &str, role: &str) -> (String, String) {
        let body = json!({ "email": email, "name": email, "role": role, "password": PASSWORD });
        let user = self.post(token, "/v1/users", &body).await;
        assert_eq!(user.status, StatusCode::CREATED, "{}", user.body);
        let session = self.sign_in(email, PASSWORD).await;
        (text(&user.body["id"]), text(&session.body["access_token"]))
    }

    pub async fn enroll(&self, token: &str, key: &TestKey) -> Answer {
        self.post(token, "/v1/devices", &key.enrollment()).await
    }

    pub async fn refresh(&self, token: &str, key: &TestKey, organization: OrganizationId) -> Answer {
        let body = json!({ "refresh_token": token }).to_string();
        let request = self.seal("/v1/session/refresh", body.as_bytes(), key, organization);
        self.send(request.header("content-type", "application/json").body(body)).await
    }

    /// A sealed POST without its body.
    pub fn seal(
        &self,
        path: &str,
        body: &[u8],
        key: &TestKey,
        organization: OrganizationId,
    ) -> RequestBuilder {
        let server_id = &self.app.server_id;
        let sealed = SealedRequest { method: "POST", path, server_id, organization, body };
        let (nonce, timestamp) = ("0123456789abcdef", self.clock.now().0);
        let signature = key.sign(canonical_text(&sealed, nonce, timestamp).as_bytes());
        self.request(Method::POST, path)
            .header("campo-device", key.device.to_string())
            .header("campo-nonce", nonce)
            .header("campo-timestamp", timestamp)
            .header("campo-signature", STANDARD.encode(signature))
    }
}

impl Admin {
    fn of(session: &Value, email: &str) -> Self {
        Self {
            token: text(&session["access_token"]),
            refresh_token: text(&session["refresh_token"]),
            email: email.to_owned(),
            organization: text(&session["organization_id"]).parse().unwrap(),
            user_id: text(&session["user_id"]),
        }
    }
}

/// A device's key and name.
pub struct TestKey {
    pub device: DeviceId,
    signing: SigningKey,
}

impl TestKey {
    pub fn new(number: u8) -> Self {
        Self { device: DeviceId::from_bytes([number; 16]), signing: SigningKey::from_bytes(&[number; 32]) }
    }

    pub fn random() -> Self {
        let (device, seed) = (*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes());
        let signing = SigningKey::from_bytes(&<sha2::Sha256 as sha2::Digest>::digest(seed).into());
        Self { device: DeviceId::from_bytes(device), signing }
    }

    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.signing.sign(text).to_bytes()
    }

    pub fn enrollment(&self) -> Value {
        let public_key = STANDARD.encode(self.signing.verifying_key().to_bytes());
        json!({ "device_id": self.device, "public_key": public_key, "name": "phone", "platform": "test" })
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

pub fn set_up_body(token: &str, email: &str) -> Value {
    json!({
        "token": token,
        "organization": { "name": "Boa Vista", "currency": "BRL", "zone": "America/Sao_Paulo", "language": "pt-BR" },
        "admin": { "email": email, "name": "Ana", "password": PASSWORD, "language": "en" },
    })
}
