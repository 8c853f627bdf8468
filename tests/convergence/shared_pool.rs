//! The shared pool over real phones: who sees an order, who takes it, and what becomes of two who took it offline.

use std::path::Path;

use harness::databases::each_database;
use harness::phone::NOWHERE;
use harness::temp::TemporaryDirectory;
use mobile_ffi::{Client, fresh_id};
use reqwest::Method;
use serde_json::json;
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::OrderCommand;
use sync_core::order::command::VisitStamp;

use super::phones_and_server::{Office, PASSWORD, TECHNICIAN, config, note};

const SECOND: &str = "second@example.com";

async fn signed_in(office: &Office, directory: &Path, email: &str) -> Client {
    let client = Client::open(config(directory, &office.url)).unwrap();
    client.sign_in(email, PASSWORD).await.unwrap();
    client
}

/// Whether a phone has an order after it asked the server.
async fn sees(phone: &Client, order: OrderId) -> bool {
    phone.sync_now().await.unwrap();
    phone.orders().await.unwrap().iter().any(|row| row.id == order)
}

async fn pooled_order(office: &Office, body: serde_json::Value) -> OrderId {
    let order = OrderId::from_bytes(fresh_id());
    office.send(Method::POST, "/v1/orders", Some(json!({ "id": order, "reason": "no cooling" }))).await;
    office.send(Method::POST, &format!("/v1/orders/{order}/offer"), Some(body)).await;
    order
}

#[tokio::test]
async fn an_order_of_the_pool_is_on_every_phone_until_somebody_takes_it() {
    for database in each_database() {
        let office = Office::open(&database).await;
        office.hire(SECOND).await;
        let (one, two) = (TemporaryDirectory::create("phone"), TemporaryDirectory::create("phone"));
        let first = signed_in(&office, one.path(), TECHNICIAN).await;
        let second = signed_in(&office, two.path(), SECOND).await;
        let order = pooled_order(&office, json!({})).await;
        assert!(sees(&first, order).await && sees(&second, order).await);
        let pool = office.get("/v1/orders?pool=true").await;
        assert_eq!(pool["orders"][0]["order"], json!(order));
        assert_eq!(pool["orders"][0]["offered_to"].as_array().map(Vec::len), Some(2));

        first.execute(order, OrderCommand::Take).await.unwrap();
        first.sync_now().await.unwrap();

        assert!(!sees(&second, order).await, "it is taken");
        assert_eq!(office.get("/v1/orders?pool=true").await["orders"], json!([]));
        let view = office.get(&format!("/v1/orders/{order}")).await;
        assert_eq!(view["assignees"], json!({ office.technician.as_str(): "taken" }));
        assert_eq!(view["attention"], json!([]));
        let unassign = json!({ "technician": office.technician });
        office.send(Method::POST, &format!("/v1/orders/{order}/unassign"), Some(unassign)).await;
        assert!(sees(&second, order).await, "it is back in the pool");
        assert!(!sees(&first, order).await);
        office.close().await;
    }
}

#[tokio::test]
async fn two_who_take_an_order_without_a_network_both_keep_it_and_the_office_hears_who_began() {
    for database in each_database() {
        let office = Office::open(&database).await;
        let colleague = office.hire(SECOND).await;
        let team = json!({ "name": "North", "member_ids": [office.technician, colleague] });
        let team = office.send(Method::POST, "/v1/teams", Some(team)).await;
        let directories = [TemporaryDirectory::create("phone"), TemporaryDirectory::create("phone")];
        let order = pooled_order(&office, json!({ "team": team["id"] })).await;
        for (directory, email) in directories.iter().zip([TECHNICIAN, SECOND]) {
            assert!(sees(&signed_in(&office, directory.path(), email).await, order).await);
        }
        for (number, directory) in (1..).zip(&directories) {
            let offline = Client::open(config(directory.path(), NOWHERE)).unwrap();
            offline.execute(order, OrderCommand::Take).await.unwrap();
            offline.execute(order, note(number)).await.unwrap();
            if number == 2 {
                let id = |byte| EntryId::from_bytes([byte; 16]);
                let stamp =
                    VisitStamp { visit: id(7), stamp: id(8), position: None, reason: None, then: None };
                offline.execute(order, OrderCommand::StartTravel(stamp)).await.unwrap();
            }
            drop(offline);
        }
        for directory in &directories {
            let back = Client::open(config(directory.path(), &office.url)).unwrap();
            back.sync_now().await.unwrap();
            assert_eq!(back.unsent_count().await, Ok(0));
        }

        let view = office.get(&format!("/v1/orders/{order}")).await;
        let both = json!({ office.technician.as_str(): "taken", colleague.as_str(): "taken" });
        assert_eq!(view["assignees"], both);
        assert_eq!(view["notes"].as_object().map(serde_json::Map::len), Some(2));
        assert_eq!(view["attention"][0]["kind"], "taken_twice");
        assert_eq!(view["attention"][0]["technicians"], json!([colleague, office.technician]));
        assert_eq!(view["attention"][0]["is_begun"], true);
        office.close().await;
    }
}
