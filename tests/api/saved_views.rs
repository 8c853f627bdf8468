//! Lists of orders under names. Never the lists.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::{each_node, text};

#[tokio::test]
async fn own_views_are_ones_own_and_shared_ones_are_everybodys() {
    for (node, admin, _database) in each_node().await {
        let (_, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let late = json!({ "name": "Late", "filter": { "late": true, "priority": "urgent" }, "sort": "promised",
            "columns": ["number", "customer"], "is_shared": true });
        let own = json!({ "name": "Mine", "filter": { "q": "forno" } });

        let shared = node.post(&admin.token, "/v1/saved-views", &late).await;
        let mine = node.post(&token, "/v1/saved-views", &own).await;
        let sharing = node.post(&token, "/v1/saved-views", &late).await;
        let seen_by_admin = node.get(&admin.token, "/v1/saved-views").await;
        let seen_by_tech = node.get(&token, "/v1/saved-views").await;

        assert_eq!(
            (shared.status, mine.status),
            (StatusCode::CREATED, StatusCode::CREATED),
            "{}",
            shared.body
        );
        assert_eq!(sharing.code(), "role_forbidden");
        assert_eq!(seen_by_admin.body["rows"].as_array().unwrap().len(), 1);
        assert_eq!(seen_by_tech.body["rows"].as_array().unwrap().len(), 2);
        assert_eq!(seen_by_tech.body["rows"][0]["filter"], late["filter"]);
        let path = format!("/v1/saved-views/{}", text(&shared.body["id"]));
        let foreign = node.send(node.request(Method::DELETE, &path).bearer_auth(&token)).await;
        assert_eq!(foreign.code(), "role_forbidden");
        let renamed = json!({ "name": "Too late", "is_shared": true });
        let updated = node.put(&admin.token, &path, shared.etag.as_deref().unwrap(), &renamed).await;
        assert_eq!((updated.status, &updated.body["name"]), (StatusCode::OK, &json!("Too late")));
        let stale = node.put(&admin.token, &path, shared.etag.as_deref().unwrap(), &renamed).await;
        assert_eq!(stale.code(), "stale");
    }
}

#[tokio::test]
async fn a_view_of_something_the_list_does_not_know_is_refused_by_name() {
    for (node, admin, _database) in each_node().await {
        for (view, field) in [
            (json!({ "name": "x", "filter": { "weather": "rain" } }), "filter"),
            (json!({ "name": "x", "filter": { "late": "perhaps" } }), "filter"),
            (json!({ "name": "x", "filter": { "page": "abc" } }), "filter"),
            (json!({ "name": "x", "sort": "weather" }), "sort"),
            (json!({ "name": " " }), "name"),
        ] {
            let refused = node.post(&admin.token, "/v1/saved-views", &view).await;
            assert_eq!(
                (refused.status.as_u16(), refused.body["field"].as_str()),
                (422, Some(field)),
                "{view}"
            );
        }
    }
}
