//! The real client, over its SQLite store and real HTTP, with a real server. Never a simulated part.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use campo::accounts::offer_set_up;
use campo::app::App;
use campo::clock::Clock;
use campo::config::Config;
use campo::startup::{Application, Stopper};
use harness::databases::{TestDatabase, each_database};
use harness::phone::{NOWHERE, PhoneSettings};
use harness::temp::TemporaryDirectory;
use mobile_ffi::{Client, ClientConfig, ClientError, Notice, SyncState, fresh_id};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use sync_core::ids::{EntryId, OrderId};
use sync_core::message::HeldReason;
use sync_core::order::OrderCommand;

pub const PASSWORD: &str = "correct horse battery";
pub const TECHNICIAN: &str = "tech@example.com";
const ADMIN: &str = "ana@example.com";

#[tokio::test]
async fn work_made_offline_reaches_the_office_and_a_second_phone() {
    // covers: A2, A6
    for database in each_database() {
        let office = Office::open(&database).await;
        let order = office.order_for_technician().await;
        let (kept, second) = (TemporaryDirectory::create("phone"), TemporaryDirectory::create("phone"));
        let phone = office.phone(kept.path()).await;
        phone.sync_now().await.unwrap();
        drop(phone);

        let offline = Client::open(config(kept.path(), NOWHERE)).unwrap();
        offline.execute(order, note(7)).await.unwrap();
        assert_eq!(offline.sync_now().await, Err(ClientError::RetryLater));
        assert_eq!(offline.unsent_count().await, Ok(1));
        drop(offline);
        let phone = Client::open(config(kept.path(), &office.url)).unwrap();
        let state = phone.sync_now().await.unwrap();

        assert!(matches!(state, SyncState::Synced { at: Some(_) }), "{state:?}");
        let other = office.phone(second.path()).await;
        other.sync_now().await.unwrap();
        let seen = other.order(order).await.unwrap().unwrap().order;
        assert_eq!(seen.notes.len(), 1);
        assert_eq!(phone.heads(order).await.unwrap(), other.heads(order).await.unwrap());
        office.close().await;
    }
}

#[tokio::test]
async fn the_live_socket_brings_what_the_office_does() {
    for database in each_database() {
        let office = Office::open(&database).await;
        let directory = TemporaryDirectory::create("phone");
        let phone = office.phone(directory.path()).await;
        phone.sync_now().await.unwrap();

        let order = office.order_for_technician().await;
        let heard = async {
            while let Some(notice) = phone.next_event().await {
                if matches!(&notice, Notice::OrdersChanged(orders) if orders.contains(&order)) {
                    break;
                }
            }
        };
        tokio::select! {
            _ = phone.run() => panic!("the client stopped listening"),
            () = heard => {}
        }

        assert!(phone.orders().await.unwrap().iter().any(|row| row.id == order));
        office.close().await;
    }
}

#[tokio::test]
async fn a_phone_whose_keys_are_gone_is_another_device_and_keeps_its_work() {
    // covers: A8
    for database in each_database() {
        let office = Office::open(&database).await;
        let order = office.order_for_technician().await;
        let directory = TemporaryDirectory::create("phone");
        let phone = office.phone(directory.path()).await;
        phone.sync_now().await.unwrap();
        let before = phone.identity().unwrap().device;
        drop(phone);
        let offline = Client::open(config(directory.path(), NOWHERE)).unwrap();
        offline.execute(order, note(7)).await.unwrap();
        drop(offline);

        std::fs::remove_dir_all(directory.path().join("keys")).unwrap();
        let restored = Client::open(config(directory.path(), &office.url)).unwrap();
        assert_eq!(restored.identity(), None);
        let after = restored.sign_in(TECHNICIAN, PASSWORD).await.unwrap().device;
        restored.sync_now().await.unwrap();

        assert_ne!(before, after);
        assert_eq!(restored.unsent_count().await, Ok(0));
        assert_eq!(office.notes_of(order).await, 1);
        office.close().await;
    }
}

