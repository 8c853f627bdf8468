//! Who could do an order. Never who will.

use reqwest::StatusCode;
use serde_json::json;

use super::support::{each_node, text};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn the_nearer_comes_first_and_who_is_away_comes_last() {
    for (node, admin, _database) in each_node().await {
        let post = |path: &'static str, body: serde_json::Value| {
            let (node, token) = (&node, &admin.token);
            async move {
                let made = node.post(token, path, &body).await;
                assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
                text(&made.body["id"])
            }
        };
        let (far, _) = node.add_user(&admin, "far@example.com", "technician").await;
        let (near, _) = node.add_user(&admin, "near@example.com", "technician").await;
        let (away, token) = node.add_user(&admin, "away@example.com", "technician").await;
        let profile = |user: &str, latitude: f64| json!({ "user_id": user, "name": user, "latitude": latitude, "longitude": -46.6 });
        post("/v1/staff-profiles", profile(&far, -23.9)).await;
        post("/v1/staff-profiles", profile(&near, -23.6)).await;
        let mut absent = profile(&away, -23.5);
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        absent["working_hours"] =
            days.map(|day| json!({ "day": day, "from": "08:00", "until": "17:00" })).into_iter().collect();
        absent["absences"] = json!([{ "from": "2020-01-01", "until": "2099-12-31" }]);
        post("/v1/staff-profiles", absent).await;
        let customer = post("/v1/customers", json!({ "name": "Padaria" })).await;
        let site = json!({ "customer_id": customer, "name": "Loja", "latitude": -23.5, "longitude": -46.6 });
        let site = post("/v1/sites", site).await;
        let start = node.clock.now().0 + HOUR_MS;
        let window = json!({ "start": start, "end": start + HOUR_MS });
        let order = json!({ "reason": "forno", "customer": customer, "site": site, "window": window });
        let order = post("/v1/orders", order).await;

        let path = format!("/v1/orders/{order}/suggestions");
        let suggested = node.get(&admin.token, &path).await;
        let refused = node.get(&token, &path).await;

        let ranked = suggested.body["technicians"].as_array().unwrap();
        let people: Vec<_> = ranked.iter().map(|one| text(&one["technician"])).collect();
        assert_eq!(people, [near, far, away], "{}", suggested.body);
        assert_eq!(ranked[0]["reasons"][1], json!({ "kind": "near", "metres": 11_120, "from": "base" }));
        assert_eq!(ranked[0]["sentences"][1], "11.1 km from where the day begins");
        assert_eq!(ranked[2]["reasons"][0]["kind"], "away");
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
}
