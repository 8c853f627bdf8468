//! Where equipment was and what was done to it. Never what it is, which is a record like others.

use serde_json::{Value, json};

use super::support::{each_node, text};

#[tokio::test]
async fn a_move_is_kept_and_the_orders_about_it_are_found() {
    for (node, admin, _database) in each_node().await {
        let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Hospital" })).await;
        let mut sites = Vec::new();
        for name in ["Torre A", "Torre B"] {
            let site = json!({ "customer_id": customer.body["id"], "name": name });
            sites.push(node.post(&admin.token, "/v1/sites", &site).await.body["id"].clone());
        }
        let body = |site: &Value, name: &str| json!({ "customer_id": customer.body["id"], "site_id": site, "name": name });
        let made = node.post(&admin.token, "/v1/equipment", &body(&sites[0], "Chiller")).await;
        let one = format!("/v1/equipment/{}", text(&made.body["id"]));
        node.put(&admin.token, &one, "\"1\"", &body(&sites[0], "Chiller 2")).await;
        let moved = node.put(&admin.token, &one, "\"2\"", &body(&sites[1], "Chiller 2")).await;
        assert_eq!(moved.status.as_u16(), 200, "{}", moved.body);
        let order = json!({ "reason": "hums", "equipment": [made.body["id"]] });
        let order = node.post(&admin.token, "/v1/orders", &order).await;
        node.post(&admin.token, "/v1/orders", &json!({ "reason": "another" })).await;

        let history = node.get(&admin.token, &format!("{one}/history")).await;
        let unknown =
            node.get(&admin.token, "/v1/equipment/00000000-0000-0000-0000-000000000009/history").await;

        let moves = history.body["moves"].as_array().unwrap();
        let places: Vec<_> = moves.iter().map(|moved| (&moved["version"], &moved["site_id"])).collect();
        assert_eq!(places, [(&json!(3), &sites[1]), (&json!(1), &sites[0])]);
        assert_eq!(moves[0]["by"], json!(admin.user_id));
        assert_eq!(history.body["orders"].as_array().unwrap().len(), 1);
        assert_eq!(history.body["orders"][0]["order"], order.body["id"]);
        assert_eq!(unknown.code(), "not_found");
    }
}
