//! `/v1/users` and `/v1/devices`: who may manage whom, and how fast an ending is felt.

use serde_json::{Value, json};

use super::support::{PASSWORD, TestKey, config, each_node, start_with, text};

fn change_of(user: &Value, field: &str, value: Value) -> Value {
    let mut change = json!({
        "email": user["email"], "name": user["name"], "role": user["role"], "language": user["language"],
        "phone": user["phone"], "disabled": user["disabled"],
    });
    change[field] = value;
    change
}

#[tokio::test]
async fn disabling_a_person_ends_their_sessions_here_at_once_and_on_every_node_at_its_next_look() {
    for (node, admin, database) in each_node().await {
        let other_node = start_with(config(&database), node.clock.clone()).await;
        let (id, token) = node.add_user(&admin, "bea@example.com", "technician").await;
        let path = format!("/v1/users/{id}");
        let bea = node.get(&admin.token, &path).await;
        assert_eq!(other_node.get(&token, &path).await.status.as_u16(), 200);

        let change = change_of(&bea.body, "disabled", json!(true));
        let disabled = node.put(&admin.token, &path, &bea.etag.unwrap(), &change).await;

        assert_eq!((disabled.status.as_u16(), &disabled.body["disabled"]), (200, &json!(true)));
        assert_eq!(node.get(&token, &path).await.code(), "session_revoked");
        other_node.app.revocations.refresh(&other_node.app.store, node.clock.now()).await.unwrap();
        assert_eq!(other_node.get(&token, &path).await.code(), "session_revoked");
        assert_eq!(node.sign_in("bea@example.com", PASSWORD).await.status.as_u16(), 401);
    }
}

#[tokio::test]
async fn dispatchers_manage_technicians_and_nobody_above() {
    for (node, admin, _database) in each_node().await {
        let (_, dispatcher) = node.add_user(&admin, "dora@example.com", "dispatcher").await;
        let (_, technician) = node.add_user(&admin, "teo@example.com", "technician").await;
        let new = |role: &str, email: &str| json!({ "email": email, "name": "X", "role": role, "password": PASSWORD });

        let by = |token: String, body: Value| {
            let node = &node;
            async move { node.post(&token, "/v1/users", &body).await.status.as_u16() }
        };
        assert_eq!(by(dispatcher.clone(), new("technician", "a@example.com")).await, 201);
        assert_eq!(by(dispatcher.clone(), new("admin", "b@example.com")).await, 403);
        assert_eq!(by(dispatcher.clone(), new("system", "b@example.com")).await, 422);
        assert_eq!(by(technician.clone(), new("technician", "b@example.com")).await, 403);
        let admin_path = format!("/v1/users/{}", admin.user_id);
        let ana = node.get(&dispatcher, &admin_path).await;
        let demotion = change_of(&ana.body, "role", json!("technician"));
        assert_eq!(node.put(&dispatcher, &admin_path, "\"1\"", &demotion).await.status.as_u16(), 403);
        assert_eq!(node.get(&technician, "/v1/users").await.status.as_u16(), 403);
    }
}

#[tokio::test]
async fn the_last_admin_stays_and_an_address_is_given_once() {
    for (node, admin, _database) in each_node().await {
        let path = format!("/v1/users/{}", admin.user_id);
        let ana = node.get(&admin.token, &path).await;
        for (field, value) in [("role", json!("viewer")), ("disabled", json!(true))] {
            let refused = node.put(&admin.token, &path, "\"1\"", &change_of(&ana.body, field, value)).await;
            assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some(field)));
        }

        let twin = json!({ "email": "ANA@example.com", "name": "X", "role": "viewer", "password": PASSWORD });
        let refused = node.post(&admin.token, "/v1/users", &twin).await;
        assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some("email")));
    }
}

#[tokio::test]
async fn a_revoked_device_is_out_at_once_and_its_owners_other_session_is_not() {
    for (node, admin, _database) in each_node().await {
        let key = TestKey::new(9);
        let other = text(&node.sign_in(&admin.email, PASSWORD).await.body["access_token"]);
        let enrolled = node.enroll(&admin.token, &key).await;
        let session = &enrolled.body["session"];
        let listed = node.get(&other, "/v1/devices").await;
        assert_eq!(listed.body["rows"][0]["id"], json!(key.device));

        let revoked = node.delete(&other, &format!("/v1/devices/{}", key.device), "").await;

        assert_eq!(revoked.status.as_u16(), 204);
        assert_eq!(node.get(&text(&session["access_token"]), "/v1/devices").await.code(), "session_revoked");
        let refreshed = node.refresh(&text(&session["refresh_token"]), &key, admin.organization).await;
        assert_eq!(refreshed.code(), "session_revoked");
        assert_eq!(node.get(&other, "/v1/devices").await.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn enrolling_twice_with_one_key_is_one_device_and_with_another_key_is_refused() {
    for (node, admin, _database) in each_node().await {
        let key = TestKey::new(9);
        let first = node.enroll(&admin.token, &key).await;
        let again = node.enroll(&text(&first.body["session"]["access_token"]), &key).await;
        assert_eq!((again.status.as_u16(), &again.body["device"]["id"]), (201, &first.body["device"]["id"]));

        let token = text(&again.body["session"]["access_token"]);
        let mut body = json!({ "device_id": key.device, "name": "x", "public_key": "" });
        body["public_key"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        let weak = node.post(&token, "/v1/devices", &body).await;
        assert_eq!((weak.status.as_u16(), weak.body["field"].as_str()), (422, Some("public_key")));
        let (_, stranger) = node.add_user_with(&token, "eve@example.com", "technician").await;
        let taken = node.enroll(&stranger, &key).await;
        assert_eq!((taken.status.as_u16(), taken.body["field"].as_str()), (422, Some("device_id")));
    }
}