#[tokio::test]
async fn an_app_older_than_its_data_reads_and_sends_and_asks_for_an_update() {
    for database in each_database() {
        let office = Office::open(&database).await;
        let order = office.order_for_technician().await;
        let directory = TemporaryDirectory::create("phone");
        let phone = office.phone(directory.path()).await;
        phone.sync_now().await.unwrap();
        let file = directory.path().join(format!("data/{}.db", phone.identity().unwrap().user));
        drop(phone);
        let offline = Client::open(config(directory.path(), NOWHERE)).unwrap();
        offline.execute(order, note(7)).await.unwrap();
        drop(offline);
        let mut later = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        // A later app counts on in both places.
        let version = "PRAGMA user_version = 2; PRAGMA application_id = 0x43414d02";
        sqlx::raw_sql(version).execute(&mut later).await.unwrap();
        later.close().await.unwrap();

        let older = Client::open(config_asked_only(directory.path(), &office.url)).unwrap();

        assert_eq!(older.next_event().await, Some(Notice::UpgradeNeeded));
        assert_eq!(older.order(order).await.unwrap().unwrap().order.notes.len(), 1);
        assert_eq!(older.execute(order, note(8)).await, Err(ClientError::UpdateApp));
        older.sync_now().await.unwrap();
        assert_eq!((older.unsent_count().await, office.notes_of(order).await), (Ok(0), 1));
        office.close().await;
    }
}

#[tokio::test]
async fn what_one_person_left_unsent_waits_until_that_person_signs_in_again() {
    // covers: A11
    for database in each_database() {
        let office = Office::open(&database).await;
        office.hire("other@example.com").await;
        let order = office.order_for_technician().await;
        let directory = TemporaryDirectory::create("phone");
        let phone = office.phone(directory.path()).await;
        phone.sync_now().await.unwrap();
        drop(phone);
        let offline = Client::open(config(directory.path(), NOWHERE)).unwrap();
        offline.execute(order, note(7)).await.unwrap();
        drop(offline);

        let phone = Client::open(config_asked_only(directory.path(), &office.url)).unwrap();
        let signing_in = phone.sign_in("other@example.com", PASSWORD);
        // The first person's client stops listening when the second one signs in.
        let (listened, signed_in) = tokio::join!(phone.run(), signing_in);
        listened.unwrap();
        signed_in.unwrap();
        phone.sync_now().await.unwrap();
        assert_eq!(phone.orders().await, Ok(Vec::new()));
        assert!(phone.order(order).await.unwrap().is_none());
        assert_eq!((phone.unsent_count().await, phone.rescue_file().await), (Ok(0), Ok(String::new())));
        assert_eq!(office.notes_of(order).await, 0);

        phone.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
        phone.sync_now().await.unwrap();
        assert_eq!(office.notes_of(order).await, 1);
        office.close().await;
    }
}

#[tokio::test]
async fn after_access_ended_what_was_recorded_is_deposited_and_the_office_decides() {
    // covers: A12
    for database in each_database() {
        let office = Office::open(&database).await;
        let order = office.order_for_technician().await;
        let directory = TemporaryDirectory::create("phone");
        let phone = Client::open(config_asked_only(directory.path(), &office.url)).unwrap();
        phone.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
        phone.sync_now().await.unwrap();
        phone.execute(order, note(7)).await.unwrap();
        office.let_technician_work(false).await;

        while phone.unsent_count().await.unwrap() > 0 {
            // The first answer says that access ended, the next request is the deposit.
            let _ = phone.sync_now().await;
        }

        let [waiting] = phone.center().await.unwrap().try_into().unwrap();
        assert_eq!(waiting.held, Some(HeldReason::AuthorDisabled));
        let held = office.get("/v1/held-changes").await;
        assert_eq!(held.to_string().matches("author_disabled").count(), 1, "{held}");

        let discarded = json!({ "order": order, "hash": waiting.hash });
        office.send(Method::POST, "/v1/held-changes/discard", Some(discarded)).await;
        office.let_technician_work(true).await;
        phone.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
        phone.sync_now().await.unwrap();

        let [refused] = phone.center().await.unwrap().try_into().unwrap();
        assert_eq!((refused.held, refused.refused.as_deref()), (None, Some("discarded_by_office")));
        assert!(phone.rescue_file().await.unwrap().contains("replaced the filter"));
        office.close().await;
    }
}

pub fn config(directory: &Path, url: &str) -> ClientConfig {
    PhoneSettings { directory: directory.to_owned(), url: url.to_owned() }.client()
}

pub fn config_asked_only(directory: &Path, url: &str) -> ClientConfig {
    ClientConfig { sends_only_when_asked: true, ..config(directory, url) }
}

pub fn note(byte: u8) -> OrderCommand {
    let note = EntryId::from_bytes([byte; 16]);
    OrderCommand::AddNote { note, text: "replaced the filter".to_owned(), is_internal: false }
}

/// A server with an organization, its admin and one technician.
pub struct Office {
    pub url: String,
    pub address: SocketAddr,
    token: String,
    pub technician: String,
    http: reqwest::Client,
    pub app: Arc<App>,
    stopper: Stopper,
}

