//! Two organizations on one server never learn of each other.

use reqwest::Method;
use serde_json::json;

use super::support::{each_node, text};

// covers: F4
#[tokio::test]
async fn ids_of_another_organization_are_answered_like_ids_that_never_were() {
    for (node, admin, _database) in each_node().await {
        let other = node.set_up_another("olga@example.com").await;
        let customer = node.post(&other.token, "/v1/customers", &json!({ "name": "Secret" })).await;
        let of_other = json!({ "customer_id": customer.body["id"], "name": "X" });
        let site = node.post(&other.token, "/v1/sites", &of_other).await;
        let equipment = node.post(&other.token, "/v1/equipment", &of_other).await;
        let body = json!({ "kind": "service", "code": "S", "name": "S", "unit": "h", "price_minor": 1 });
        let item = node.post(&other.token, "/v1/catalogue-items", &body).await;
        let never = "00000000-0000-0000-0000-000000000009";

        for (path, id, body) in [
            ("/v1/customers", text(&customer.body["id"]), json!({ "name": "X" })),
            ("/v1/sites", text(&site.body["id"]), of_other.clone()),
            ("/v1/equipment", text(&equipment.body["id"]), of_other.clone()),
            ("/v1/catalogue-items", text(&item.body["id"]), body),
            (
                "/v1/users",
                other.user_id.clone(),
                json!({ "email": "x@example.com", "name": "X", "role": "admin", "language": "en" }),
            ),
        ] {
            // People are disabled, never deleted.
            let methods = [Method::GET, Method::PUT, Method::DELETE];
            for method in methods.iter().filter(|method| path != "/v1/users" || *method != Method::DELETE) {
                let ask = |id: &str| {
                    let request = node.request(method.clone(), &format!("{path}/{id}"));
                    node.send(request.bearer_auth(&admin.token).header("if-match", "\"1\"").json(&body))
                };
                let (foreign, absent) = (ask(&id).await, ask(never).await);

                assert_eq!(foreign.status.as_u16(), 404, "{method} {path}");
                assert_eq!(foreign.without_request_id(), absent.without_request_id(), "{method} {path}");
            }
        }

        let contact = node.post(&admin.token, "/v1/contacts", &of_other).await;
        assert_eq!((contact.status.as_u16(), contact.body["field"].as_str()), (422, Some("customer_id")));
        let listed = node.get(&admin.token, "/v1/customers?archived=true").await;
        assert_eq!(listed.body["rows"], json!([]));
        assert_eq!(node.get(&other.token, "/v1/customers").await.body["rows"].as_array().unwrap().len(), 1);
    }
}
