//! `POST /v1/sync` as a device meets it. What becomes of changes is told in `tests/store`.

use campo::sync::read_page::Reader;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::ids::{DeviceId, OrderId, UserId};
use sync_core::message::{
    HeldReason, Outcome, PUSH_CHANGES_MAX, RESPONSE_BYTES_MAX, SyncRequest, SyncResponse, open, seal,
};
use sync_core::workflow::Role;

use super::support::{Admin, Answer, PASSWORD, TestKey, TestNode, each_node, text};
use crate::store::phone::{Heard, Phone};

const ORDER: OrderId = OrderId::from_bytes([5; 16]);

/// A phone with a session of its own.
struct Signed {
    phone: Phone,
    token: String,
    key: TestKey,
}

async fn technician(node: &TestNode, admin: &Admin, number: u8) -> Signed {
    let email = format!("tech{number}@example.com");
    let (user, token) = node.add_user(admin, &email, "technician").await;
    sign_device(node, admin, user.parse().unwrap(), Role::Technician, &token, number).await
}

async fn sign_device(
    node: &TestNode,
    admin: &Admin,
    user: UserId,
    role: Role,
    token: &str,
    number: u8,
) -> Signed {
    let key = TestKey::new(number);
    let enrolled = node.enroll(token, &key).await;
    let mut phone = Phone::new(admin.organization, number, role, number);
    phone.reader = Reader { organization: admin.organization, user, role, device: key.device };
    Signed { phone, token: text(&enrolled.body["session"]["access_token"]), key }
}

async fn post(node: &TestNode, token: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
    let request = node.request(Method::POST, "/v1/sync").bearer_auth(token);
    let reply = request.header("content-type", "application/cbor").body(body).send().await.unwrap();
    let status = reply.status();
    (status, reply.bytes().await.unwrap().to_vec())
}

async fn sync(node: &TestNode, signed: &mut Signed) -> Heard {
    let (status, body) = post(node, &signed.token, seal(&signed.phone.request())).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    let reply: SyncResponse = open(&body, RESPONSE_BYTES_MAX).unwrap();
    let mut heard = Heard::default();
    signed.phone.take(reply, &mut heard);
    heard
}

