//! `campo demo`: a company that can be looked at at once, and never beside another one.

use campo_demo_company::seed::{ADMIN, PASSWORD};
use harness::databases::each_database;
use harness::process::CampoOptions;
use serde_json::{Value, json};

#[tokio::test]
async fn a_believable_company_is_served_by_one_command_and_never_beside_another() {
    for database in each_database() {
        let mut demo = CampoOptions::new(&database, database.directory()).verb("demo").start().await;
        let told = demo.says("password for everybody: ").await;
        demo.says("ready").await;
        let (_, email) = ADMIN;
        let http = reqwest::Client::new();
        let session = http.post(format!("{}/v1/session", demo.url()));
        let session: Value = session
            .json(&json!({ "email": email, "password": told }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = session["access_token"].as_str().expect("whoever was named signs in");
        let orders = http.get(format!("{}/v1/orders", demo.url())).bearer_auth(token).send().await.unwrap();
        let orders: Value = orders.json().await.unwrap();
        demo.terminate().await.unwrap();
        let (ended, options) = demo.ended().await.unwrap();
        let again = options.end_of(&["demo"]).await;

        assert_eq!((told.as_str(), ended.success()), (PASSWORD, true));
        assert!(orders["orders"].as_array().is_some_and(|orders| orders.len() > 10), "{orders}");
        assert!(!again.status.success());
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(said.contains("there is an organization already"), "{said}");
    }
}
