//! The description of the interface, and what follows from the table it comes from.

use std::path::Path;

use campo::http::description;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::each_node;

#[test]
fn docs_openapi_json_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");

    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, description::text()).unwrap();
    }

    let is_same = std::fs::read_to_string(&path).is_ok_and(|committed| committed == description::text());
    assert!(is_same, "run `UPDATE_SNAPSHOTS=1 cargo xtask test docs_openapi` and read the difference");
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let text = description::text();
    let document: Value = serde_json::from_str(text).unwrap();
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("\"$ref\": \"#"));
    let references: Vec<&str> = lines.map(|rest| rest.trim_end_matches(',').trim_end_matches('"')).collect();

    assert!(references.len() > 100);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

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
