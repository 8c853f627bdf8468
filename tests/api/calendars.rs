//! Calendars behind secret addresses. Never a calendar program.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::{TestNode, each_node, text};

const HOUR_MS: i64 = 3_600_000;

async fn calendar(node: &TestNode, path: &str) -> (StatusCode, String) {
    let response = node.request(Method::GET, path).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_person_reads_their_visits_elsewhere_until_the_address_is_revoked() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let start = node.clock.now().0 + HOUR_MS;
        let window = json!({ "start": start, "end": start + HOUR_MS });
        let order = json!({ "reason": "forno", "window": window });
        let order = text(&node.post(&admin.token, "/v1/orders", &order).await.body["id"]);
        let path = format!("/v1/orders/{order}");
        node.post(&admin.token, &format!("{path}/assign"), &json!({ "technician": technician })).await;

        let made = node.post(&token, "/v1/calendar-feeds", &json!({ "technician": technician })).await;
        let foreign = node.post(&token, "/v1/calendar-feeds", &json!({ "technician": admin.user_id })).await;
        let address = text(&made.body["path"]);
        let (_, planned) = calendar(&node, &address).await;
        node.post(&admin.token, &format!("{path}/cancel"), &json!({ "reason": "desistiu" })).await;
        let (_, cancelled) = calendar(&node, &address).await;
        let feed = format!("/v1/calendar-feeds/{}", text(&made.body["id"]));
        let revoked = node.send(node.request(Method::DELETE, &feed).bearer_auth(&token)).await;
        let (after, _) = calendar(&node, &address).await;

        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
        let uid = format!("UID:{order}@");
        assert!(planned.starts_with("BEGIN:VCALENDAR") && planned.contains(&uid), "{planned}");
        assert!(planned.contains("STATUS:TENTATIVE") && planned.contains("forno"), "{planned}");
        assert!(cancelled.contains(&uid) && cancelled.contains("STATUS:CANCELLED"), "{cancelled}");
        assert_eq!(revoked.status, StatusCode::NO_CONTENT);
        assert_eq!(after, StatusCode::NOT_FOUND);
        let listed = node.get(&token, "/v1/calendar-feeds").await;
        assert!(listed.body["rows"][0]["revoked_at"].is_i64() && !listed.body.to_string().contains("ics"));
    }
}

#[tokio::test]
async fn a_team_reads_its_visits_as_a_calendar_and_as_a_map_behind_one_secret() {
    for (node, admin, _database) in each_node().await {
        let make = async |path: &str, body: serde_json::Value| {
            let made = node.post(&admin.token, path, &body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.body);
            made.body
        };
        let (technician, _) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (stranger, _) = node.add_user(&admin, "else@example.com", "technician").await;
        let team = make("/v1/teams", json!({ "name": "Norte", "member_ids": [technician] })).await;
        let customer = make("/v1/customers", json!({ "name": "Padaria" })).await["id"].clone();
        let site = json!({ "customer_id": customer, "name": "Loja", "latitude": -23.5, "longitude": -46.6 });
        let site = make("/v1/sites", site).await["id"].clone();
        let start = node.clock.now().0 + HOUR_MS;
        let order = |reason: &str, user: &str, site: serde_json::Value| {
            json!({ "reason": reason, "customer": customer, "site": site,
                "window": { "start": start, "end": start + HOUR_MS }, "assignees": [{ "technician": user, "role": "lead" }] })
        };
        let placed = make("/v1/orders", order("forno", &technician, site.clone())).await["id"].clone();
        make("/v1/orders", order("placeless", &technician, serde_json::Value::Null)).await;
        make("/v1/orders", order("of others", &stranger, site)).await;

        let feed = make("/v1/calendar-feeds", json!({ "team": team["id"] })).await;
        let (_, visits) = calendar(&node, &text(&feed["path"])).await;
        let (_, map) = calendar(&node, &text(&feed["map_path"])).await;
        node.send(
            node.request(Method::DELETE, &format!("/v1/calendar-feeds/{}", text(&feed["id"])))
                .bearer_auth(&admin.token),
        )
        .await;
        let (after, _) = calendar(&node, &text(&feed["map_path"])).await;

        assert_eq!(visits.matches("BEGIN:VEVENT").count(), 2, "{visits}");
        let map: serde_json::Value = serde_json::from_str(&map).unwrap();
        assert_eq!((&map["type"], &map["name"]), (&json!("FeatureCollection"), &json!("Norte")));
        assert_eq!(map["features"].as_array().unwrap().len(), 1, "{map}");
        assert_eq!(map["features"][0]["id"], placed);
        assert_eq!(map["features"][0]["geometry"]["coordinates"], json!([-46.6, -23.5]));
        assert_eq!(after, StatusCode::NOT_FOUND);
    }
}
