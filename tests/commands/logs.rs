//! What a server writes into its log while people work, and while others try their luck. Never a secret or a person.

use harness::databases::each_database;
use harness::process::CampoOptions;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::people::{INIT, PASSWORD};

const EMAIL: &str = "canary-zoe@example.com";
const NAME: &str = "Canary Zoé";
const NOTE: &str = "canary: the key is under the mat";

struct Caller<'a> {
    client: Client,
    url: &'a str,
    token: String,
}

impl Caller<'_> {
    async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        request.json(body).send().await.unwrap()
    }

    async fn made(&self, path: &str, body: &Value) -> Value {
        let response = self.send(Method::POST, path, body).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }
}

#[tokio::test]
async fn the_log_has_no_secret_and_no_person_and_one_line_is_one_line() {
    // covers: F20
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory())
            .environment("CAMPO_LOG", "debug,sqlx=warn,hyper=warn")
            .environment("CAMPO_SMTP_URL", "smtp://canary-user:canary-secret@127.0.0.1:1")
            .environment("CAMPO_MAIL_FROM", "os@example.com");
        options.command(INIT, &format!("{PASSWORD}\n")).await;
        let server = options.clone().start().await;
        let url = server.url();
        let mut caller = Caller { client: Client::new(), url: &url, token: String::new() };
        let session =
            caller.made("/v1/session", &json!({ "email": "ana@example.com", "password": PASSWORD })).await;
        caller.token = session["access_token"].as_str().unwrap().to_owned();
        let customer = json!({ "name": NAME, "email": EMAIL, "phone": "+5511987654321", "tax_id": "529.982.247-25", "tax_id_kind": "cpf" });
        let customer = caller.made("/v1/customers", &customer).await;
        let order = caller.made("/v1/orders", &json!({ "reason": NOTE, "customer": customer["id"] })).await;
        let order = order["id"].as_str().unwrap();
        caller.made(&format!("/v1/orders/{order}/notes"), &json!({ "text": NOTE })).await;
        let window = json!({ "window": { "start": 1_900_010_800_000_i64, "end": 1_900_014_400_000_i64 } });
        caller.made(&format!("/v1/orders/{order}/schedule"), &window).await;
        let token = json!({ "name": "canary-robot", "role": "viewer", "scopes": ["orders:read"] });
        let token = caller.made("/v1/api-tokens", &token).await["token"].as_str().unwrap().to_owned();
        // Wrong in every way: a password, a body, a question, a token, a line break in a header's place.
        caller
            .send(Method::POST, "/v1/session", &json!({ "email": EMAIL, "password": "canary-password" }))
            .await;
        caller.send(Method::POST, "/v1/customers", &json!({ "name": NAME, "canary_field": EMAIL })).await;
        caller
            .send(Method::GET, "/v1/customers?q=canary-zoe%40example.com%0ainjected%20line", &Value::Null)
            .await;
        caller.send(Method::GET, "/v1/orders?q=canary&sort=canary-sort", &Value::Null).await;
        caller.send(Method::GET, "/v1/canary-path%0d%0ainjected%20line", &Value::Null).await;
        let liar = Caller { token: "canary.token.made-up".to_owned(), client: Client::new(), url: &url };
        liar.send(Method::GET, "/v1/orders", &Value::Null).await;

        let logs = server.logs();

        assert!(logs.lines().count() > 10, "there is something to look at: {logs}");
        let lowered = logs.to_lowercase();
        let secrets = [&caller.token, &token, session["refresh_token"].as_str().unwrap()];
        let people =
            ["canary", "zoé", "5511987654321", "52998224725", "529.982", "ana@example.com", PASSWORD];
        for secret in secrets.into_iter().map(|secret| secret.to_lowercase()).chain(people.map(str::to_owned))
        {
            let line = lowered.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "the log has {secret}");
        }
        assert!(!lowered.lines().any(|line| line.starts_with("injected")), "{logs}");
        server.kill().await.unwrap();
    }
}
