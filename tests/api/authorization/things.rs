//! One thing of each kind that paths name, and requests that reach it. Never asserts who may.

use campo::http::operation::{Body, Operation};
use campo::orders::read_order::read_order;
use campo::store::notifications::{self, NewNotification};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::evidence::Snapshot;
use sync_core::workflow::Workflow;

use crate::api::support::{Admin, TestKey, TestNode, text};
use crate::api::upload_client::{hex_sha256, metadata, photo_like};

/// What stands for the variable parts of a path that are no ids.
pub const TEXT_PARAMETER: &str = "service-order";

/// The ids of one person's things; `None` where the person can have none.
pub struct Things {
    pub owner: Person,
    ids: Vec<(&'static str, String)>,
}

/// Somebody who is signed in.
#[derive(Clone, Default)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub token: String,
}

impl Person {
    pub async fn add(node: &TestNode, admin: &Admin, role: &str) -> Self {
        let email = format!("{}@example.com", fresh());
        let (id, token) = node.add_user(admin, &email, role).await;
        Self { id, email, token }
    }
}

/// Records of the organization: where they are made, and of what.
fn records(customer: &str, user: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("customers", json!({ "name": "Base" })),
        ("contacts", json!({ "customer_id": customer, "name": "João" })),
        ("sites", json!({ "customer_id": customer, "name": "Torre A" })),
        ("equipment", json!({ "customer_id": customer, "name": "Chiller 2" })),
        (
            "catalogue-items",
            json!({ "kind": "service", "code": fresh(), "name": "S", "unit": "h", "price_minor": 1 }),
        ),
        ("expiring-records", expiring_record(customer)),
        ("prescriptions", prescription(customer)),
        ("legal-holds", json!({ "customer_id": customer, "reason": "Lawsuit" })),
        ("teams", json!({ "name": fresh() })),
        ("skills", json!({ "name": fresh() })),
        ("staff-profiles", json!({ "user_id": user, "name": "Zé" })),
        ("workflows", json!({ "workflow": workflow() })),
        ("checklist-templates", json!({ "template": template() })),
        ("order-kinds", json!({ "key": fresh(), "name": { "en": "Repair" } })),
        ("api-tokens", json!({ "name": "Robot", "role": "viewer", "scopes": ["orders:read"] })),
        ("webhooks", json!({ "url": "https://example.com/hook" })),
    ]
}

/// A workflow of one's own name.
fn workflow() -> Value {
    let mut workflow = serde_json::to_value(&Workflow::builtins()[0]).expect("plain data has a JSON form");
    workflow["id"] = json!(fresh());
    workflow
}

fn expiring_record(customer: &str) -> Value {
    let details = json!({ "type": "license", "number": "7", "authority": "Prefeitura" });
    json!({ "customer_id": customer, "name": "Alvará", "due_on": "2028-01-31", "details": details })
}

fn prescription(customer: &str) -> Value {
    let eye = json!({ "sphere": "-1" });
    json!({ "customer_id": customer, "prescriber": "Dra. Paz", "issued_on": "2026-01-10", "due_on": "2028-01-10",
        "right": eye, "left": eye, "scan": hex_sha256(&scan()) })
}

/// Makes the same file the organization's logo.
async fn show_logo(node: &TestNode, admin: &Admin) {
    let profile = node.get(&admin.token, "/v1/organization").await;
    let body = &profile.body;
    let fields = json!({ "name": body["name"], "currency": body["currency"], "zone": body["zone"],
        "logo": hex_sha256(&scan()) });
    let changed = node.put(&admin.token, "/v1/organization", &profile.etag.unwrap(), &fields).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
}

fn scan() -> Vec<u8> {
    photo_like(64, 7)
}

fn template() -> Value {
    let question = json!({ "key": "runs", "text": { "en": "Does it run?" }, "answer": { "kind": "yes_no" } });
    json!({ "id": fresh(), "name": { "en": "Visit" }, "questions": [question] })
}

fn fresh() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

impl Things {
    pub fn none() -> Self {
        Self { owner: Person::default(), ids: Vec::new() }
    }

