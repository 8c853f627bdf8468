//! The first run. Never a second organization by this way.

use campo::accounts::offer_set_up;
use harness::databases::each_database;
use reqwest::Method;
use serde_json::json;

use super::support::{set_up_body, start, text};

#[tokio::test]
async fn the_set_up_link_makes_one_organization_and_is_used_up() {
    for database in each_database() {
        let node = start(&database).await;
        let token = offer_set_up(&node.app).await.unwrap().unwrap();
        let body = set_up_body(&token, "ana@example.com");

        let first = node.send(node.request(Method::POST, "/v1/setup").json(&body)).await;
        let second = node.send(node.request(Method::POST, "/v1/setup").json(&body)).await;

        assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 404));
        assert_eq!(offer_set_up(&node.app).await.unwrap(), None, "nothing is offered any more");
        let session = node.sign_in("Ana@Example.com ", super::support::PASSWORD).await;
        let me = node.get(&text(&session.body["access_token"]), "/v1/organization").await;
        assert_eq!((&me.body["name"], &me.body["zone"]), (&json!("Boa Vista"), &json!("America/Sao_Paulo")));
    }
}

#[tokio::test]
async fn an_older_link_ends_when_a_newer_one_is_printed() {
    for database in each_database() {
        let node = start(&database).await;
        let older = offer_set_up(&node.app).await.unwrap().unwrap();
        offer_set_up(&node.app).await.unwrap().unwrap();

        let body = set_up_body(&older, "ana@example.com");
        let refused = node.send(node.request(Method::POST, "/v1/setup").json(&body)).await;

        assert_eq!(refused.status.as_u16(), 404);
    }
}

#[tokio::test]
async fn a_profile_that_cannot_be_is_refused_by_field_and_the_link_stays_good() {
    for database in each_database() {
        let node = start(&database).await;
        let token = offer_set_up(&node.app).await.unwrap().unwrap();
        for (section, field, value) in [
            ("organization", "zone", json!("Mars/Olympus")),
            ("organization", "currency", json!("R$")),
            ("organization", "name", json!("  ")),
            ("admin", "email", json!("ana")),
            ("admin", "password", json!("short")),
        ] {
            let mut body = set_up_body(&token, "ana@example.com");
            body[section][field] = value;

            let refused = node.send(node.request(Method::POST, "/v1/setup").json(&body)).await;

            assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some(field)));
        }
        let body = set_up_body(&token, "ana@example.com");
        assert_eq!(node.send(node.request(Method::POST, "/v1/setup").json(&body)).await.status.as_u16(), 201);
    }
}
