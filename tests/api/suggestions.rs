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

#[tokio::test]
async fn who_lacks_a_skill_or_whose_certificate_has_run_out_comes_after_who_has_it() {
    for (node, admin, _database) in each_node().await {
        let post = async |path: &str, body: serde_json::Value| {
            let made = node.post(&admin.token, path, &body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
            text(&made.body["id"])
        };
        let skill = post("/v1/skills", json!({ "name": "Ammonia", "certificate_required": true })).await;
        let other = post("/v1/skills", json!({ "name": "Heights" })).await;
        let profile = async |email: &str, name: &str, expires_on: &str| {
            let (user, _) = node.add_user(&admin, email, "technician").await;
            let skills = json!([{ "skill_id": skill, "certificate": "1", "expires_on": expires_on }, { "skill_id": other }]);
            let skills = if name == "none" { json!([]) } else { skills };
            post("/v1/staff-profiles", json!({ "user_id": user, "name": name, "skills": skills })).await;
            user
        };
        let none = profile("a@example.com", "none", "").await;
        let old = profile("b@example.com", "old", "2020-01-01").await;
        let able = profile("c@example.com", "able", "2099-01-01").await;
        let kind = json!({ "key": "chiller", "name": { "en": "Chiller" }, "skill_ids": [skill, other] });
        post("/v1/order-kinds", kind).await;
        let order = post("/v1/orders", json!({ "reason": "hums", "kind": "chiller" })).await;

        let suggested = node.get(&admin.token, &format!("/v1/orders/{order}/suggestions")).await;

        let ranked = suggested.body["technicians"].as_array().unwrap();
        let people: Vec<_> = ranked.iter().map(|one| text(&one["technician"])).collect();
        assert_eq!(people, [able, old, none], "{}", suggested.body);
        assert_eq!(ranked[0]["sentences"][1], "has all 2 skills it takes");
        assert_eq!(ranked[1]["reasons"][1], json!({ "kind": "skills", "needed": 2, "missing": 1 }));
        assert_eq!(ranked[2]["sentences"][1], "lacks 2 of 2 skills it takes");
    }
}

#[tokio::test]
async fn of_two_who_are_about_as_near_the_one_with_less_to_do_comes_first() {
    for (node, admin, _database) in each_node().await {
        let post = async |path: &str, body: serde_json::Value| {
            let made = node.post(&admin.token, path, &body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
            text(&made.body["id"])
        };
        let person = async |email: &str, latitude: f64| {
            let (user, _) = node.add_user(&admin, email, "technician").await;
            let profile = json!({ "user_id": user, "name": email, "latitude": latitude, "longitude": -46.6 });
            post("/v1/staff-profiles", profile).await;
            user
        };
        // Less than a kilometre apart, both within the first two; the third is eleven away and free.
        let busy = person("busy@example.com", -23.501).await;
        let free = person("free@example.com", -23.509).await;
        let far = person("far@example.com", -23.6).await;
        let customer = post("/v1/customers", json!({ "name": "Padaria" })).await;
        let site = json!({ "customer_id": customer, "name": "Loja", "latitude": -23.5, "longitude": -46.6 });
        let site = post("/v1/sites", site).await;
        let start = node.clock.now().0 + HOUR_MS;
        let window =
            |hour: i64| json!({ "start": start + hour * HOUR_MS, "end": start + (hour + 1) * HOUR_MS });
        let later = json!({ "reason": "later", "window": window(2), "assignees": [{ "technician": busy, "role": "lead" }] });
        post("/v1/orders", later).await;
        let order = json!({ "reason": "forno", "customer": customer, "site": site, "window": window(0) });
        let order = post("/v1/orders", order).await;

        let suggested = node.get(&admin.token, &format!("/v1/orders/{order}/suggestions")).await;

        let ranked = suggested.body["technicians"].as_array().unwrap();
        let people: Vec<_> = ranked.iter().map(|one| text(&one["technician"])).collect();
        assert_eq!(people, [free, busy, far], "{}", suggested.body);
    }
}

#[tokio::test]
async fn somebody_comes_from_the_visit_before_and_not_from_home() {
    for (node, admin, _database) in each_node().await {
        let post = async |path: &str, body: serde_json::Value| {
            let made = node.post(&admin.token, path, &body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
            text(&made.body["id"])
        };
        let (user, _) = node.add_user(&admin, "tech@example.com", "technician").await;
        post(
            "/v1/staff-profiles",
            json!({ "user_id": user, "name": "T", "latitude": -23.9, "longitude": -46.6 }),
        )
        .await;
        let customer = post("/v1/customers", json!({ "name": "Padaria" })).await;
        let site = async |latitude: f64| {
            let site =
                json!({ "customer_id": customer, "name": "Loja", "latitude": latitude, "longitude": -46.6 });
            post("/v1/sites", site).await
        };
        let (here, before) = (site(-23.5).await, site(-23.51).await);
        let start = node.clock.now().0 + HOUR_MS;
        let order = |site: &str, hour: i64, assignees: serde_json::Value| {
            json!({ "reason": "x", "customer": customer, "site": site, "assignees": assignees,
                "window": { "start": start + hour * HOUR_MS, "end": start + (hour + 1) * HOUR_MS } })
        };
        post("/v1/orders", order(&before, 0, json!([{ "technician": user, "role": "lead" }]))).await;
        let order = post("/v1/orders", order(&here, 1, json!([]))).await;

        let suggested = node.get(&admin.token, &format!("/v1/orders/{order}/suggestions")).await;

        let reasons = suggested.body["technicians"][0]["reasons"].clone();
        assert_eq!(reasons[1], json!({ "kind": "near", "metres": 1_112, "from": "previous_visit" }));
        assert_eq!(reasons[2], json!({ "kind": "load", "orders": 1 }));
    }
}