impl Office {
    pub async fn open(database: &TestDatabase) -> Self {
        let (mut office, set_up) = Self::serve(database).await;
        let set_up = set_up.expect("no organization exists yet");
        let organization = json!({ "name": "Boa Vista", "currency": "BRL", "zone": "America/Sao_Paulo", "language": "pt-BR" });
        let admin = json!({ "email": ADMIN, "name": "Ana", "password": PASSWORD, "language": "en" });
        let body = json!({ "token": set_up, "organization": organization, "admin": admin });
        let done = office.send(Method::POST, "/v1/setup", Some(body)).await;
        office.token = text(&done["session"]["access_token"]);
        office.technician = office.hire(TECHNICIAN).await;
        office
    }

    /// Serves a database in which the organization exists.
    pub async fn reopen(&self, database: &TestDatabase) -> Self {
        let (mut office, _) = Self::serve(database).await;
        let session = json!({ "email": ADMIN, "password": PASSWORD });
        let session = office.send(Method::POST, "/v1/session", Some(session)).await;
        office.token = text(&session["access_token"]);
        office.technician.clone_from(&self.technician);
        office
    }

    /// Starts a server, and the set-up token of an empty database.
    async fn serve(database: &TestDatabase) -> (Self, Option<String>) {
        let (app, url, address, stopper) = start(database).await;
        let set_up = offer_set_up(&app).await.unwrap();
        let office = Self {
            url,
            address,
            token: String::new(),
            technician: String::new(),
            http: reqwest::Client::new(),
            app,
            stopper,
        };
        (office, set_up)
    }

    /// Makes a technician and returns the id.
    pub async fn hire(&self, email: &str) -> String {
        let user = json!({ "email": email, "name": "Ion", "password": PASSWORD, "role": "technician", "language": "en" });
        text(&self.send(Method::POST, "/v1/users", Some(user)).await["id"])
    }

    pub async fn phone(&self, directory: &Path) -> Client {
        let client = Client::open(config(directory, &self.url)).unwrap();
        client.sign_in(TECHNICIAN, PASSWORD).await.unwrap();
        client
    }

    pub async fn order_for_technician(&self) -> OrderId {
        let id = OrderId::from_bytes(fresh_id());
        let assignees = json!([{ "technician": self.technician, "role": "lead" }]);
        let body = json!({ "id": id, "reason": "no cooling", "assignees": assignees });
        self.send(Method::POST, "/v1/orders", Some(body)).await;
        id
    }

    async fn let_technician_work(&self, may_work: bool) {
        let path = format!("/v1/users/{}", self.technician);
        let answer =
            self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap();
        let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let change = json!({ "email": TECHNICIAN, "name": "Ion", "role": "technician", "language": "en",
            "password": PASSWORD, "disabled": !may_work });
        let request = self.http.put(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let answer = request.header("if-match", etag).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// How many notes the server has in an order.
    pub async fn notes_of(&self, order: OrderId) -> usize {
        let order = self.get(&format!("/v1/orders/{order}")).await;
        order["notes"].as_object().map_or(0, |notes| notes.len())
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    /// Replaces a record that has this entity tag.
    pub async fn put(&self, path: &str, etag: &str, body: &Value) {
        let request = self.http.put(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let answer = request.header("if-match", etag).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The evidence file of an order.
    pub async fn evidence(&self, order: OrderId) -> Vec<u8> {
        let url = format!("{}/v1/orders/{order}/evidence", self.url);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    /// Gives an order a note as the console does.
    pub async fn add_note(&self, order: OrderId, text: &str) {
        let note = json!({ "text": text, "is_internal": true });
        self.send(Method::POST, &format!("/v1/orders/{order}/notes"), Some(note)).await;
    }

    pub async fn close(&self) {
        self.stopper.stop().await;
        self.app.store.close().await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("the answer names it").to_owned()
}

/// Starts a node on a database, which may have others.
pub async fn start(database: &TestDatabase) -> (Arc<App>, String, SocketAddr, Stopper) {
    let variables = [
        ("CAMPO_LISTEN", "127.0.0.1:0"),
        ("CAMPO_WORKERS", "1"),
        ("CAMPO_SIGN_INS_PER_MINUTE", "100000"),
        ("CAMPO_DATA", database.directory().to_str().expect("temporary directories have plain names")),
        ("DATABASE_URL", database.url()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::from_variables(variables.into()).unwrap();
    let application = Application::build(config, Clock::system()).unwrap();
    let address = application.address();
    let (opened, stopper) = (application.opened(), application.stopper());
    tokio::spawn(application.run());
    let app = opened.wait().await.expect("the node opens its database");
    (app, format!("http://{address}"), address, stopper)
}
