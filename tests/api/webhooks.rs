//! Webhooks against real receivers: good, slow, down, gone, redirecting inward. Never against the internet.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use campo::jobs::{Job, run_due_jobs};
use campo::store::job_rows::{self, LeasedJobRow};
use campo::webhooks::deliver::{SCHEDULE_MS, deliver_due};
use campo::webhooks::{Lookup, Receivers};
use futures_util::future::BoxFuture;
use harness::receiver::{Received, Receiver, Reply};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::support::{Admin, Answer, TestNode, each_node, text};

const CREATED: &str = "order.created";

async fn make(node: &TestNode, admin: &Admin, receiver: &Receiver) -> Answer {
    let body = json!({ "url": receiver.url(), "event_types": [CREATED] });
    let made = node.post(&admin.token, "/v1/webhooks", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made
}

fn path_of(hook: &Answer, rest: &str) -> String {
    format!("/v1/webhooks/{}{rest}", text(&hook.body["id"]))
}

async fn create_order(node: &TestNode, admin: &Admin) -> String {
    let order = node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await;
    text(&order.body["id"])
}

async fn deliveries(node: &TestNode, admin: &Admin, hook: &Answer) -> Vec<Value> {
    let log = node.get(&admin.token, &path_of(hook, "/deliveries")).await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.body);
    log.body["rows"].as_array().unwrap().clone()
}

/// Whether a request carries the signature of a secret.
fn is_signed_by(received: &Received, secret: &Value) -> bool {
    let signer = standardwebhooks::Webhook::new(secret.as_str().unwrap()).unwrap();
    let at = received.headers["webhook-timestamp"].parse().unwrap();
    let expected = signer.sign(&received.headers["webhook-id"], at, received.body.as_bytes()).unwrap();
    received.headers["webhook-signature"].split(' ').any(|signature| signature == expected)
}

#[tokio::test]
async fn an_event_arrives_signed_and_says_nothing_but_ids() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::answering(204).await;
        let hook = make(&node, &admin, &receiver).await;
        let order = create_order(&node, &admin).await;

        run_due_jobs(&node.app).await.unwrap();

        let received = receiver.waiting().expect("one request");
        assert!(is_signed_by(&received, &hook.body["secret"]), "{received:?}");
        let body: Value = serde_json::from_str(&received.body).unwrap();
        assert_eq!(
            body,
            json!({ "type": CREATED, "timestamp": "2027-01-15T08:00:00.000Z", "data": { "order_id": order } })
        );
        assert!(receiver.waiting().is_none());
        let log = deliveries(&node, &admin, &hook).await;
        assert_eq!((log[0]["state"].as_str(), log[0]["status"].as_i64()), (Some("sent"), Some(204)));
        let read = node.get(&admin.token, &path_of(&hook, "")).await;
        assert!(!read.body.to_string().contains("whsec_"), "{}", read.body);
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_on_the_schedule_under_one_name_and_then_turned_off() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::start(|_| Reply::Body(503, "x".repeat(5_000))).await;
        let hook = make(&node, &admin, &receiver).await;
        create_order(&node, &admin).await;

        run_due_jobs(&node.app).await.unwrap();
        let mut names = vec![receiver.waiting().unwrap().headers["webhook-id"].clone()];
        for wait_ms in SCHEDULE_MS {
            node.clock.advance_ms(wait_ms - 1);
            run_due_jobs(&node.app).await.unwrap();
            assert!(receiver.waiting().is_none(), "{wait_ms} is not over");
            node.clock.advance_ms(wait_ms / 10 + 1);
            run_due_jobs(&node.app).await.unwrap();
            names.push(receiver.waiting().expect("the next attempt").headers["webhook-id"].clone());
        }

        names.dedup();
        assert_eq!(names.len(), 1);
        let token = text(&node.sign_in(&admin.email, super::support::PASSWORD).await.body["access_token"]);
        let admin = Admin { token, ..admin };
        let log = deliveries(&node, &admin, &hook).await;
        assert_eq!((log[0]["state"].as_str(), log[0]["attempts"].as_i64()), (Some("failed"), Some(10)));
        assert_eq!(log[0]["response"].as_str().map(str::len), Some(1_024));
        let read = node.get(&admin.token, &path_of(&hook, "")).await;
        assert_eq!(
            (&read.body["enabled"], &read.body["disabled_because"]),
            (&json!(false), &json!("failing"))
        );
        create_order(&node, &admin).await;
        run_due_jobs(&node.app).await.unwrap();
        assert!(receiver.waiting().is_none());
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_turned_off_at_once() {
    for (node, admin, _database) in each_node().await {
        let receiver = Receiver::answering(410).await;
        let hook = make(&node, &admin, &receiver).await;
        create_order(&node, &admin).await;

        run_due_jobs(&node.app).await.unwrap();

        let read = node.get(&admin.token, &path_of(&hook, "")).await;
        assert_eq!(read.body["disabled_because"], "gone");
        assert_eq!(deliveries(&node, &admin, &hook).await[0]["cause"], "gone");
    }
}

