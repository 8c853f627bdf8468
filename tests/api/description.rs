//! The description of the interface, and what follows from the table it comes from.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::each_node;

#[tokio::test]
async fn the_interface_describes_itself_for_programs_and_for_people() {
    for (node, _, _database) in each_node().await {
        let document = node.send(node.request(Method::GET, "/v1/openapi.json")).await;
        let page = node.request(Method::GET, "/docs").send().await.unwrap();

        assert_eq!(document.body["openapi"], "3.1.0");
        assert_eq!(document.body["paths"]["/v1/customers"]["post"]["operationId"], "createCustomer");
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        let page = page.text().await.unwrap();
        assert!(page.contains("createCustomer") && !page.contains("<script") && !page.contains("src=\"http"));
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused_with_those_it_has() {
    for (node, admin, _database) in each_node().await {
        let request = node.request(Method::DELETE, "/v1/customers").bearer_auth(&admin.token);
        let response = request.send().await.unwrap();

        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "POST, GET");
        assert!(response.headers()["content-type"].to_str().unwrap().contains("problem+json"));
        assert_eq!(node.get(&admin.token, "/v1/nothing").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_door_refuses_a_role_before_it_reads_a_body() {
    for (node, admin, _database) in each_node().await {
        let (_, viewer) = node.add_user(&admin, "vera@example.com", "viewer").await;

        let refused = node.post(&viewer, "/v1/customers", &json!("nonsense")).await;
        let unknown = node.post("no token", "/v1/customers", &json!("nonsense")).await;

        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "role_forbidden"));
        assert_eq!((unknown.status, unknown.code()), (StatusCode::UNAUTHORIZED, "token_invalid"));
    }
}