    /// Makes one of each, some by an admin, some by the person.
    pub async fn make(node: &TestNode, admin: &Admin, owner: Person) -> Self {
        let colleague = Person::add(node, admin, "technician").await.id;
        let ids = vec![("users", owner.id.clone()), ("colleague", colleague.clone())];
        let mut things = Self { owner, ids };
        node.upload(&admin.token, &scan()).await;
        show_logo(node, admin).await;
        let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Base" })).await;
        let customer = text(&customer.body["id"]);
        for (kind, body) in records(&customer, &colleague) {
            let made = node.post(&admin.token, &format!("/v1/{kind}"), &body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{kind}: {}", made.body);
            things.ids.push((kind, text(&made.body["id"])));
        }
        things.ids.push(("customer", customer));
        things.make_order(node, admin).await;
        things.make_device(node).await;
        things.make_upload(node).await;
        let delivery = node
            .post(&admin.token, &format!("/v1/webhooks/{}/test", things.id("webhooks")), &Value::Null)
            .await;
        things.ids.push(("delivery", text(&delivery.body["id"])));
        things.make_notices(node, admin).await;
        things.make_own(node).await;
        things.make_import(node, admin).await;
        things
    }

    async fn make_import(&mut self, node: &TestNode, admin: &Admin) {
        let request = node.request(Method::POST, "/v1/imports?kind=customers").bearer_auth(&admin.token);
        let file = "id,name\n1,Ana\n";
        let made = node.send(request.header("content-type", "text/csv").body(file)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        self.ids.retain(|(name, _)| *name != "imports");
        self.ids.push(("imports", text(&made.body["id"])));
    }

    /// What only its owner makes.
    async fn make_own(&mut self, node: &TestNode) {
        let feed = json!({ "technician": self.owner.id });
        for (kind, body) in [("saved-views", json!({ "name": "Mine" })), ("calendar-feeds", feed)] {
            let made = node.post(&self.owner.token, &format!("/v1/{kind}"), &body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{kind}: {}", made.body);
            self.ids.push((kind, text(&made.body["id"])));
        }
    }

    /// Makes what a row may have changed once more.
    pub async fn renew(&mut self, node: &TestNode, row: &Operation, admin: &Admin) {
        match kind_of(row) {
            "orders" => self.make_order(node, admin).await,
            "imports" => self.make_import(node, admin).await,
            "devices" => self.make_device(node).await,
            "uploads" => self.make_upload(node).await,
            "customers"
            | "contacts"
            | "sites"
            | "equipment"
            | "catalogue-items"
            | "teams"
            | "skills"
            | "workflows"
            | "checklist-templates"
            | "order-kinds"
            | "expiring-records"
            | "prescriptions"
            | "api-tokens" => self.make_record(node, row, admin).await,
            "saved-views" | "calendar-feeds" => {
                self.ids.retain(|(name, _)| !matches!(*name, "saved-views" | "calendar-feeds"));
                self.make_own(node).await;
            }
            _ => *self = Self::make(node, admin, self.owner.clone()).await,
        }
    }

    async fn make_record(&mut self, node: &TestNode, row: &Operation, admin: &Admin) {
        let kind = kind_of(row);
        let mut bodies = records(&self.id("customer"), &self.id("colleague")).into_iter();
        let (_, body) = bodies.find(|(name, _)| *name == kind).expect("these are records");
        let made = node.post(&admin.token, &format!("/v1/{kind}"), &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{kind}: {}", made.body);
        self.ids.retain(|(name, _)| *name != kind);
        self.ids.push((kind, text(&made.body["id"])));
    }

    /// An entry of the person's inbox, a message about an order, and a job that waits.
    async fn make_notices(&mut self, node: &TestNode, admin: &Admin) {
        let (id, cause) = (*uuid::Uuid::new_v4().as_bytes(), fresh());
        let (event, at) = ("order.created", node.clock.now());
        let entry = NewNotification { id, event, cause: &cause, order: None, facts: "{}", at };
        let mut tx = node.app.store.begin_write(admin.organization).await.unwrap();
        notifications::insert(&mut tx, self.owner.id.parse().unwrap(), &entry).await.unwrap();
        tx.commit().await.unwrap();
        let customer = json!({ "name": "João", "phone": "+5511987654321" });
        let customer = node.post(&admin.token, "/v1/customers", &customer).await;
        let order = json!({ "reason": "hums", "customer": customer.body["id"] });
        let order = node.post(&admin.token, "/v1/orders", &order).await;
        let opened = format!("/v1/orders/{}/whatsapp-opened", text(&order.body["id"]));
        let message = node.post(&admin.token, &opened, &json!({})).await;
        assert_eq!(message.status, StatusCode::CREATED, "{}", message.body);
        let jobs = node.get(&admin.token, "/v1/jobs").await;
        self.ids.extend([
            ("notifications", uuid::Uuid::from_bytes(id).to_string()),
            ("messages", text(&message.body["id"])),
            ("jobs", text(&jobs.body["rows"][0]["id"])),
        ]);
    }

    async fn make_order(&mut self, node: &TestNode, admin: &Admin) {
        let entry = uuid::Uuid::new_v4().to_string();
        let assignees = json!([{ "technician": self.owner.id, "role": "lead" }]);
        let order =
            node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums", "assignees": assignees })).await;
        assert_eq!(order.status, StatusCode::CREATED, "{}", order.body);
        let id = text(&order.body["id"]);
        let photo = json!({
            "command": "add_photo", "photo": entry, "sha256": "ab".repeat(32), "size_bytes": 9,
            "media_type": "image/jpeg", "stage": "before",
        });
        let read = text(&order.body["id"]).parse().unwrap();
        let shown = read_order(&node.app.orders, admin.caller(), read).await.unwrap().order;
        let snapshot = Snapshot::of(&shown, read, "en", "Accepted.");
        let signature = json!({
            "command": "sign", "signature": entry, "signer_name": "Rosa", "strokes": "cd".repeat(32), "heads": "",
            "snapshot": snapshot.to_text(),
        });
        for command in [photo, signature] {
            let added = node.post(&admin.token, &format!("/v1/orders/{id}/commands"), &command).await;
            assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        }
        self.ids.retain(|(kind, _)| !["orders", "entry"].contains(kind));
        self.ids.extend([("orders", id), ("entry", entry)]);
    }

    /// A device of the person, bound to a session of its own.
    async fn make_device(&mut self, node: &TestNode) {
        let key = TestKey::random();
        let session = node.sign_in(&self.owner.email, super::PASSWORD).await;
        let enrolled = node.enroll(&text(&session.body["access_token"]), &key).await;
        assert_eq!(enrolled.status, StatusCode::CREATED, "{}", enrolled.body);
        self.ids.retain(|(kind, _)| *kind != "devices");
        self.ids.push(("devices", key.device.to_string()));
    }

    async fn make_upload(&mut self, node: &TestNode) {
        let bytes =
            photo_like(64, u64::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().unwrap()));
        let request = node.request(Method::POST, "/v1/uploads").bearer_auth(&self.owner.token);
        let request = request.header("tus-resumable", "1.0.0").header("upload-length", "64");
        let answer = request.header("upload-metadata", metadata(&bytes)).send().await.unwrap();
        self.ids.retain(|(kind, _)| *kind != "uploads");
        if let Some(location) = answer.headers().get("location") {
            let id = location.to_str().unwrap().rsplit('/').next().unwrap();
            self.ids.push(("uploads", id.to_owned()));
        }
    }

    fn id(&self, kind: &str) -> String {
        let found = self.ids.iter().find(|(name, _)| *name == kind);
        found.map_or_else(|| super::UNKNOWN.to_owned(), |(_, id)| id.clone())
    }

    /// The path of a row with the ids of these things.
    pub fn path(&self, row: &Operation) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if row.text_parameters.contains(&name) => TEXT_PARAMETER.to_owned(),
            Some("photo" | "signature") => self.id("entry"),
            Some(_) if row.id == "updateUser" => self.id("colleague"),
            Some("delivery") => self.id("delivery"),
            Some(_) => self.id(kind_of(row)),
            None => part.to_owned(),
        };
        asked(row.path.split('/').map(part).collect::<Vec<_>>().join("/"))
    }
}

/// A path with the query that it does not go without.
pub fn asked(path: String) -> String {
    if path.ends_with("/export") { format!("{path}?format=csv") } else { path }
}

/// What the first id of a path names.
fn kind_of(row: &Operation) -> &'static str {
    row.path.split('/').nth(2).unwrap_or_default()
}

