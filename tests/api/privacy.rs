//! A copy of what is kept of a person, and its erasure: from every table, but for what orders say themselves.

use std::process::Command;

use campo::clock::Clock;
use campo::config::{Config, RetentionConfig};
use campo::jobs::{INSTALLATION, Job, enqueue, run_due_jobs};
use campo::store::geocoded_places;
use harness::databases::{DatabaseKind, TestDatabase};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Admin, Answer, PASSWORD, START, TestNode, config, each_node, start_with, text};
use super::upload_client::{hex_sha256, photo_like};

/// A request that is repeated sooner is told to wait.
const REPEATED_AFTER_MS: i64 = 2 * 60_000;
/// What no table may hold afterwards.
const CANARY: &str = "zuleica";

/// A customer all of whose records have the canary in them, with a finished order.
async fn customer(node: &TestNode, admin: &Admin) -> (String, String) {
    let make = async |path: &str, body: Value| {
        let made = node.post(&admin.token, path, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.body);
        text(&made.body["id"])
    };
    let fields = json!({ "name": "Zuleica Prado", "tax_id": "529.982.247-25", "tax_id_kind": "cpf",
        "email": "zuleica@example.com", "phone": "+5511987654321", "notes": "Zuleica's dog bites", "external_id": "zuleica-1" });
    let id = make("/v1/customers", fields).await;
    let eye = json!({ "sphere": "-2.25" });
    let details = json!({ "type": "certificate", "number": "ZULEICA-9", "issuer": "INMETRO" });
    make("/v1/contacts", json!({ "customer_id": id, "name": "Zuleica's son", "email": "z@zuleica.example" }))
        .await;
    make("/v1/sites", json!({ "customer_id": id, "name": "Zuleica's house", "street": "Rua Zuleica", "latitude": -23.5, "longitude": -46.6 })).await;
    make("/v1/equipment", json!({ "customer_id": id, "name": "Fridge", "notes": "belongs to Zuleica" }))
        .await;
    make("/v1/expiring-records", json!({ "customer_id": id, "name": "Zuleica's certificate", "due_on": "2030-01-01", "details": details })).await;
    let scan = photo_like(64, 7);
    node.upload(&admin.token, &scan).await;
    make(
        "/v1/prescriptions",
        json!({ "customer_id": id, "patient": "Zuleica", "prescriber": "Dra. Paz", "issued_on": "2026-01-10",
        "due_on": "2028-01-10", "right": eye, "left": eye, "notes": "Zuleica", "scan": hex_sha256(&scan) }),
    )
    .await;
    let order = make("/v1/orders", json!({ "customer": id, "reason": "no cooling" })).await;
    let window = json!({ "window": { "start": 1_800_010_800_000_i64, "end": 1_800_014_400_000_i64 } });
    node.post(&admin.token, &format!("/v1/orders/{order}/schedule"), &window).await;
    run_due_jobs(&node.app).await.unwrap();
    (id, order)
}

async fn close(node: &TestNode, admin: &Admin, order: &str) {
    let done = node
        .post(&admin.token, &format!("/v1/orders/{order}/cancel"), &json!({ "reason": "moved away" }))
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    run_due_jobs(&node.app).await.unwrap();
}

