//! The office's side of the demo: somebody signed in who uses the REST interface. Never touches the database.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::failed::Failed;

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Somebody signed in.
#[derive(Debug, Clone)]
pub struct Office {
    http: Client,
    server_url: String,
    token: String,
}

impl Office {
    /// Uses the one-time token of an empty server.
    pub async fn set_up(server_url: &str, request: &Value) -> Result<Self, Failed> {
        let office = Self { http: http_client()?, server_url: server_url.to_owned(), token: String::new() };
        let done = office.post("/v1/setup", request).await?;
        office.with_token(&done["session"])
    }

    /// Signs somebody in.
    pub async fn sign_in(server_url: &str, email: &str, password: &str) -> Result<Self, Failed> {
        let office = Self { http: http_client()?, server_url: server_url.to_owned(), token: String::new() };
        let session = office.post("/v1/session", &json!({ "email": email, "password": password })).await?;
        office.with_token(&session)
    }

    fn with_token(self, session: &Value) -> Result<Self, Failed> {
        let token =
            session["access_token"].as_str().ok_or_else(|| Failed::new("a session without a token"))?;
        Ok(Self { token: token.to_owned(), ..self })
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failed> {
        self.send(path, self.http.get(self.url(path))).await
    }

    /// What is not JSON.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, Failed> {
        let request = self.http.get(self.url(path)).bearer_auth(&self.token);
        let answer = request.send().await.map_err(|error| Failed::during(path, &error))?;
        let answer = answer.error_for_status().map_err(|error| Failed::during(path, &error))?;
        answer.bytes().await.map(Vec::from).map_err(|error| Failed::during(path, &error))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        self.send(path, self.http.post(self.url(path)).json(body)).await
    }

    /// Replaces a record, if it still has this version.
    pub async fn put(&self, path: &str, version: i64, body: &Value) -> Result<Value, Failed> {
        let request = self.http.put(self.url(path)).header("If-Match", format!("\"{version}\""));
        self.send(path, request.json(body)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server_url)
    }

    async fn send(&self, path: &str, request: RequestBuilder) -> Result<Value, Failed> {
        let request = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) };
        let answer = request.send().await.map_err(|error| Failed::during(path, &error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| Failed::during(path, &error))?;
        if !status.is_success() {
            return Err(Failed::new(format!("{path} was answered {status}: {text}")));
        }
        if status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|error| Failed::during(path, &error))
    }
}

fn http_client() -> Result<Client, Failed> {
    Client::builder().timeout(ANSWER_WITHIN).build().map_err(|error| Failed::during("HTTP", &error))
}
