//! `GET /v1/orders` and its counts as the console meets them. Never the commands.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{Admin, Answer, TestNode, each_node, text};

const HOUR_MS: i64 = 3_600_000;

async fn create(node: &TestNode, admin: &Admin, order: &Value) -> String {
    let created = node.post(&admin.token, "/v1/orders", order).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    text(&created.body["id"])
}

fn reasons(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["orders"].as_array().unwrap().iter().map(|order| text(&order["reason"])).collect()
}

#[tokio::test]
async fn orders_are_found_by_what_people_remember_of_them() {
    for (node, admin, _database) in each_node().await {
        let customer = json!({ "name": "Padaria São João", "phone": "+55 11 98765-4321" });
        let customer = node.post(&admin.token, "/v1/customers", &customer).await;
        let customer = text(&customer.body["id"]);
        let machine = json!({ "customer_id": customer, "name": "Forno", "serial": "FX-4419" });
        let machine = node.post(&admin.token, "/v1/equipment", &machine).await;
        let equipment = [text(&machine.body["id"])];
        create(&node, &admin, &json!({ "reason": "forno", "customer": customer, "equipment": equipment }))
            .await;
        let draft = json!({ "name": "Bar do Zé", "phone": "(11) 3333-4444" });
        create(&node, &admin, &json!({ "reason": "chopeira", "draft_customer": draft, "place": "in_shop" }))
            .await;

        for (query, expected) in [
            ("q=sao%20joao", "forno"),
            ("q=98765-4321", "forno"),
            ("q=fx-4419", "forno"),
            ("q=1133334444", "chopeira"),
            ("q=bar", "chopeira"),
            ("q=2", "chopeira"),
            ("place=in_shop", "chopeira"),
        ] {
            let found = node.get(&admin.token, &format!("/v1/orders?{query}")).await;
            assert_eq!(reasons(&found), [expected], "{query}");
        }
        let by_customer = node.get(&admin.token, "/v1/orders?sort=customer").await;
        assert_eq!(reasons(&by_customer), ["chopeira", "forno"]);
        assert_eq!(by_customer.body["orders"][1]["customer_name"], "Padaria São João");
        assert_eq!(reasons(&node.get(&admin.token, "/v1/orders?q=nothing").await), Vec::<String>::new());
    }
}

#[tokio::test]
async fn lateness_is_of_the_moment_and_the_tray_counts_it() {
    for (node, admin, _database) in each_node().await {
        let promised = node.clock.now().0 + HOUR_MS;
        let late = create(&node, &admin, &json!({ "reason": "late", "promised": promised })).await;
        create(&node, &admin, &json!({ "reason": "on time" })).await;
        let (technician, _) = node.add_user(&admin, "tech@example.com", "technician").await;
        let assign = json!({ "technician": technician });
        node.post(&admin.token, &format!("/v1/orders/{late}/assign"), &assign).await;

        let before = node.get(&admin.token, "/v1/orders?late=true").await;
        node.clock.advance_ms(2 * HOUR_MS);
        let admin = Admin {
            token: text(&node.sign_in(&admin.email, super::support::PASSWORD).await.body["access_token"]),
            ..admin
        };
        let after = node.get(&admin.token, "/v1/orders?late=true").await;
        let counts = node.get(&admin.token, "/v1/orders/counts").await;

        assert_eq!(reasons(&before), Vec::<String>::new());
        assert_eq!(reasons(&after), ["late"]);
        assert_eq!(after.body["orders"][0]["is_late"], true);
        assert_eq!(
            counts.body,
            json!({
                "open": 2, "unassigned": 1, "attention": 0, "waiting": 0, "late": 1, "done_today": 0,
                "categories": { "new": 2 }, "states": { "created": 2 },
            })
        );
    }
}

#[tokio::test]
async fn a_wrong_question_is_answered_by_name() {
    for (node, admin, _database) in each_node().await {
        for reason in ["one", "two"] {
            create(&node, &admin, &json!({ "reason": reason })).await;
        }
        let first = node.get(&admin.token, "/v1/orders?sort=number&limit=1").await;
        let next = text(&first.body["next"]);

        let other = node.get(&admin.token, &format!("/v1/orders?sort=-number&page={next}")).await;
        let unknown = node.get(&admin.token, "/v1/orders?sort=weather").await;
        let second = node.get(&admin.token, &format!("/v1/orders?sort=number&limit=1&page={next}")).await;

        assert_eq!((other.status.as_u16(), other.body["field"].as_str()), (422, Some("page")));
        assert!(text(&other.body["detail"]).contains("another sort"), "{}", other.body);
        assert_eq!((unknown.status.as_u16(), unknown.body["field"].as_str()), (422, Some("sort")));
        assert_eq!(reasons(&second), ["two"]);
    }
}