pub fn headers_of(row: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![];
    if row.path.starts_with("/v1/uploads") {
        headers.extend([("tus-resumable", "1.0.0"), ("upload-offset", "0")]);
    }
    if let Body::Bytes(media_type) = row.body {
        headers.push(("content-type", media_type));
    }
    headers
}

/// A body that a row accepts, with references to these things where it has any.
pub fn body_of(row: &Operation, things: &Things) -> Value {
    if !matches!(row.body, Body::Json(_)) {
        return Value::Null;
    }
    match row.id.as_ref() {
        "enrollDevice" => TestKey::random().enrollment(),
        "updateUser" => {
            json!({ "email": format!("{}@example.com", fresh()), "name": "X", "role": "technician", "language": "en" })
        }
        "giveCommand" => json!({ "command": "set_reason", "reason": "rattles" }),
        "assignOrder" | "unassignOrder" => json!({ "technician": things.id("colleague") }),
        "changeOrderStatus" => json!({ "to": "scheduled" }),
        "addOrderNote" => json!({ "text": "bring a ladder" }),
        "cancelOrder" | "scheduleOrder" | "offerOrder" => json!({}),
        "updateImport" => {
            json!({ "encoding": "UTF-8", "separator": "comma", "mapping": { "id": "external_id" } })
        }
        "eraseCustomer" | "eraseUser" => json!({ "reason": "request 1" }),
        "createSavedView" | "updateSavedView" => json!({ "name": "Mine" }),
        "createCalendarFeed" => json!({ "technician": things.owner.id }),
        _ => {
            let bodies = records(&things.id("customer"), &things.id("colleague"))
                .into_iter()
                .find(|(kind, _)| *kind == kind_of(row));
            bodies.map_or_else(|| json!({}), |(_, body)| body)
        }
    }
}
