//! The real client, over its SQLite store and real HTTP, with a real server. Never a simulated part.

use std::path::Path;

use campo::accounts::offer_set_up;
use campo::clock::Clock;
use campo::config::Config;
use campo::startup::{Application, Stopper};
use harness::databases::{TestDatabase, each_database};
use harness::temp::TemporaryDirectory;
use mobile_ffi::{Client, ClientConfig, ClientError, Notice, SyncState, fresh_id};
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::OrderCommand;

const PASSWORD: &str = "correct horse battery";
/// The port nobody listens on.
const NOWHERE: &str = "http://127.0.0.1:9";

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
        let after = restored.sign_in("tech@example.com", PASSWORD).await.unwrap().device;
        restored.sync_now().await.unwrap();

        assert_ne!(before, after);
        assert_eq!(restored.unsent_count().await, Ok(0));
        assert_eq!(
            office.get(&format!("/v1/orders/{order}")).await["notes"].as_object().map(|all| all.len()),
            Some(1)
        );
        office.close().await;
    }
}

#[tokio::test]
async fn after_access_ended_what_was_recorded_is_deposited_and_merged_by_the_office() {
    // covers: A12
    for database in each_database() {
        let office = Office::open(&database).await;
        let order = office.order_for_technician().await;
        let directory = TemporaryDirectory::create("phone");
        let asked_only =
            ClientConfig { sends_only_when_asked: true, ..config(directory.path(), &office.url) };
        let phone = Client::open(asked_only).unwrap();
        phone.sign_in("tech@example.com", PASSWORD).await.unwrap();
        phone.sync_now().await.unwrap();
        phone.execute(order, note(7)).await.unwrap();
        office.disable_technician().await;

        while phone.unsent_count().await.unwrap() > 0 {
            // The first answer says that access ended, the next request is the deposit.
            let _ = phone.sync_now().await;
        }

        assert_eq!(phone.center().await.unwrap().len(), 1);
        let held = office.get("/v1/held-changes").await;
        assert_eq!(held.to_string().matches("author_disabled").count(), 1, "{held}");
        office.close().await;
    }
}

fn config(directory: &Path, url: &str) -> ClientConfig {
    ClientConfig {
        directory: directory.join("data"),
        keys_directory: directory.join("keys"),
        server_url: url.to_owned(),
        app_version: "1.0.0".to_owned(),
        device_name: "test phone".to_owned(),
        sends_only_when_asked: false,
    }
}

fn note(byte: u8) -> OrderCommand {
    let note = EntryId::from_bytes([byte; 16]);
    OrderCommand::AddNote { note, text: "replaced the filter".to_owned(), is_internal: false }
}

/// A server with an organization, its admin and one technician.
struct Office {
    url: String,
    token: String,
    technician: String,
    http: reqwest::Client,
    stopper: Stopper,
}

impl Office {
    async fn open(database: &TestDatabase) -> Self {
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
        let url = format!("http://{}", application.address());
        let (opened, stopper) = (application.opened(), application.stopper());
        tokio::spawn(application.run());
        let app = opened.wait().await.expect("the node opens its database");
        let set_up = offer_set_up(&app).await.unwrap().expect("no organization exists yet");
        let mut office = Self {
            url,
            token: String::new(),
            technician: String::new(),
            http: reqwest::Client::new(),
            stopper,
        };
        let organization = json!({ "name": "Boa Vista", "currency": "BRL", "zone": "America/Sao_Paulo", "language": "pt-BR" });
        let admin =
            json!({ "email": "ana@example.com", "name": "Ana", "password": PASSWORD, "language": "en" });
        let body = json!({ "token": set_up, "organization": organization, "admin": admin });
        let done = office.send(Method::POST, "/v1/setup", Some(body)).await;
        office.token = text(&done["session"]["access_token"]);
        let user = json!({ "email": "tech@example.com", "name": "Ion", "password": PASSWORD, "role": "technician", "language": "en" });
        office.technician = text(&office.send(Method::POST, "/v1/users", Some(user)).await["id"]);
        office
    }

    async fn phone(&self, directory: &Path) -> Client {
        let client = Client::open(config(directory, &self.url)).unwrap();
        client.sign_in("tech@example.com", PASSWORD).await.unwrap();
        client
    }

    async fn order_for_technician(&self) -> OrderId {
        let id = OrderId::from_bytes(fresh_id());
        let assignees = json!([{ "technician": self.technician, "role": "lead" }]);
        let body = json!({ "id": id, "reason": "no cooling", "assignees": assignees });
        self.send(Method::POST, "/v1/orders", Some(body)).await;
        id
    }

    async fn disable_technician(&self) {
        let path = format!("/v1/users/{}", self.technician);
        let answer =
            self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap();
        let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let change = json!({ "email": "tech@example.com", "name": "Ion", "role": "technician", "language": "en",
            "password": PASSWORD, "disabled": true });
        let request = self.http.put(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let answer = request.header("if-match", etag).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
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

    async fn close(self) {
        self.stopper.stop().await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("the answer names it").to_owned()
}
