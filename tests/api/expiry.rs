//! Records that run out: typed, dated, and told about exactly once. Never who is told, which is `events`.

use campo::jobs::{INSTALLATION, Job, enqueue, run_due_jobs};
use campo::store::reference_rows;
use harness::receiver::Receiver;
use serde_json::{Value, json};

use super::support::{Admin, PASSWORD, TestNode, each_node, text};

const DAY_MS: i64 = 24 * 3_600_000;

fn eye(sphere: &str) -> Value {
    json!({ "sphere": sphere, "cylinder": "-0.75", "axis": 90, "addition": "2", "pupillary_distance": "31.5" })
}

async fn customer(node: &TestNode, admin: &Admin) -> Value {
    node.post(&admin.token, "/v1/customers", &json!({ "name": "Ótica Sol" })).await.body["id"].clone()
}

fn prescription(customer: &Value) -> Value {
    json!({ "customer_id": customer, "patient": "Lia", "prescriber": "Dra. Paz", "issued_on": "2026-01-10",
        "due_on": "2028-01-10", "right": eye("-2.25"), "left": eye("+1.50") })
}

#[tokio::test]
async fn a_prescription_is_the_offices_alone_and_a_newer_one_takes_its_place() {
    for (node, admin, _database) in each_node().await {
        let customer = customer(&node, &admin).await;
        let (_, technician) = node.add_user(&admin, "tech@example.com", "technician").await;

        let first = node.post(&admin.token, "/v1/prescriptions", &prescription(&customer)).await;
        let one = format!("/v1/prescriptions/{}", text(&first.body["id"]));
        let changed = node.put(&admin.token, &one, "\"1\"", &prescription(&customer)).await;
        let mut newer = prescription(&customer);
        newer["replaces"] = first.body["id"].clone();
        let newer = node.post(&admin.token, "/v1/prescriptions", &newer).await;
        let others = node.get(&technician, &one).await;

        assert_eq!(
            (first.status.as_u16(), &first.body["left"]["sphere"]),
            (201, &json!("1.5")),
            "{}",
            first.body
        );
        assert_eq!((changed.status.as_u16(), newer.status.as_u16()), (405, 201));
        assert_eq!(others.code(), "role_forbidden");
        for (side, field, value, named) in [
            ("right", "sphere", json!("plano"), "right.sphere"),
            ("left", "axis", json!(181), "left.axis"),
            ("left", "axis", Value::Null, "left.axis"),
        ] {
            let mut wrong = prescription(&customer);
            wrong[side][field] = value;
            let refused = node.post(&admin.token, "/v1/prescriptions", &wrong).await;
            assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some(named)));
        }
        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        let head = reference_rows::head(&mut tx).await.unwrap();
        let rows = reference_rows::list_after(&mut tx, 0, head, 100).await.unwrap();
        assert!(rows.iter().all(|row| row.kind != "prescription"), "health data is not on phones");
    }
}

/// Runs what looks for records that run out, and says how many warnings came.
async fn told(node: &TestNode, receiver: &mut Receiver, cause: &str) -> usize {
    let mut tx = node.app.store.begin_write(INSTALLATION).await.unwrap();
    enqueue(&mut tx, &Job::RaiseAlerts, cause, node.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    run_due_jobs(&node.app).await.unwrap();
    std::iter::from_fn(|| receiver.waiting()).filter(|told| told.body.contains("record.expiring")).count()
}

#[tokio::test]
async fn each_warning_comes_once_for_each_day_of_expiry() {
    // The clock stands at 15 January 2027.
    for (node, admin, _database) in each_node().await {
        let customer = customer(&node, &admin).await;
        let mut receiver = Receiver::answering(200).await;
        node.post(&admin.token, "/v1/webhooks", &json!({ "url": receiver.url() })).await;
        let record = |due_on: &str| {
            json!({ "customer_id": customer, "name": "NR-13", "due_on": due_on, "alert_days_before": [30, 7],
                "details": { "type": "certificate", "number": "9", "issuer": "INMETRO" } })
        };

        let made = node.post(&admin.token, "/v1/expiring-records", &record("2027-02-24")).await;
        let too_early = told(&node, &mut receiver, "a").await;
        node.clock.advance_ms(12 * DAY_MS);
        let thirty = told(&node, &mut receiver, "b").await;
        let again = told(&node, &mut receiver, "c").await;
        node.clock.advance_ms(23 * DAY_MS);
        let seven = told(&node, &mut receiver, "d").await;
        let session = node.sign_in(&admin.email, PASSWORD).await;
        let token = text(&session.body["access_token"]);
        let one = format!("/v1/expiring-records/{}", text(&made.body["id"]));
        let moved = node.put(&token, &one, "\"1\"", &record("2027-03-16")).await;
        let renewed = told(&node, &mut receiver, "e").await;
        let due = node.get(&token, "/v1/expiring-records?due_before=2027-03-17").await;

        assert_eq!((made.status.as_u16(), moved.status.as_u16()), (201, 200), "{} {}", made.body, moved.body);
        assert_eq!((too_early, thirty, again, seven, renewed), (0, 1, 0, 1, 1));
        assert_eq!(due.body["rows"][0]["id"], made.body["id"]);
    }
}
