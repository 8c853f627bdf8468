//! Addresses asked of a real server that plays the geocoder, well and badly. Never the same address twice.

use campo::clock::Clock;
use campo::config::Config;
use harness::databases::each_database;
use harness::receiver::{Receiver, Reply};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{Admin, START, TestNode, config, start_with};

const NOMINATIM: &str = r#"[{"display_name":"Praça da Sé, São Paulo","lat":"-23.5505","lon":"-46.6333"},
    {"display_name":"nowhere","lat":"95","lon":"0"},{"lat":1}]"#;
const GEOJSON: &str = r#"{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[26.1,44.43]},"properties":{"label":"Piața Unirii"}}]}"#;

async fn ask(node: &TestNode, admin: &Admin, address: &str) -> Value {
    let address: String = form_urlencoded(address);
    let answer = node.get(&admin.token, &format!("/v1/places?q={address}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// As a form writes it.
fn form_urlencoded(text: &str) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().append_pair("q", text);
    url.query().unwrap().trim_start_matches("q=").to_owned()
}

#[tokio::test]
async fn an_address_is_asked_once_and_a_geocoder_that_fails_is_said_to() {
    for database in each_database() {
        let mut geocoder = Receiver::start(|number| match number {
            0 => Reply::Body(200, NOMINATIM.to_owned()),
            1 => Reply::Body(200, GEOJSON.to_owned()),
            2 => Reply::Body(200, "[]".to_owned()),
            3 => Reply::Status(500),
            4 => Reply::Body(200, "<html>".to_owned()),
            5 => Reply::Redirect("http://127.0.0.1:1/".to_owned()),
            _ => Reply::Body(200, format!("[\"{}\"]", "x".repeat(300_000))),
        })
        .await;
        let geocoder_url = Some(format!("http://{}/search?q={{query}}&format=jsonv2", geocoder.address));
        let node = start_with(Config { geocoder_url, ..config(&database) }, Clock::held_at(START)).await;
        let admin = node.set_up("ana@example.com").await;
        let (_, technician) = node.add_user(&admin, "ion@example.com", "technician").await;

        let found = ask(&node, &admin, "Praça da Sé & 1").await;
        let again = ask(&node, &admin, "  praca  da SÉ & 1 ").await;
        let other = ask(&node, &admin, "Piața Unirii").await;
        let none = ask(&node, &admin, "xyzzy").await;
        let failing = [
            ask(&node, &admin, "a").await,
            ask(&node, &admin, "b").await,
            ask(&node, &admin, "c").await,
            ask(&node, &admin, "d").await,
        ];

        let place = json!({ "label": "Praça da Sé, São Paulo", "latitude": -23.5505, "longitude": -46.6333 });
        assert_eq!(found, json!({ "state": "found", "places": [place] }));
        assert_eq!(again, found);
        assert_eq!(
            other["places"][0],
            json!({ "label": "Piața Unirii", "latitude": 44.43, "longitude": 26.1 })
        );
        assert_eq!(none, json!({ "state": "unknown", "places": [] }));
        for answer in failing {
            assert_eq!(answer, json!({ "state": "unavailable", "places": [] }));
        }
        let asked = geocoder.next().await;
        assert_eq!(asked.path, "/search?q=Pra%C3%A7a%20da%20S%C3%A9%20%26%201&format=jsonv2");
        assert!(geocoder.next().await.path.contains("Unirii"), "the same address was not asked again");
        assert_eq!(node.get(&technician, "/v1/places?q=x").await.code(), "role_forbidden");
        assert_eq!(node.get(&admin.token, "/v1/places?q=").await.code(), "invalid");
        node.stop().await;
        let without = start_with(config(&database), Clock::held_at(START)).await;
        assert_eq!(ask(&without, &admin, "Praça da Sé").await, json!({ "state": "off", "places": [] }));
        without.stop().await;
    }
}
