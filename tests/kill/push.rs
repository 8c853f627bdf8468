//! The server dies at each step of a push, and the device loses nothing and does nothing twice. Never in one process.

use campo::clock::Clock;
use campo::sync::read_page::Reader;
use harness::databases::{TestDatabase, each_database};
use harness::process::{CampoOptions, CampoProcess};
use harness::temp::TemporaryDirectory;
use serde_json::json;
use sync_core::ids::OrderId;
use sync_core::message::{Outcome, RESPONSE_BYTES_MAX, SyncResponse, open, seal};
use sync_core::workflow::Role;

use crate::api::support::{TestKey, config, start_with, text};
use crate::store::phone::Phone;

const ORDER: OrderId = OrderId::from_bytes([5; 16]);

#[tokio::test]
async fn a_push_that_dies_before_the_commit_is_applied_when_it_is_repeated() {
    // covers: B1, R3
    for point in ["push.after_validate", "push.before_commit"] {
        for outcome in dies_at_and_repeats(point).await {
            assert_eq!(outcome, Outcome::Applied, "{point}");
        }
    }
}

#[tokio::test]
async fn a_push_that_dies_after_the_commit_is_a_duplicate_when_it_is_repeated() {
    // covers: B2, A4
    for outcome in dies_at_and_repeats("push.after_commit").await {
        assert_eq!(outcome, Outcome::Duplicate);
    }
}

/// Pushes to a server that dies at a fail point, starts it again and pushes the same; returns the second answer.
async fn dies_at_and_repeats(point: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for database in each_database() {
        let (mut phone, token) = signed_in(&database).await;
        let hash = phone.create(ORDER, &[]);
        let directory = TemporaryDirectory::create("campo");
        let options = CampoOptions::new(&database, directory.path());
        let doomed = options.clone().fail_points(&format!("{point}=1*return")).start().await;

        let lost = push(&doomed, &token, &phone).await;
        let (status, _) = doomed.ended().await.unwrap();
        let next = options.start().await;
        let reply = push(&next, &token, &phone).await.expect("the next server answers");

        assert!(lost.is_none() && !status.success(), "{point}");
        outcomes.push(reply.results[0].results[0].outcome.clone());
        let orders = listed(&next, &token).await;
        assert_eq!(orders, 1, "the order exists once, {hash} is stored once");
    }
    outcomes
}

/// A phone with a session, made by a node that is gone.
async fn signed_in(database: &TestDatabase) -> (Phone, String) {
    let node = start_with(config(database), Clock::system()).await;
    let admin = node.set_up("ana@example.com").await;
    let key = TestKey::new(7);
    let enrolled = node.enroll(&admin.token, &key).await;
    let mut phone = Phone::new(admin.organization, 1, Role::Admin, 7);
    let user = admin.user_id.parse().unwrap();
    phone.reader = Reader { organization: admin.organization, user, role: Role::Admin, device: key.device };
    let token = text(&enrolled.body["session"]["access_token"]);
    node.stop().await;
    (phone, token)
}

/// `None` when no whole answer came.
async fn push(process: &CampoProcess, token: &str, phone: &Phone) -> Option<SyncResponse> {
    let request = reqwest::Client::new().post(format!("{}/v1/sync", process.url())).bearer_auth(token);
    let request = request.header("content-type", "application/cbor").body(seal(&phone.request()));
    let reply = request.send().await.ok()?;
    let body = reply.bytes().await.ok()?;
    Some(open(&body, RESPONSE_BYTES_MAX).expect("an answer is a reply"))
}

async fn listed(process: &CampoProcess, token: &str) -> usize {
    let request = reqwest::Client::new().get(format!("{}/v1/orders", process.url())).bearer_auth(token);
    let body: serde_json::Value =
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_ne!(body["orders"], json!(null), "{body}");
    body["orders"].as_array().unwrap().len()
}