#[tokio::test]
async fn a_redirect_inward_is_not_followed() {
    for (node, admin, _database) in each_node().await {
        let mut inner = Receiver::answering(200).await;
        let target = inner.url();
        let outer = Receiver::start(move |_| Reply::Redirect(target.clone())).await;
        let hook = make(&node, &admin, &outer).await;
        create_order(&node, &admin).await;

        run_due_jobs(&node.app).await.unwrap();

        assert!(inner.waiting().is_none());
        let log = deliveries(&node, &admin, &hook).await;
        assert_eq!((log[0]["cause"].as_str(), log[0]["status"].as_i64()), (Some("redirect"), Some(302)));
        assert_eq!(log[0]["state"], "queued");
    }
}

#[tokio::test]
async fn a_silent_receiver_delays_no_other() {
    for (node, admin, _database) in each_node().await {
        let mut silent = Receiver::start(|_| Reply::Silence).await;
        let mut quick = Receiver::answering(200).await;
        let slow_hook = make(&node, &admin, &silent).await;
        make(&node, &admin, &quick).await;
        create_order(&node, &admin).await;
        let app = Arc::clone(&node.app);

        let working = tokio::spawn(async move { run_due_jobs(&app).await });
        silent.next().await;
        quick.next().await;
        let second = create_order(&node, &admin).await;
        let told = quick.next().await;

        assert!(told.body.contains(&second), "the silent one still holds its request");
        drop(silent);
        working.await.unwrap().unwrap();
        let log = deliveries(&node, &admin, &slow_hook).await;
        assert!(log.iter().all(|row| row["state"] == "queued"), "{log:?}");
    }
}

#[tokio::test]
async fn two_secrets_sign_for_a_day_after_a_rotation() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::answering(200).await;
        let hook = make(&node, &admin, &receiver).await;
        let request = node.request(reqwest::Method::POST, &path_of(&hook, "/rotate-secret"));
        let request = request.bearer_auth(&admin.token).header("if-match", hook.etag.clone().unwrap());
        let rotated = node.send(request).await;
        assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.body);
        let test = path_of(&hook, "/test");

        node.post(&admin.token, &test, &json!({})).await;
        run_due_jobs(&node.app).await.unwrap();
        let within = receiver.waiting().unwrap();
        node.clock.advance_ms(24 * 3_600_000);
        let token = text(&node.sign_in(&admin.email, super::support::PASSWORD).await.body["access_token"]);
        node.post(&token, &test, &json!({})).await;
        run_due_jobs(&node.app).await.unwrap();
        let after = receiver.waiting().unwrap();

        let (old, new) = (&hook.body["secret"], &rotated.body["secret"]);
        assert!(is_signed_by(&within, old) && is_signed_by(&within, new));
        assert!(!is_signed_by(&after, old) && is_signed_by(&after, new));
    }
}

#[tokio::test]
async fn a_delivery_sent_again_by_hand_keeps_its_name() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::answering(200).await;
        let hook = make(&node, &admin, &receiver).await;
        create_order(&node, &admin).await;
        run_due_jobs(&node.app).await.unwrap();
        let first = receiver.waiting().unwrap();
        let delivery = text(&deliveries(&node, &admin, &hook).await[0]["id"]);

        let path = path_of(&hook, &format!("/deliveries/{delivery}/resend"));
        let asked = node.post(&admin.token, &path, &json!({})).await;
        run_due_jobs(&node.app).await.unwrap();

        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
        assert_eq!(receiver.waiting().unwrap().headers["webhook-id"], first.headers["webhook-id"]);
    }
}

