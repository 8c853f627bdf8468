//! Access for other software: scopes, roles, an end within a second, and requests that are made once.

use harness::databases::each_database;
use harness::process::CampoOptions;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::audit::tamper;
use super::support::{Admin, Answer, TestNode, config, each_node, start_with, text};

async fn make_token(node: &TestNode, admin: &Admin, role: &str, scopes: &[&str]) -> Answer {
    let body = json!({ "name": "Warehouse", "role": role, "scopes": scopes });
    let made = node.post(&admin.token, "/v1/api-tokens", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_role_allow_and_nothing_else() {
    for (node, admin, _database) in each_node().await {
        let scopes = ["customers:read", "customers:write", "orders:read", "settings:write"];
        let made = make_token(&node, &admin, "dispatcher", &scopes).await;
        let token = text(&made.body["token"]);

        let created = node.post(&token, "/v1/customers", &json!({ "name": "Base" })).await;
        let listed = node.get(&token, "/v1/orders").await;
        let without_scope = node.post(&token, "/v1/orders", &json!({ "reason": "hums" })).await;
        let beyond_role = node.put(&token, "/v1/organization", "\"1\"", &json!({})).await;
        let for_sessions = node.request(Method::DELETE, "/v1/session").bearer_auth(&token);
        let for_sessions = node.send(for_sessions).await;
        let for_more = node.post(&token, "/v1/api-tokens", &json!({})).await;

        assert_eq!((created.status, listed.status), (StatusCode::CREATED, StatusCode::OK));
        assert_eq!((without_scope.status.as_u16(), without_scope.code()), (403, "scope_missing"));
        assert_eq!((beyond_role.status.as_u16(), beyond_role.code()), (403, "role_forbidden"));
        assert_eq!((for_sessions.code(), for_more.code()), ("scope_missing", "scope_missing"));
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_ends_at_once_on_every_node_or_when_its_time_has_come() {
    for (node, admin, database) in each_node().await {
        let second = start_with(config(&database), node.clock.clone()).await;
        let made = make_token(&node, &admin, "viewer", &["customers:read"]).await;
        let (id, token) = (text(&made.body["id"]), text(&made.body["token"]));
        let body = json!({ "name": "Short", "role": "viewer", "scopes": ["customers:read"],
            "expires_at": node.clock.now().0 + 60_000 });
        let short = node.post(&admin.token, "/v1/api-tokens", &body).await;
        let short = text(&short.body["token"]);
        let listed = node.get(&admin.token, "/v1/api-tokens").await;
        assert!(!listed.body.to_string().contains(&token) && listed.body.to_string().contains(&id));
        assert_eq!(second.get(&token, "/v1/customers").await.status, StatusCode::OK);
        assert_eq!(node.get(&short, "/v1/customers").await.status, StatusCode::OK);

        let revoked = node.delete(&admin.token, &format!("/v1/api-tokens/{id}"), "").await;
        node.clock.advance_ms(60_000);

        assert_eq!(revoked.status, StatusCode::NO_CONTENT);
        for (node, token) in [(&node, &token), (&second, &token), (&node, &short)] {
            assert_eq!(node.get(token, "/v1/customers").await.code(), "token_invalid");
        }
        let cut = &token[..token.len() - 1];
        assert_eq!(node.get(cut, "/v1/customers").await.code(), "token_invalid");
    }
}

#[tokio::test]
async fn a_token_is_named_as_the_author_of_what_it_did() {
    for (node, admin, _database) in each_node().await {
        let made = make_token(&node, &admin, "dispatcher", &["orders:read", "orders:write"]).await;
        let token = text(&made.body["token"]);

        let order = node.post(&token, "/v1/orders", &json!({ "reason": "hums" })).await;
        let path = format!("/v1/orders/{}/cancel", text(&order.body["id"]));
        let cancelled = node.post(&token, &path, &json!({ "reason": "double" })).await;
        let read = node.get(&admin.token, &format!("/v1/orders/{}", text(&order.body["id"]))).await;

        assert_eq!(
            (order.status, cancelled.status),
            (StatusCode::CREATED, StatusCode::OK),
            "{}",
            cancelled.body
        );
        assert_eq!(order.body["plan"]["created_by"], made.body["id"]);
        assert_eq!(read.body["status"]["history"][0]["by"], made.body["id"]);
    }
}

async fn create_once(node: &TestNode, token: &str, key: &str, body: &Value) -> (Answer, bool) {
    let request = node.request(Method::POST, "/v1/customers").bearer_auth(token);
    let response = request.header("idempotency-key", key).json(body).send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let etag = headers.get("etag").map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    (Answer { status, etag, body }, headers.contains_key("idempotency-replayed"))
}

async fn customer_count(node: &TestNode, admin: &Admin) -> usize {
    node.get(&admin.token, "/v1/customers").await.body["rows"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_request_with_a_key_is_made_once_and_its_answer_is_given_again() {
    for (node, admin, _database) in each_node().await {
        let other = node.add_user(&admin, "dora@example.com", "dispatcher").await.1;
        let body = json!({ "name": "Base" });

        let (first, is_replayed) = create_once(&node, &admin.token, "k1", &body).await;
        let (again, is_again_replayed) = create_once(&node, &admin.token, "k1", &body).await;
        let (mismatch, _) = create_once(&node, &admin.token, "k1", &json!({ "name": "Other" })).await;
        let (of_other, is_other_replayed) = create_once(&node, &other, "k1", &body).await;

        assert_eq!((first.status, is_replayed, is_again_replayed), (StatusCode::CREATED, false, true));
        assert_eq!((again.status, &again.etag, &again.body), (first.status, &first.etag, &first.body));
        assert_eq!((mismatch.status.as_u16(), mismatch.code()), (409, "idempotency_mismatch"));
        assert_eq!((of_other.status, is_other_replayed), (StatusCode::CREATED, false));
        assert_ne!(of_other.body["id"], first.body["id"]);

        node.clock.advance_ms(24 * 3_600_000);
        let session = node.sign_in(&admin.email, super::support::PASSWORD).await;
        let (later, is_later_replayed) =
            create_once(&node, &text(&session.body["access_token"]), "k1", &body).await;
        assert_eq!((later.status, is_later_replayed), (StatusCode::CREATED, false));
    }
}

#[tokio::test]
async fn duplicates_that_come_together_make_one_thing_and_a_refusal_frees_the_key() {
    for (node, admin, _database) in each_node().await {
        let body = json!({ "name": "Base" });

        let refused = create_once(&node, &admin.token, "k2", &json!({ "name": "" })).await.0;
        let together = (0..8).map(|_| create_once(&node, &admin.token, "k2", &body));
        let answers = futures_util::future::join_all(together).await;

        assert_eq!(refused.status.as_u16(), 422);
        for (answer, _) in &answers {
            let code = (answer.status.as_u16(), answer.code().to_owned());
            assert!(code.0 == 201 || code == (409, "idempotency_running".to_owned()), "{code:?}");
        }
        assert_eq!(customer_count(&node, &admin).await, 1);
        assert_eq!(create_once(&node, &admin.token, "k2", &body).await.0.status, StatusCode::CREATED);
        assert_eq!(customer_count(&node, &admin).await, 1);
        assert_eq!(create_once(&node, &admin.token, "", &body).await.0.code(), "invalid");
    }
}

#[tokio::test]
async fn what_was_made_before_a_node_died_is_not_made_again() {
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory());
        let node = options.environment("CAMPO_JOBS", "off").fail_points("idempotency.before_keep=return");
        let node = node.start().await;
        let ask = async |method: Method, path: &str, token: &str, key: &str, body: &Value| {
            let request = reqwest::Client::new().request(method, format!("{}{path}", node.url()));
            let request = request.bearer_auth(token).header("idempotency-key", key).json(body);
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        };
        let link = node.says("/setup#token=").await;
        let set_up = super::support::set_up_body(link.trim(), "ana@example.com");
        let (_, done) = ask(Method::POST, "/v1/setup", "", "k0", &set_up).await;
        let token = text(&done["session"]["access_token"]);
        let (base, order) = (json!({ "name": "Base" }), json!({ "reason": "hums" }));

        let made = ask(Method::POST, "/v1/customers", &token, "k3", &base).await.0;
        let ordered = ask(Method::POST, "/v1/orders", &token, "k4", &order).await.0;
        let at_once = ask(Method::POST, "/v1/customers", &token, "k3", &base).await;
        // The minute after which a request that is not answered went down with its node.
        tamper(&database, "UPDATE idempotency_keys SET claimed_at = claimed_at - 61000").await;
        let lost = ask(Method::POST, "/v1/customers", &token, "k3", &base).await;
        let other = ask(Method::POST, "/v1/customers", &token, "k3", &order).await;
        let order_lost = ask(Method::POST, "/v1/orders", &token, "k4", &order).await;
        let customers = ask(Method::GET, "/v1/customers", &token, "", &Value::Null).await.1;
        let orders = ask(Method::GET, "/v1/orders", &token, "", &Value::Null).await.1;

        assert_eq!((made, ordered), (201, 201));
        assert_eq!((at_once.0, &at_once.1["code"]), (409, &json!("idempotency_running")));
        assert_eq!((lost.0, &lost.1["code"]), (409, &json!("idempotency_lost")));
        assert_eq!(other.1["code"], "idempotency_mismatch");
        assert_eq!(order_lost.1["code"], "idempotency_lost");
        assert_eq!(customers["rows"].as_array().map(Vec::len), Some(1), "{customers}");
        assert_eq!(orders["orders"].as_array().map(Vec::len), Some(1), "{orders}");
        node.kill().await.unwrap();
    }
}

#[tokio::test]
async fn who_asks_too_often_is_asked_to_wait_and_nobody_else() {
    for database in each_database() {
        let limited = campo::config::Config { requests_per_minute: 5, ..config(&database) };
        let node = start_with(limited, campo::clock::Clock::held_at(super::support::START)).await;
        let admin = node.set_up("ana@example.com").await;
        let (_, other) = node.add_user(&admin, "dora@example.com", "dispatcher").await;

        let mut last = node.get(&admin.token, "/v1/customers").await;
        for _ in 0..5 {
            last = node.get(&admin.token, "/v1/customers").await;
        }

        assert_eq!((last.status.as_u16(), last.code()), (429, "rate_limited"));
        assert!((1..=60).contains(&last.body["retry_after_s"].as_i64().unwrap()));
        assert_eq!(node.get(&other, "/v1/customers").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn pages_of_other_origins_read_nothing_unless_they_are_named() {
    for database in each_database() {
        let origins = vec!["https://office.example.com".to_owned()];
        let named = campo::config::Config { cors_origins: origins, ..config(&database) };
        let node = start_with(named, campo::clock::Clock::held_at(super::support::START)).await;
        let ask = |method: Method, origin: &str| {
            let request = node.request(method, "/v1/capabilities").header("origin", origin);
            request.header("access-control-request-method", "GET").send()
        };
        let allowed = "access-control-allow-origin";

        let friend = ask(Method::GET, "https://office.example.com").await.unwrap();
        let preflight = ask(Method::OPTIONS, "https://office.example.com").await.unwrap();
        let stranger = ask(Method::GET, "https://evil.example.com").await.unwrap();

        assert_eq!(friend.headers()[allowed], "https://office.example.com");
        assert_eq!(
            (preflight.status().as_u16(), &preflight.headers()[allowed]),
            (204, &friend.headers()[allowed])
        );
        assert!(!stranger.headers().contains_key(allowed));
        let refused = ask(Method::OPTIONS, "https://evil.example.com").await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers().contains_key(allowed)), (405, false));
    }
}

#[tokio::test]
async fn a_version_the_caller_has_is_not_sent_again() {
    for (node, admin, _database) in each_node().await {
        let made = node.post(&admin.token, "/v1/customers", &json!({ "name": "Base" })).await;
        let path = format!("/v1/customers/{}", text(&made.body["id"]));
        let ask = |tag: &'static str| {
            let request = node.request(Method::GET, &path).bearer_auth(&admin.token);
            request.header("if-none-match", tag).send()
        };

        let (known, unknown) = (ask("\"0\", \"1\"").await.unwrap(), ask("\"2\"").await.unwrap());

        assert_eq!((known.status().as_u16(), known.headers()["etag"].to_str().unwrap()), (304, "\"1\""));
        assert_eq!((known.text().await.unwrap().len(), unknown.status().as_u16()), (0, 200));
    }
}