/// What other parts of the server remember of the customer: a name in other software, a file, a place, a kept answer.
async fn leave_traces(node: &TestNode, admin: &Admin, customer: &str) {
    let import = node.request(Method::POST, "/v1/imports?kind=sites").bearer_auth(&admin.token);
    let file = "id,customer,name\nzuleica-2,529.982.247-25,Zuleica's barn\n3,zuleica nobody,X\n";
    let begun = node.send(import.header("content-type", "text/csv").body(file)).await;
    let path = format!("/v1/imports/{}/run", text(&begun.body["id"]));
    assert_eq!(node.post(&admin.token, &path, &Value::Null).await.status, StatusCode::ACCEPTED);
    run_due_jobs(&node.app).await.unwrap();
    let mut tx = node.app.store.begin_write(admin.organization).await.unwrap();
    geocoded_places::put(&mut tx, "rua zuleica 1", "{\"zuleica\":1}", node.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(contact_under_key(node, admin, customer).await.status, StatusCode::CREATED);
}

/// The same request each time.
async fn contact_under_key(node: &TestNode, admin: &Admin, customer: &str) -> Answer {
    let request = node.request(Method::POST, "/v1/contacts").bearer_auth(&admin.token);
    let body = json!({ "customer_id": customer, "name": "Zuleica's aunt" });
    node.send(request.header("idempotency-key", "aunt").json(&body)).await
}

/// Everything the database holds, as text in small letters.
fn everything(database: &TestDatabase) -> String {
    let dumped = match database.kind() {
        DatabaseKind::Sqlite => {
            let copy = database.directory().join("everything.db");
            let path = database.directory().join("campo.db");
            std::fs::remove_file(&copy).ok();
            let runtime = tokio::runtime::Handle::current();
            tokio::task::block_in_place(|| runtime.block_on(campo::store::copy_sqlite(&path, &copy)))
                .unwrap();
            std::fs::read(copy).unwrap()
        }
        DatabaseKind::Postgres => {
            let url = database.superuser_url();
            let dump = Command::new("pg_dump").args(["--data-only", "--inserts", &url]).output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            dump.stdout
        }
    };
    String::from_utf8_lossy(&dumped).to_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_customer_is_in_no_table_any_more_and_the_orders_stay() {
    for (node, admin, database) in each_node().await {
        let (id, order) = customer(&node, &admin).await;
        leave_traces(&node, &admin, &id).await;
        let scan = hex_sha256(&photo_like(64, 7)).parse().unwrap();
        let blobs = node.app.evidence.blobs();
        let had_scan = blobs.is_whole(admin.organization, scan).await.unwrap();
        let before = everything(&database);
        let erasure = format!("/v1/customers/{id}/erasure");
        let request = json!({ "reason": "request 17" });

        let open = node.post(&admin.token, &erasure, &request).await;
        close(&node, &admin, &order).await;
        let hold = json!({ "customer_id": id, "reason": "Lawsuit 9" });
        let hold = node.post(&admin.token, "/v1/legal-holds", &hold).await;
        let held = node.post(&admin.token, &erasure, &request).await;
        node.delete(&admin.token, &format!("/v1/legal-holds/{}", text(&hold.body["id"])), "\"1\"").await;
        let (_, dispatcher) = node.add_user(&admin, "disp@example.com", "dispatcher").await;
        let forbidden = node.post(&dispatcher, &erasure, &request).await;
        let erased = node.post(&admin.token, &erasure, &request).await;
        run_due_jobs(&node.app).await.unwrap();

        assert!(before.contains(CANARY) && had_scan, "there was something to erase");
        assert!(blobs.is_whole(admin.organization, scan).await.is_err(), "the scan is gone");
        node.clock.advance_ms(REPEATED_AFTER_MS);
        assert_eq!(contact_under_key(&node, &admin, &id).await.code(), "idempotency_lost");
        assert_eq!((open.status.as_u16(), open.code()), (409, "kept"), "{}", open.body);
        assert!(text(&open.body["detail"]).contains("open orders"), "{}", open.body);
        assert!(text(&held.body["detail"]).contains("legal hold"), "{}", held.body);
        assert_eq!(forbidden.code(), "role_forbidden");
        assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
        assert_eq!(erased.body["orders_kept"], json!([order]));
        assert_eq!(erased.body["records_erased"], json!(8));
        let left = everything(&database);
        let found = left.find(CANARY).map(|at| &left[at.saturating_sub(200)..at + 60]);
        assert_eq!(found, None);
        assert!(!left.contains("52998224725") && !left.contains("987654321"), "number and phone are gone");
        let kept = node.get(&admin.token, &format!("/v1/orders/{order}")).await;
        assert_eq!(kept.body["plan"]["reason"], "no cooling");
        let listed = node.get(&admin.token, "/v1/orders").await;
        assert_eq!(listed.body["orders"][0]["customer_name"], erased.body["name"]);
        let found = node.get(&admin.token, "/v1/orders?q=zuleica").await;
        assert_eq!(found.body["orders"], json!([]));
        node.stop().await;
    }
}

#[tokio::test]
async fn the_copy_has_everything_and_only_of_this_customer() {
    for (node, admin, _database) in each_node().await {
        let (id, order) = customer(&node, &admin).await;
        node.post(&admin.token, "/v1/customers", &json!({ "name": "Somebody else" })).await;
        let (_, dispatcher) = node.add_user(&admin, "disp@example.com", "dispatcher").await;
        let path = format!("/v1/customers/{id}/copy");

        let copy = node.get(&admin.token, &path).await;
        let forbidden = node.get(&dispatcher, &path).await;
        let stranger = node.set_up_another("else@example.com").await;
        let unknown = node.get(&stranger.token, &path).await;

        assert_eq!(copy.status, StatusCode::OK, "{}", copy.body);
        assert_eq!(copy.body["customer"]["name"], "Zuleica Prado");
        for list in ["contacts", "sites", "equipment", "expiring_records", "prescriptions", "orders"] {
            assert_eq!(copy.body[list].as_array().unwrap().len(), 1, "{list}: {}", copy.body[list]);
        }
        assert_eq!(copy.body["orders"][0]["id"], json!(order));
        assert!(!copy.body.to_string().contains("Somebody else"));
        assert_eq!((forbidden.code(), unknown.code()), ("role_forbidden", "not_found"));
        let audit = node.get(&admin.token, "/v1/customers/export?format=csv").await;
        assert_eq!(audit.status, StatusCode::OK);
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_left_is_erased_and_what_they_did_stays() {
    for (node, admin, database) in each_node().await {
        let (user, _) = node.add_user(&admin, "zuleica@example.com", "technician").await;
        let profile = json!({ "user_id": user, "name": "Zuleica", "position": "Zuleica's van" });
        node.post(&admin.token, "/v1/staff-profiles", &profile).await;
        let assignees = json!([{ "technician": user, "role": "lead" }]);
        let order = json!({ "reason": "no cooling", "assignees": assignees });
        let order = text(&node.post(&admin.token, "/v1/orders", &order).await.body["id"]);
        run_due_jobs(&node.app).await.unwrap();
        let erasure = format!("/v1/users/{user}/erasure");
        let request = json!({ "reason": "left in May" });

        let active = node.post(&admin.token, &erasure, &request).await;
        let copy = node.get(&admin.token, &format!("/v1/users/{user}/copy")).await;
        let hold = json!({ "user_id": user, "reason": "Labour court 3" });
        let hold = node.post(&admin.token, "/v1/legal-holds", &hold).await;
        let change = json!({ "email": "zuleica@example.com", "name": "Zuleica", "role": "technician", "language": "en", "disabled": true });
        node.put(&admin.token, &format!("/v1/users/{user}"), "\"1\"", &change).await;
        let held = node.post(&admin.token, &erasure, &request).await;
        node.delete(&admin.token, &format!("/v1/legal-holds/{}", text(&hold.body["id"])), "\"1\"").await;
        let erased = node.post(&admin.token, &erasure, &request).await;

        assert_eq!((active.status.as_u16(), active.code()), (409, "kept"));
        assert!(text(&held.body["detail"]).contains("legal hold"), "{}", held.body);
        assert_eq!(copy.status, StatusCode::OK, "{}", copy.body);
        assert_eq!(copy.body["user"]["email"], "zuleica@example.com");
        assert_eq!(copy.body["staff_profile"]["position"], "Zuleica's van");
        assert_eq!((&copy.body["orders"], &copy.body["has_more"]), (&json!([order]), &json!(false)));
        assert_eq!(copy.body["notifications"][0]["event"], "order.assigned");
        assert!(!copy.body.to_string().contains(&admin.email), "nothing of others");
        assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
        let left = everything(&database);
        let found = left.find(CANARY).map(|at| &left[at.saturating_sub(200)..at + 60]);
        assert_eq!(found, None);
        let kept = node.get(&admin.token, &format!("/v1/orders/{order}")).await;
        assert_eq!(kept.body["assignees"][&user], "lead");
        let refused = node.sign_in(&text(&erased.body["user"]["email"]), PASSWORD).await;
        assert_ne!(refused.status, StatusCode::OK);
        node.stop().await;
    }
}

#[tokio::test]
async fn what_people_were_told_is_forgotten_after_its_term_and_not_before() {
    const DAY_MS: i64 = 24 * 3_600_000;
    for database in harness::databases::each_database() {
        let retention = RetentionConfig { messages_days: 10, notifications_days: 0 };
        let clock = Clock::held_at(START);
        let node = start_with(Config { retention, ..config(&database) }, clock).await;
        let admin = node.set_up("ana@example.com").await;
        let (customer, order) = customer(&node, &admin).await;
        let log = async || {
            let session = node.sign_in("ana@example.com", PASSWORD).await;
            let token = text(&session.body["access_token"]);
            let log = node.get(&token, &format!("/v1/orders/{order}/messages")).await;
            log.body["rows"].as_array().unwrap().len()
        };
        let expire = async |cause: &str| {
            let mut tx = node.app.store.begin_write(INSTALLATION).await.unwrap();
            enqueue(&mut tx, &Job::ExpireSessions, cause, node.clock.now()).await.unwrap();
            tx.commit().await.unwrap();
            run_due_jobs(&node.app).await.unwrap();
        };

        node.clock.advance_ms(9 * DAY_MS);
        expire("nine days").await;
        let kept = log().await;
        let session = node.sign_in("ana@example.com", PASSWORD).await;
        let token = text(&session.body["access_token"]);
        let hold = json!({ "customer_id": customer, "reason": "Lawsuit 9" });
        let hold = node.post(&token, "/v1/legal-holds", &hold).await;
        node.clock.advance_ms(2 * DAY_MS);
        expire("eleven days").await;
        let held = log().await;
        let session = node.sign_in("ana@example.com", PASSWORD).await;
        let token = text(&session.body["access_token"]);
        node.delete(&token, &format!("/v1/legal-holds/{}", text(&hold.body["id"])), "\"1\"").await;
        expire("the hold has ended").await;

        assert_eq!((kept, held, log().await), (1, 1, 0));
        node.stop().await;
    }
}
