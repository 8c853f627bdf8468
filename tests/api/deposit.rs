//! Who may leave work without a session. What becomes of the work is the feed's business.

use campo::accounts::device_seal::{Seal, SealedRequest, canonical_text};
use campo::accounts::{Depositor, identify_depositor};
use campo::refusal::Refusal;
use serde_json::json;

use super::support::{Admin, TestKey, TestNode, each_node, text};

const DAY_MS: i64 = 24 * 3_600_000;

async fn identify(node: &TestNode, admin: &Admin, key: &TestKey, body: &[u8]) -> Result<Depositor, Refusal> {
    let server_id = &node.app.server_id;
    let request =
        SealedRequest { method: "POST", path: "/v1/sync", server_id, organization: admin.organization, body };
    let (nonce, timestamp_ms) = ("0123456789abcdef".to_owned(), 0);
    let signature = key.sign(canonical_text(&request, &nonce, timestamp_ms).as_bytes());
    let seal = Seal { device: key.device, nonce, timestamp_ms, signature };
    identify_depositor(&node.app, request, &seal).await
}

#[tokio::test]
async fn a_disabled_persons_device_is_known_by_its_key_for_thirty_days() {
    for (node, admin, _database) in each_node().await {
        let key = TestKey::new(5);
        let (id, token) = node.add_user(&admin, "bea@example.com", "technician").await;
        node.enroll(&token, &key).await;
        let path = format!("/v1/users/{id}");
        let change = json!({ "email": "bea@example.com", "name": "Bea", "role": "technician", "language": "es", "disabled": true });
        let disabled = node.put(&admin.token, &path, "\"1\"", &change).await;
        assert_eq!(text(&disabled.body["id"]), id);

        node.clock.advance_ms(30 * DAY_MS);
        let within = identify(&node, &admin, &key, b"work").await.unwrap();
        node.clock.advance_ms(1);
        let after = identify(&node, &admin, &key, b"work").await;

        assert_eq!(
            (within.device, within.user.to_string(), within.organization),
            (key.device, id, admin.organization)
        );
        assert!(matches!(after, Err(Refusal::TokenInvalid)));
    }
}

#[tokio::test]
async fn a_device_nobody_enrolled_is_nobody() {
    for (node, admin, _database) in each_node().await {
        let stranger = identify(&node, &admin, &TestKey::new(6), b"work").await;

        assert!(matches!(stranger, Err(Refusal::TokenInvalid)));
    }
}
