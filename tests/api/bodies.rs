//! Bodies that are hostile, damaged or of the wrong kind. Never a panic, never a long wait.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::each_node;

// covers: F9
#[tokio::test]
async fn deep_large_and_broken_json_is_refused_by_name() {
    for (node, admin, _database) in each_node().await {
        let post = |body: String| {
            let request = node.request(Method::POST, "/v1/customers").bearer_auth(&admin.token);
            node.send(request.header("content-type", "application/json").body(body))
        };

        let deep = post("[".repeat(1_000_000)).await;
        let deep_but_small = post("[".repeat(60_000)).await;
        let nested_value = post(format!("{{\"name\":{}", "[".repeat(200))).await;
        let broken = post("{\"name\": \"x\"".to_owned()).await;
        let lone_surrogate = post("{\"name\": \"\\ud800\"}".to_owned()).await;

        assert_eq!((deep.status.as_u16(), deep.code()), (413, "too_large"));
        assert_eq!(broken.code(), "malformed");
        assert_eq!(lone_surrogate.code(), "malformed");
        for answer in [deep_but_small, nested_value] {
            assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid"), "{}", answer.body);
        }
        assert_eq!(
            node.get(&admin.token, "/v1/customers").await.body["rows"],
            json!([]),
            "nothing is stored"
        );
    }
}

#[tokio::test]
async fn moments_without_a_zone_zones_that_are_none_and_places_that_are_nowhere_are_refused_by_name() {
    for (node, admin, _database) in each_node().await {
        let moment = |start: Value| json!({ "reason": "hums", "window": { "start": start, "end": 1_800_000_000_000_i64 } });
        for body in [moment(json!("2026-01-01T10:00")), moment(json!("2026-01-01")), moment(json!(1.5))] {
            let refused = node.post(&admin.token, "/v1/orders", &body).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid"), "{}", refused.body);
        }
        for zone in ["Mars/Olympus", "GMT+25", "../etc/passwd"] {
            let body = json!({ "reason": "hums", "zone": zone });
            let refused = node.post(&admin.token, "/v1/orders", &body).await;
            assert_eq!((refused.status.as_u16(), &refused.body["field"]), (422, &json!("zone")), "{zone}");
        }
        let customer =
            node.post(&admin.token, "/v1/customers", &json!({ "name": "Ana" })).await.body["id"].clone();
        for (latitude, longitude, field) in
            [(91.0, 0.0, "latitude"), (0.0, 180.5, "longitude"), (0.0, -181.0, "longitude")]
        {
            let body =
                json!({ "customer_id": customer, "name": "x", "latitude": latitude, "longitude": longitude });
            let refused = node.post(&admin.token, "/v1/sites", &body).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.body["field"]),
                (422, &json!(field)),
                "{latitude} {longitude}"
            );
        }
        assert_eq!(node.get(&admin.token, "/v1/orders").await.body["orders"], json!([]));
        assert_eq!(node.get(&admin.token, "/v1/sites").await.body["rows"], json!([]));
    }
}

// covers: F7
#[tokio::test]
async fn compressed_bodies_are_refused_unread_and_other_types_too() {
    for (node, admin, _database) in each_node().await {
        for encoding in ["br", "gzip", "zstd", "deflate", "identity, gzip"] {
            let request = node.request(Method::POST, "/v1/customers").bearer_auth(&admin.token);
            let request =
                request.header("content-type", "application/json").header("content-encoding", encoding);
            let refused = node.send(request.body("{\"name\":\"x\"}")).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (415, "unsupported_encoding"));
        }
        let request = node.request(Method::POST, "/v1/customers").bearer_auth(&admin.token);
        let refused = node.send(request.header("content-type", "text/plain").body("{\"name\":\"x\"}")).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (415, "unsupported_type"));
    }
}

#[tokio::test]
async fn paths_and_queries_that_are_none_are_not_found_or_malformed() {
    for (node, admin, _database) in each_node().await {
        for (method, path) in [
            (Method::GET, "/v1/nothing"),
            (Method::GET, "/v1/customers/not-an-id"),
            (Method::GET, "/v1/customers/%ff%fe"),
            (Method::GET, "/../etc/passwd"),
        ] {
            let answer = node.send(node.request(method, path).bearer_auth(&admin.token)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (404, "not_found"), "{path}");
        }
        for (path, code) in [
            ("/v1/customers?limit=many", "malformed"),
            ("/v1/customers?limit=0", "invalid"),
            ("/v1/customers?limit=201", "invalid"),
            ("/v1/customers?page=x", "invalid"),
            ("/v1/customers?customer=x", "invalid"),
        ] {
            assert_eq!(node.get(&admin.token, path).await.code(), code, "{path}");
        }
    }
}

#[tokio::test]
async fn requests_without_a_good_token_are_refused_before_anything_is_read() {
    for (node, _admin, _database) in each_node().await {
        for header in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "bearer x"] {
            let request = node.request(Method::POST, "/v1/customers").header("authorization", header);
            let refused = node.send(request.json(&json!({ "name": "x" }))).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (401, "token_invalid"), "{header}");
        }
    }
}
