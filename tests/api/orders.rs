//! `/v1/orders` as the console and other programs meet it. Never a device's way.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Admin, Answer, TestNode, each_node, text};

async fn create(node: &TestNode, token: &str, reason: &str) -> Answer {
    node.post(token, "/v1/orders", &json!({ "reason": reason })).await
}

async fn act(node: &TestNode, token: &str, order: &Answer, verb: &str, body: &Value) -> Answer {
    node.post(token, &path_of(order, verb), body).await
}

fn path_of(order: &Answer, verb: &str) -> String {
    format!("/v1/orders/{}{verb}", text(&order.body["id"]))
}

#[tokio::test]
async fn an_order_goes_from_the_call_to_the_cancellation() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let order = create(&node, &admin.token, "Ar não gela").await;
        let window = json!({ "window": { "start": 1_800_000_000_000_i64, "end": 1_800_003_600_000_i64 } });

        let assigned =
            act(&node, &admin.token, &order, "/assign", &json!({ "technician": technician })).await;
        let scheduled = act(&node, &admin.token, &order, "/schedule", &window).await;
        let noted = act(&node, &token, &order, "/notes", &json!({ "text": "traga escada" })).await;
        let step = json!({ "to": "scheduled" });
        let moved = act(&node, &admin.token, &order, "/status", &step).await;
        let cancelled = act(&node, &admin.token, &order, "/cancel", &json!({ "reason": "desistiu" })).await;

        assert_eq!(order.status, StatusCode::CREATED, "{}", order.body);
        for answer in [&assigned, &scheduled, &noted, &moved, &cancelled] {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        }
        assert_eq!(assigned.body["assignees"], json!({ technician: "lead" }));
        assert_eq!(scheduled.body["plan"]["duration_minutes"], Value::Null);
        assert_eq!(moved.body["status"]["state"], "scheduled");
        assert_eq!(cancelled.body["status"]["category"], "cancelled");
        let history = node.get(&admin.token, &path_of(&order, "/history")).await;
        assert_eq!(
            history.body["changes"].as_array().unwrap().len(),
            7,
            "six people's changes and the number"
        );
    }
}

#[tokio::test]
async fn a_command_given_on_an_older_version_is_stale_and_carries_the_current_one() {
    for (node, admin, _database) in each_node().await {
        let order = create(&node, &admin.token, "hums").await;
        let etag = order.etag.clone().unwrap();
        let give = |reason: &str| {
            let body = json!({ "command": "set_reason", "reason": reason });
            let request = node.request(Method::POST, &path_of(&order, "/commands")).bearer_auth(&admin.token);
            node.send(request.header("if-match", etag.clone()).json(&body))
        };

        let first = give("hums loudly").await;
        let second = give("hums at night").await;

        assert_eq!(first.status, StatusCode::OK, "{}", first.body);
        assert_eq!((second.status.as_u16(), second.code()), (409, "stale"));
        assert_eq!(second.body["current"]["plan"]["reason"], "hums loudly");
        assert_ne!(first.etag, order.etag);
    }
}

#[tokio::test]
async fn a_rule_that_forbids_a_command_is_named() {
    for (node, admin, _database) in each_node().await {
        let order = create(&node, &admin.token, "hums").await;
        let (_, viewer) = node.add_user(&admin, "viewer@example.com", "viewer").await;

        let nowhere = act(&node, &admin.token, &order, "/status", &json!({ "to": "nowhere" })).await;
        let forbidden = act(&node, &viewer, &order, "/notes", &json!({ "text": "I only look" })).await;
        let unknown = act(&node, &admin.token, &order, "/commands", &json!({ "command": "explode" })).await;

        assert_eq!((nowhere.status.as_u16(), nowhere.code()), (422, "invalid"));
        assert_eq!(nowhere.body["rule"], "no_transition");
        assert_eq!((forbidden.status.as_u16(), forbidden.code()), (403, "role_forbidden"));
        assert_eq!((unknown.status.as_u16(), unknown.code()), (422, "invalid"));
    }
}

#[tokio::test]
async fn an_order_of_another_organization_or_of_a_colleague_is_not_found_alike() {
    // covers: F4
    for (node, admin, _database) in each_node().await {
        let order = create(&node, &admin.token, "hums").await;
        let other: Admin = node.set_up_another("other@example.com").await;
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let missing = node.get(&admin.token, "/v1/orders/00000000-0000-4000-8000-000000000000").await;

        for token in [&other.token, &colleague] {
            for verb in ["", "/history"] {
                let seen = node.get(token, &path_of(&order, verb)).await;
                assert_eq!(seen.status, StatusCode::NOT_FOUND);
                assert_eq!(seen.without_request_id(), missing.without_request_id());
            }
            let noted = act(&node, token, &order, "/notes", &json!({ "text": "x" })).await;
            assert_eq!(noted.status, StatusCode::NOT_FOUND);
            assert_eq!(node.get(token, "/v1/orders").await.body["orders"], json!([]));
        }
    }
}

