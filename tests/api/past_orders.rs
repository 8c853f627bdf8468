//! Orders as they were, and many orders at once. Never a device's way.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{Answer, TestNode, each_node, text};

async fn command(node: &TestNode, token: &str, order: &str, body: &Value) -> Answer {
    let answer = node.post(token, &format!("/v1/orders/{order}/commands"), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

#[tokio::test]
async fn an_order_is_read_as_it_was_and_the_difference_is_told() {
    for (node, admin, _database) in each_node().await {
        let order =
            text(&node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await.body["id"]);
        let moment = node.clock.now().0;
        node.clock.advance_ms(60_000);
        command(&node, &admin.token, &order, &json!({ "command": "set_reason", "reason": "drips" })).await;
        let path = format!("/v1/orders/{order}");
        let history = node.get(&admin.token, &format!("{path}/history")).await;
        let changes = history.body["changes"].as_array().unwrap().clone();
        let heads = |entry: &Value| {
            let heads = entry["heads"].as_array().unwrap();
            heads.iter().map(text).collect::<Vec<_>>().join(",")
        };
        let (first, last) = (heads(&changes[0]), heads(changes.last().unwrap()));

        let at = node.get(&admin.token, &format!("{path}/at?at={moment}")).await;
        let by_heads = node.get(&admin.token, &format!("{path}/at?heads={first}")).await;
        let current = node.get(&admin.token, &format!("{path}/at?heads={last}")).await;
        let told = node.get(&admin.token, &format!("{path}/difference?from={moment}&to={last}")).await;

        assert_eq!(at.body["plan"]["reason"], "hums", "{}", at.body);
        assert_eq!(
            (&by_heads.body["plan"]["reason"], &by_heads.body["plan"]["number"]),
            (&json!("hums"), &Value::Null)
        );
        assert_eq!(current.etag, node.get(&admin.token, &path).await.etag);
        assert_eq!(told.body["differences"][0]["field"], "plan/reason", "{}", told.body);
        assert!(text(&told.body["sentences"][0]).contains("drips"), "{}", told.body);
        for (query, status, field) in [
            (format!("at?at={}", moment - 1_000_000), 404, None),
            (format!("at?heads={}", "0".repeat(64)), 404, None),
            ("at?heads=yesterday".to_owned(), 422, Some("heads")),
            ("difference?from=x&to=1".to_owned(), 422, Some("from")),
        ] {
            let answer = node.get(&admin.token, &format!("{path}/{query}")).await;
            assert_eq!((answer.status.as_u16(), answer.body["field"].as_str()), (status, field), "{query}");
        }
    }
}

#[tokio::test]
async fn many_orders_are_assigned_at_once_and_each_is_answered() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let mut orders = Vec::new();
        for reason in ["one", "two", "three"] {
            orders.push(text(
                &node.post(&admin.token, "/v1/orders", &json!({ "reason": reason })).await.body["id"],
            ));
        }
        node.post(&admin.token, &format!("/v1/orders/{}/cancel", orders[1]), &json!({ "reason": "x" })).await;
        orders.push("00000000-0000-4000-8000-000000000000".to_owned());
        let body = json!({ "orders": orders, "technician": technician });

        let assigned = node.post(&admin.token, "/v1/orders/bulk/assign", &body).await;
        let again = node.post(&admin.token, "/v1/orders/bulk/assign", &body).await;
        let forbidden = node.post(&token, "/v1/orders/bulk/assign", &body).await;
        let empty = json!({ "orders": [], "technician": technician });
        let none = node.post(&admin.token, "/v1/orders/bulk/assign", &empty).await;

        let outcomes = |answer: &Answer| {
            let orders = answer.body["orders"].as_array().unwrap();
            orders.iter().map(|order| text(&order["outcome"])).collect::<Vec<_>>()
        };
        assert_eq!(
            outcomes(&assigned),
            ["assigned", "invalid", "assigned", "not_found"],
            "{}",
            assigned.body
        );
        assert_eq!(assigned.body["orders"][1]["rule"], "order_closed");
        assert_eq!(again.body, assigned.body);
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        assert_eq!((none.status.as_u16(), none.body["field"].as_str()), (422, Some("orders")));
        let own = node.get(&token, "/v1/orders").await;
        assert_eq!(own.body["orders"].as_array().unwrap().len(), 2);
    }
}
