//! The real server on a real database, with an organization and people in it. Never a shortcut past HTTP.

use std::net::SocketAddr;
use std::path::Path;

use campo::clock::Clock;
use campo::config::Config;
use campo::startup::{Application, Stopper, set_up_link};
use harness::databases::TestDatabase;
use harness::temp::TemporaryDirectory;
use serde_json::{Value, json};
use sync_core::ids::OrganizationId;
use sync_core::workflow::Role;
use tokio::task::JoinHandle;

use crate::device::Device;

/// Who administers the organization.
pub const ADMIN: &str = "admin@example.com";
pub const PASSWORD: &str = "correct horse battery";

/// A database and the node that serves it.
pub struct Server {
    database: TestDatabase,
    data: TemporaryDirectory,
    runs_jobs: bool,
    node: RunningNode,
    admin_token: String,
    organization: OrganizationId,
    people: usize,
}

struct RunningNode {
    address: SocketAddr,
    stopper: Stopper,
    running: JoinHandle<()>,
}

impl Server {
    /// Starts a node on an empty database and makes an organization with an admin.
    pub async fn start(database: TestDatabase) -> Self {
        Self::start_with(database, true).await
    }

    /// The same without jobs, which would read documents by themselves.
    pub async fn start_without_jobs(database: TestDatabase) -> Self {
        Self::start_with(database, false).await
    }

    async fn start_with(database: TestDatabase, runs_jobs: bool) -> Self {
        let data = TemporaryDirectory::create("bench");
        let (node, link) = RunningNode::start(&database, &data, runs_jobs).await;
        let token = link.as_deref().and_then(|link| link.split_once("#token=")).map(|(_, token)| token);
        let set_up = json!({
            "token": token.expect("an empty database offers a set-up link"),
            "organization": { "name": "Frio Bom", "currency": "BRL", "zone": "America/Sao_Paulo" },
            "admin": { "email": ADMIN, "name": "Rosa", "password": PASSWORD },
        });
        let done = post(node.address, "/v1/setup", None, &set_up).await;
        let admin_token = text(&done["session"]["access_token"]);
        let organization =
            text(&done["session"]["organization_id"]).parse().expect("an organization has an id");
        Self { database, data, runs_jobs, node, admin_token, organization, people: 0 }
    }

    pub const fn address(&self) -> SocketAddr {
        self.node.address
    }

    /// Stops the node and starts another one, whose memory is empty; devices have to be told its address.
    pub async fn restart(&mut self) {
        self.node.stopper.stop().await;
        (&mut self.node.running).await.expect("a node stops in order");
        self.node = RunningNode::start(&self.database, &self.data, self.runs_jobs).await.0;
    }

    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Stops the node and gives the database back.
    pub async fn into_database(self) -> TestDatabase {
        self.node.stopper.stop().await;
        self.node.running.await.expect("a node stops in order");
        self.database
    }

    /// Adds a person to the organization, signed in on a device of their own.
    pub async fn person(&mut self, role: Role) -> Device {
        self.people += 1;
        let email = format!("person{}@example.com", self.people);
        let user = json!({
            "email": email, "name": format!("Person {}", self.people), "role": role, "password": PASSWORD,
        });
        post(self.node.address, "/v1/users", Some(&self.admin_token), &user).await;
        let sign_in = json!({ "email": email, "password": PASSWORD });
        let session = post(self.node.address, "/v1/session", None, &sign_in).await;
        Device::enroll(self.node.address, &text(&session["access_token"]), role).await
    }

    /// How many documents the node has read from their saved form so far.
    pub async fn documents_deserialized(&self) -> u64 {
        let metrics = reqwest::get(format!("http://{}/metrics", self.node.address)).await;
        let metrics = metrics.expect("the node answers").text().await.expect("metrics are text");
        let line = metrics.lines().find_map(|line| line.strip_prefix("campo_documents_deserialized_total "));
        line.and_then(|count| count.trim().parse().ok()).expect("the node counts the documents it reads")
    }
}

impl RunningNode {
    async fn start(
        database: &TestDatabase,
        data: &TemporaryDirectory,
        runs_jobs: bool,
    ) -> (Self, Option<String>) {
        let config = Config { runs_jobs, ..config(database.url(), data.path()) };
        let application = Application::build(config, Clock::system()).expect("loopback has a free port");
        let (address, stopper, opened) = (application.address(), application.stopper(), application.opened());
        let running =
            tokio::spawn(
                async move { application.run().await.expect("the node serves until it is stopped") },
            );
        let app = opened.wait().await.expect("the database can be opened");
        let link = set_up_link(&app, address).await.expect("the database answers");
        (Self { address, stopper, running }, link)
    }
}

/// How every node of a benchmark is configured.
pub fn config(database_url: &str, data: &Path) -> Config {
    let data_text = data.display().to_string();
    let variables = [
        ("CAMPO_DATA", data_text.as_str()),
        ("CAMPO_LISTEN", "127.0.0.1:0"),
        ("CAMPO_REQUESTS_PER_MINUTE", "0"),
        ("CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS", "0"),
        ("CAMPO_SOCKETS_PER_ADDRESS", "0"),
        ("CAMPO_SIGN_INS_PER_MINUTE", "1000"),
        ("CAMPO_WORKERS", "2"),
        ("CAMPO_UPLOAD_MB", "1024"),
        ("CAMPO_QUOTA_ORGANIZATION_MB", "1048576"),
        ("CAMPO_QUOTA_USER_MB", "1048576"),
        ("DATABASE_URL", database_url),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Config::from_variables(variables.into()).expect("these are settings")
}

/// Posts JSON and returns the answer.
///
/// # Panics
///
/// When the answer is not a success: nothing can be measured then.
pub async fn post(address: SocketAddr, path: &str, token: Option<&str>, body: &Value) -> Value {
    let mut request = reqwest::Client::new().post(format!("http://{address}{path}")).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.expect("the node answers");
    let status = response.status();
    let answer = response.text().await.expect("the answer is whole");
    assert!(status.is_success(), "{path}: {status} {answer}");
    serde_json::from_str(&answer).expect("the answer is JSON")
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("the answer has the fields of its documentation").to_owned()
}