#[tokio::test]
async fn the_list_answers_by_page_and_by_word() {
    for (node, admin, _database) in each_node().await {
        for reason in ["Geladeira", "Fogão", "Geladeira de novo"] {
            create(&node, &admin.token, reason).await;
            node.clock.advance_ms(1);
        }

        let first = node.get(&admin.token, "/v1/orders?limit=2").await;
        let next = text(&first.body["next"]);
        let second = node.get(&admin.token, &format!("/v1/orders?limit=2&page={next}")).await;
        let found = node.get(&admin.token, "/v1/orders?q=FOGAO").await;
        let wrong = node.get(&admin.token, "/v1/orders?page=yesterday").await;

        let reasons = |answer: &Answer| {
            let orders = answer.body["orders"].as_array().unwrap().clone();
            orders.iter().map(|order| text(&order["reason"])).collect::<Vec<_>>()
        };
        assert_eq!(reasons(&first), ["Geladeira de novo", "Fogão"]);
        assert_eq!(reasons(&second), ["Geladeira"]);
        assert_eq!(second.body["next"], Value::Null);
        assert_eq!(reasons(&found), ["Fogão"]);
        assert_eq!((wrong.status.as_u16(), wrong.body["field"].as_str()), (422, Some("page")));
    }
}

#[tokio::test]
async fn each_accepted_change_has_one_audit_row_and_the_chain_is_whole() {
    for (node, admin, _database) in each_node().await {
        let order = create(&node, &admin.token, "hums").await;
        act(&node, &admin.token, &order, "/notes", &json!({ "text": "one" })).await;

        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        let rows = campo::store::audit_rows::list_after(&mut tx, 0, 1_000).await.unwrap();
        let verdict = campo::audit::verify_chain(&mut tx).await.unwrap();

        let changes = rows.iter().filter(|row| row.action == "order.change").count();
        assert_eq!(changes, 3, "creation, number, remark");
        assert!(matches!(verdict, campo::audit::ChainVerdict::Whole { .. }), "{verdict:?}");
    }
}

#[tokio::test]
async fn payments_make_an_order_paid_and_lists_know_which_are_not() {
    for (node, admin, _database) in each_node().await {
        let order = create(&node, &admin.token, "no cooling").await;
        create(&node, &admin.token, "hums").await;
        let line = json!({
            "command": "add_material", "line": uuid(1), "description": "Filter", "quantity": "2", "price_minor": 4_590,
            "is_additional": false,
        });
        act(&node, &admin.token, &order, "/commands", &line).await;
        let pay = |number: u8, amount_minor: i64| {
            json!({
                "command": "record_payment", "payment": uuid(number), "method": "pix", "amount_minor": amount_minor,
                "currency": "BRL", "reference": "E2E1",
            })
        };

        let deposit = act(&node, &admin.token, &order, "/commands", &pay(2, 5_000)).await;
        let unpaid = node.get(&admin.token, "/v1/orders?paid=false").await.body;
        let rest = act(&node, &admin.token, &order, "/commands", &pay(3, 4_180)).await;
        let paid = node.get(&admin.token, "/v1/orders?paid=true").await.body;
        let counts = node.get(&admin.token, "/v1/orders?paid=false").await.body;

        assert_eq!((&deposit.body["paid_minor"], &deposit.body["is_paid"]), (&json!(5_000), &json!(false)));
        assert_eq!(unpaid["orders"].as_array().map(Vec::len), Some(2), "{unpaid}");
        assert_eq!((&rest.body["paid_minor"], &rest.body["is_paid"]), (&json!(9_180), &json!(true)));
        assert_eq!(rest.body["payments"].as_object().map(serde_json::Map::len), Some(2));
        assert_eq!(
            (paid["orders"].as_array().map(Vec::len), &paid["orders"][0]["paid_minor"]),
            (Some(1), &json!(9_180))
        );
        assert_eq!(counts["orders"].as_array().map(Vec::len), Some(1));
    }
}

fn uuid(byte: u8) -> String {
    sync_core::ids::EntryId::from_bytes([byte; 16]).to_string()
}
