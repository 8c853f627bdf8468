//! An organization on a real server: an office and three technicians, each with a phone. Never mocks a part of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use futures_util::future::join_all;
use harness::databases::TestDatabase;
use harness::process::{CampoOptions, CampoProcess};
use harness::temp::TemporaryDirectory;
use serde_json::{Value, json};
use sync_core::ids::{DeviceId, EntryId, OrderId, OrganizationId, UserId};
use sync_core::order::command::{NewAssignee, NewOrder};
use sync_core::order::{CrewRole, OrderCommand};
use sync_core::session::Identity;
use sync_core::workflow::Role;

use super::hand::{Account, Hand};
use crate::api::upload_client::{files_in, metadata};

const ORDER_COUNT: u8 = 12;
pub const PASSWORD: &str = "a long enough sentence";
/// How a process ends at its fail point.
pub const SIGABRT: i32 = 6;

pub struct Crew {
    pub database: TestDatabase,
    pub organization: OrganizationId,
    pub orders: Vec<OrderId>,
    /// The office first, then the technicians.
    pub hands: Vec<Hand>,
    /// A technician without a phone yet, for one in a process of its own.
    pub spare: Employee,
    server: Server,
    files: TemporaryDirectory,
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Employee {
    pub email: String,
    pub user: UserId,
}

enum Server {
    Up(Box<CampoProcess>),
    Down(CampoOptions),
}

impl Crew {
    /// Starts a server on an empty database, sets it up and hands out orders that all of them work on.
    pub async fn gather(database: TestDatabase) -> Self {
        let files = TemporaryDirectory::create("kill");
        let server = options(&database, &files).start().await;
        let office = Office::set_up(&server).await;
        let dispatcher = office.hire_with_phone(Role::Dispatcher, 0).await;
        let mut technicians = Vec::new();
        for number in 1..=3 {
            technicians.push(office.hire_with_phone(Role::Technician, number).await);
        }
        let spare = office.hire(Role::Technician, 4).await;
        let orders: Vec<_> = (0..ORDER_COUNT).map(|number| OrderId::from_bytes([number + 1; 16])).collect();
        let url = server.url();
        let mut hands = vec![Hand::of(&dispatcher, &url, &orders)];
        for account in &technicians {
            hands.push(Hand::of(account, &url, &orders));
        }
        let assignees = technicians.iter().map(|account| account.identity.user).chain([spare.user]);
        let assignees: Vec<_> = assignees.collect();
        for order in &orders {
            hands[0].give(*order, create(&assignees));
        }
        let mut crew = Self {
            database,
            organization: office.organization,
            orders,
            hands,
            spare,
            server: Server::Up(Box::new(server)),
            files,
        };
        crew.sync_all().await;
        crew
    }

    pub fn url(&self) -> String {
        self.up().url()
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.up().address()
    }

    /// How a further node for the same database and files is started.
    pub fn another_node(&self) -> CampoOptions {
        options(&self.database, &self.files)
    }

    /// Every file the server keeps of blobs.
    pub fn stored_blobs(&self) -> Vec<PathBuf> {
        files_in(&self.files.path().join("blobs"))
    }

    /// Uploads a photo as the office.
    pub async fn upload(&self, bytes: &[u8]) {
        let (client, token) = (reqwest::Client::new(), self.hands[0].access_token());
        let request = client.post(format!("{}/v1/uploads", self.url())).bearer_auth(token);
        let request = request.header("tus-resumable", "1.0.0").header("upload-length", bytes.len());
        let begun =
            request.header("upload-metadata", metadata(bytes)).send().await.expect("the server is up");
        let path = begun.headers()["location"].to_str().expect("an address is text").to_owned();
        let request = client.patch(format!("{}{path}", self.url())).bearer_auth(token);
        let request = request.header("tus-resumable", "1.0.0").header("upload-offset", 0);
        let request = request.header("content-type", "application/offset+octet-stream");
        let done = request.body(bytes.to_vec()).send().await.expect("the server is up");
        assert_eq!(done.status(), 204);
    }

    fn up(&self) -> &CampoProcess {
        match &self.server {
            Server::Up(process) => process,
            Server::Down(_) => panic!("the server is down"),
        }
    }

    /// Runs the server until it is stopped, with these fail points.
    pub async fn start(&mut self, fail_points: &str) {
        let Server::Down(options) = &self.server else { panic!("the server is up") };
        let options = options.clone().fail_points(fail_points);
        self.server = Server::Up(Box::new(options.start().await));
        self.hands.iter_mut().for_each(Hand::reconnect);
    }

    /// Waits until the server has aborted at its fail point.
    pub async fn server_died(mut self) -> Self {
        let Server::Up(process) = self.server else { panic!("the server is down") };
        let (status, options) = process.ended().await.expect("a child can be waited for");
        assert_eq!(
            status.signal(),
            Some(SIGABRT),
            "the server ended otherwise than at its fail point: {status}"
        );
        self.server = Server::Down(options);
        self
    }

    /// Kills the server from outside.
    pub async fn stopped(self) -> Self {
        let (server, absent) = self.split();
        absent.with(server.kill().await.expect("a child can be killed"))
    }

    /// Takes the server out, to be killed or stopped by the caller and put back with [`Absent::with`].
    pub fn split(self) -> (CampoProcess, Absent) {
        let Server::Up(process) = self.server else { panic!("the server is down") };
        let Self { database, organization, orders, hands, spare, files, .. } = self;
        (*process, Absent { database, organization, orders, hands, spare, files })
    }

    /// Everybody sends and fetches until nobody has news for another.
    pub async fn sync_all(&mut self) {
        for _ in 0..2 {
            for synced in join_all(self.hands.iter_mut().map(Hand::sync)).await {
                synced.expect("a server that is ready answers");
            }
        }
    }