fn code(body: &[u8]) -> String {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap();
    problem["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_order_made_on_one_phone_appears_in_the_office_with_a_number() {
    for (node, admin, _database) in each_node().await {
        let mut ana = technician(&node, &admin, 7).await;
        ana.phone.create(ORDER, &[]);

        let heard = sync(&node, &mut ana).await;
        let order = node.get(&admin.token, &format!("/v1/orders/{ORDER}")).await;

        assert!(heard.outcomes.values().all(|outcome| *outcome == Outcome::Applied));
        assert_eq!(order.status, StatusCode::OK);
        assert_eq!(order.body["plan"]["number"], "1");
        assert_eq!(ana.phone.order(ORDER).plan.number.as_deref(), Some("1"), "in the same reply");
    }
}

#[tokio::test]
async fn a_body_that_is_no_sync_request_is_refused_whole() {
    for (node, admin, _database) in each_node().await {
        let mut ana = technician(&node, &admin, 7).await;
        ana.phone.create(ORDER, &[]);
        let body = seal(&ana.phone.request());
        let mut of_another = ana.phone.request();
        of_another.device = DeviceId::from_bytes([99; 16]);
        let mut too_many = ana.phone.request();
        let change = too_many.push[0].changes[0].clone();
        too_many.push[0].changes = vec![change; PUSH_CHANGES_MAX + 1];
        let json = node.request(Method::POST, "/v1/sync").bearer_auth(&ana.token).json(&json!({}));

        let wrong_type: Answer = node.send(json).await;
        let stranger = post(&node, "no token", body.clone()).await;
        // CBOR that is no request, arrays within arrays without an end, and the same where an unknown field stands.
        let deep = [[1, 0].as_slice(), &[0x81; 1_000_000]].concat();
        let deep_in_a_field = [[1, 0, 0xa1, 0x18, 0x63].as_slice(), &[0x81; 1_000_000]].concat();
        for broken in [b"{}".to_vec(), vec![1, 0, 0xf6], deep, deep_in_a_field] {
            let (status, answer) = post(&node, &ana.token, broken).await;
            assert_eq!((status.as_u16(), code(&answer).as_str()), (400, "malformed"));
        }
        let mut answers = vec![post(&node, &ana.token, b"{}".to_vec()).await];
        answers.push(post(&node, &ana.token, seal(&of_another)).await);
        answers.push(post(&node, &ana.token, seal(&too_many)).await);

        assert_eq!((wrong_type.status.as_u16(), wrong_type.code()), (415, "unsupported_type"));
        assert_eq!((stranger.0.as_u16(), code(&stranger.1).as_str()), (401, "token_invalid"));
        let seen: Vec<_> = answers.iter().map(|(status, body)| (status.as_u16(), code(body))).collect();
        let expected = [(400, "malformed"), (401, "token_invalid"), (413, "too_large")];
        assert_eq!(seen, expected.map(|(status, code)| (status, code.to_owned())));
        assert_eq!(node.get(&admin.token, "/v1/orders").await.body["orders"], json!([]));
    }
}

#[tokio::test]
async fn a_push_cut_at_any_byte_stores_nothing() {
    // covers: B5
    for (node, admin, _database) in each_node().await {
        let mut ana = technician(&node, &admin, 7).await;
        ana.phone.create(ORDER, &[]);
        let body = seal(&ana.phone.request());

        for length in 0..body.len() {
            let (status, answer) = post(&node, &ana.token, body[..length].to_vec()).await;
            assert_eq!((status.as_u16(), code(&answer).as_str()), (400, "malformed"), "cut at {length}");
        }

        assert_eq!(node.get(&admin.token, "/v1/orders").await.body["orders"], json!([]));
        let heard = sync(&node, &mut ana).await;
        assert!(heard.outcomes.values().all(|outcome| *outcome == Outcome::Applied));
    }
}

#[tokio::test]
async fn work_of_a_disabled_technician_is_taken_in_blindly_and_merged_by_the_office() {
    // covers: A12
    for (node, admin, _database) in each_node().await {
        let mut ana = technician(&node, &admin, 7).await;
        ana.phone.create(ORDER, &[]);
        sync(&node, &mut ana).await;
        let known = ana.phone.note(ORDER, 1);
        let request = ana.phone.request();
        disable(&node, &admin, ana.phone.reader.user).await;

        let (refused, _) = post(&node, &ana.token, seal(&request)).await;
        let first = deposit(&node, &admin, &ana, &request).await;
        let second = deposit(&node, &admin, &ana, &request).await;
        let waiting = node.get(&admin.token, "/v1/held-changes").await;
        let user = ana.phone.reader.user;
        let merge = json!({ "order": ORDER, "user": user });
        let merged = node.post(&admin.token, "/v1/held-changes/merge", &merge).await;

        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        assert_eq!(first, second, "the answer does not depend on what the server knows");
        assert!(first.orders.is_empty() && first.digest.is_none() && first.reference.is_empty());
        let outcome = &first.results[0].results[0].outcome;
        assert!(matches!(outcome, Outcome::Held { reason: HeldReason::AuthorDisabled, .. }), "{outcome:?}");
        assert_eq!(waiting.body["changes"][0]["hash"], json!(known));
        assert_eq!(merged.body, json!({ "changes": [{ "hash": known, "result": "merged" }] }));
        let order = node.get(&admin.token, &format!("/v1/orders/{ORDER}")).await;
        assert_eq!(order.body["notes"].as_object().unwrap().len(), 1);
    }
}

async fn disable(node: &TestNode, admin: &Admin, user: UserId) {
    let path = format!("/v1/users/{user}");
    let etag = node.get(&admin.token, &path).await.etag.unwrap();
    let change = json!({ "email": "gone@example.com", "name": "Gone", "role": "technician", "language": "en",
        "password": PASSWORD, "disabled": true });
    let disabled = node.put(&admin.token, &path, &etag, &change).await;
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.body);
}

async fn deposit(node: &TestNode, admin: &Admin, signed: &Signed, request: &SyncRequest) -> SyncResponse {
    let body = seal(request);
    let sealed = node.seal("/v1/sync", &body, &signed.key, admin.organization);
    let reply = sealed.header("content-type", "application/cbor").body(body).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::ACCEPTED);
    open(&reply.bytes().await.unwrap(), RESPONSE_BYTES_MAX).unwrap()
}