#[tokio::test]
async fn two_workers_send_what_waits_once() {
    for (node, admin, database) in each_node().await {
        let other = super::support::start(&database).await;
        let mut receiver = Receiver::answering(200).await;
        make(&node, &admin, &receiver).await;
        for _ in 0..5 {
            create_order(&node, &admin).await;
        }

        let (one, two) = tokio::join!(run_due_jobs(&node.app), run_due_jobs(&other.app));
        one.unwrap();
        two.unwrap();
        run_due_jobs(&node.app).await.unwrap();

        let mut names: Vec<_> = std::iter::from_fn(|| receiver.waiting())
            .map(|received| received.headers["webhook-id"].clone())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 5);
        assert!(receiver.waiting().is_none());
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_records_nothing() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::start(|number| Reply::Status(if number == 0 { 500 } else { 200 })).await;
        let hook = make(&node, &admin, &receiver).await;
        node.post(&admin.token, &path_of(&hook, "/test"), &json!({})).await;
        let late = lease(&node).await;
        let now = node.clock.now();
        node.clock.advance_ms(60_000);
        let current = lease(&node).await;
        let webhook = text(&hook.body["id"]).parse().unwrap();
        assert_eq!(
            Job::DeliverWebhook { organization: admin.organization, webhook }.kind(),
            current.kind,
            "leased at {now:?} and again"
        );

        deliver_due(&node.app, admin.organization, webhook, &late).await.unwrap();
        let before = deliveries(&node, &admin, &hook).await;
        deliver_due(&node.app, admin.organization, webhook, &current).await.unwrap();
        let after = deliveries(&node, &admin, &hook).await;

        assert_eq!((before[0]["attempts"].as_i64(), after[0]["attempts"].as_i64()), (Some(0), Some(1)));
        assert_eq!(after[0]["state"], "sent");
        assert!(receiver.waiting().is_some());
    }
}

async fn lease(node: &TestNode) -> LeasedJobRow {
    let now = node.clock.now();
    let mut tx = node.app.store.begin_system_write().await.unwrap();
    let mut rows = job_rows::lease(&mut tx, "webhooks", 1, now, now.plus_millis(60_000)).await.unwrap();
    tx.commit().await.unwrap();
    rows.pop().expect("the job is due")
}

#[tokio::test]
async fn only_admins_have_webhooks_and_none_of_another_organization() {
    for (node, admin, _database) in each_node().await {
        let receiver = Receiver::answering(200).await;
        let hook = make(&node, &admin, &receiver).await;
        let (_, dispatcher) = node.add_user(&admin, "disp@example.com", "dispatcher").await;
        let stranger = node.set_up_another("bea@example.com").await;

        let forbidden = node.get(&dispatcher, "/v1/webhooks").await;
        let foreign = node.get(&stranger.token, &path_of(&hook, "")).await;
        let foreign_log = node.get(&stranger.token, &path_of(&hook, "/deliveries")).await;
        let tested = node.post(&stranger.token, &path_of(&hook, "/test"), &json!({})).await;

        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        for answer in [&foreign, &foreign_log, &tested] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.body);
        }
        let inner = json!({ "url": "https://169.254.169.254/latest" });
        let refused = node.post(&admin.token, "/v1/webhooks", &inner).await;
        assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some("url")));
    }
}

/// Answers with these addresses whatever is asked.
struct Stub(Vec<IpAddr>);

impl Lookup for Stub {
    fn addresses(&self, _name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let addresses = self.0.clone();
        Box::pin(async move { Ok(addresses) })
    }
}

// covers: E13
#[tokio::test]
async fn a_name_that_leads_inward_is_refused_after_it_was_looked_up() {
    let mut receiver = Receiver::answering(200).await;
    let port = receiver.address.port();
    let outer: IpAddr = "93.184.216.34".parse().unwrap();
    for inner in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "fd00::1"] {
        for answer in [vec![inner.parse().unwrap()], vec![outer, inner.parse().unwrap()]] {
            let receivers = Receivers::new(&[], Arc::new(Stub(answer)), Duration::from_secs(5)).unwrap();

            let attempt = receivers
                .post(&format!("https://rebind.example:{port}/"), HeaderMap::new(), "{}".into())
                .await;

            assert_eq!((attempt.cause, attempt.status), ("inner_address", None), "{inner}");
        }
    }
    assert!(receiver.waiting().is_none());
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_given_up() {
    let receiver = Receiver::start(|_| Reply::Silence).await;
    let own = ["127.0.0.1".to_owned()];
    let stub = Arc::new(Stub(Vec::new()));
    let receivers = Receivers::new(&own, stub, Duration::from_millis(50)).unwrap();

    let attempt = receivers.post(&receiver.url(), HeaderMap::new(), "{}".into()).await;

    assert_eq!((attempt.cause, attempt.status), ("timeout", None));
}