    /// After a restart: what was unanswered is sent again, and what was acknowledged is there.
    pub async fn recover(&mut self) {
        join_all(self.hands.iter_mut().map(Hand::recover)).await;
        join_all(self.hands.iter_mut().map(Hand::verify_acknowledged)).await;
    }

    /// Everything that anybody recorded.
    pub fn entries(&self) -> BTreeSet<(OrderId, EntryId)> {
        self.hands.iter().flat_map(|hand| hand.entries().iter().copied()).collect()
    }

    /// The whole truth at the end: replicas are equal, hold everything, and the database agrees with itself.
    pub async fn assert_nothing_is_lost(mut self) {
        join_all(self.hands.iter_mut().map(Hand::verify_everything)).await;
        self.sync_all().await;
        let entries = self.entries();
        let expected = self.hands[0].phone.heads();
        for hand in &mut self.hands {
            hand.assert_reads(&entries);
            assert_eq!(hand.phone.heads(), expected, "two replicas differ");
        }
        let acknowledged: BTreeSet<_> =
            self.hands.iter().flat_map(|hand| hand.ledger.acknowledged().iter().copied()).collect();
        let (server, crew) = self.split();
        server.kill().await.expect("a child can be killed");
        super::truth::assert_database_is_sound(&crew.database, crew.organization, &acknowledged).await;
    }
}

fn options(database: &TestDatabase, files: &TemporaryDirectory) -> CampoOptions {
    CampoOptions::new(database, files.path())
        .environment("CAMPO_SIGN_INS_PER_MINUTE", "1000")
        .environment("CAMPO_LOG", "warn")
        // What jobs commit when an hour begins passes through the points of a push and belongs to none.
        .environment("CAMPO_JOBS", "off")
}

/// A crew whose server is in other hands.
pub struct Absent {
    pub database: TestDatabase,
    pub organization: OrganizationId,
    pub orders: Vec<OrderId>,
    pub hands: Vec<Hand>,
    spare: Employee,
    files: TemporaryDirectory,
}

impl Absent {
    /// Puts the crew together again, around a server that ended.
    pub fn with(self, options: CampoOptions) -> Crew {
        let Self { database, organization, orders, hands, spare, files } = self;
        Crew { database, organization, orders, hands, spare, server: Server::Down(options), files }
    }
}

impl Absent {
    /// The same people around another server: one that a backup was restored into.
    pub fn moved_to(self, database: TestDatabase, files: TemporaryDirectory, options: CampoOptions) -> Crew {
        let options = options.moved_to(&database, files.path());
        Self { database, files, ..self }.with(options)
    }
}

/// The administrator's side of the HTTP interface.
struct Office {
    url: String,
    organization: OrganizationId,
    access_token: String,
    client: reqwest::Client,
}

impl Office {
    async fn set_up(server: &CampoProcess) -> Self {
        let token = server.says("/setup#token=").await;
        let client = reqwest::Client::new();
        let request = json!({
            "token": token.trim(),
            "organization": { "name": "Frio Certo", "currency": "BRL", "zone": "America/Sao_Paulo" },
            "admin": { "email": "admin@example.com", "name": "Ana", "password": PASSWORD },
        });
        let url = server.url();
        let mut office = Self {
            url,
            organization: OrganizationId::from_bytes([0; 16]),
            access_token: String::new(),
            client,
        };
        let done = office.post("/v1/setup", "", request).await;
        office.organization = id_at(&done, "/organization/id").parse().expect("an id is a UUID");
        office.access_token = id_at(&done, "/session/access_token").to_owned();
        office
    }

    async fn hire(&self, role: Role, number: u8) -> Employee {
        let email = format!("user{number}@example.com");
        let user =
            json!({ "email": email, "name": format!("User {number}"), "role": role, "password": PASSWORD });
        let user = self.post("/v1/users", &self.access_token, user).await;
        Employee { email, user: id_at(&user, "/id").parse().expect("an id is a UUID") }
    }

    /// Makes a user, signs in as that user and enrolls a device.
    async fn hire_with_phone(&self, role: Role, number: u8) -> Account {
        let Employee { email, user } = self.hire(role, number).await;
        let sign_in = json!({ "email": email, "password": PASSWORD });
        let session = self.post("/v1/session", "", sign_in).await;
        let device = DeviceId::from_bytes([0xd0 + number; 16]);
        let key = ed25519_dalek::SigningKey::from_bytes(&[number + 1; 32]).verifying_key();
        let device_request = json!({
            "device_id": device,
            "public_key": base64_of(key.as_bytes()),
            "name": format!("Phone {number}"),
        });
        let access_token = id_at(&session, "/access_token");
        let enrolled = self.post("/v1/devices", access_token, device_request).await;
        Account {
            identity: Identity { device, user, role },
            access_token: id_at(&enrolled, "/session/access_token").to_owned(),
        }
    }

    async fn post(&self, path: &str, access_token: &str, body: Value) -> Value {
        let mut request = self.client.post(format!("{}{path}", self.url)).json(&body);
        if !access_token.is_empty() {
            request = request.bearer_auth(access_token);
        }
        let response = request.send().await.expect("the server is up");
        let status = response.status();
        let text = response.text().await.expect("the answer arrives whole");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("the answer is JSON")
    }
}

fn id_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn create(assignees: &[UserId]) -> OrderCommand {
    let assignees =
        assignees.iter().map(|technician| NewAssignee { technician: *technician, role: CrewRole::Lead });
    OrderCommand::CreateOrder(Box::new(NewOrder { assignees: assignees.collect(), ..NewOrder::default() }))
}
