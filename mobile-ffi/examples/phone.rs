//! A phone on the command line: one JSON object per line in, one per line out. Made to be killed by fault tests.
//!
//! `phone DIRECTORY KEYS_DIRECTORY SERVER_URL`, then lines such as
//! `{"do":"sign_in","email":"…","password":"…"}`, `{"do":"execute","order":"<id>","command":{…}}`, `{"do":"sync"}`,
//! `{"do":"orders"}`. Each answer is `{"ok":…}` or `{"error":…}`.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

use mobile_ffi::{Client, ClientConfig, ClientError};
use serde::Deserialize;
use serde_json::{Value, json};
use sync_core::ids::OrderId;
use sync_core::order::OrderCommand;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Line {
    SignIn { email: String, password: String },
    Execute { order: OrderId, command: Box<OrderCommand> },
    Sync,
    Orders,
    Unsent,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ClientError> {
    let _scenario = fail::FailScenario::setup();
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| ClientError::Bug(format!("no {what} given")));
    let client = Client::open(ClientConfig {
        directory: PathBuf::from(next("directory")?),
        keys_directory: PathBuf::from(next("keys directory")?),
        server_url: next("server")?,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        device_name: "command line".to_owned(),
        sends_only_when_asked: true,
    })?;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match serde_json::from_str(&line) {
            Ok(line) => perform(&client, line).await,
            Err(error) => Err(ClientError::Bug(error.to_string())),
        };
        let answer =
            answer.map_or_else(|error| json!({ "error": error.to_string() }), |ok| json!({ "ok": ok }));
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    Ok(())
}

async fn perform(client: &Client, line: Line) -> Result<Value, ClientError> {
    Ok(match line {
        Line::SignIn { email, password } => json!(client.sign_in(&email, &password).await?.user),
        Line::Execute { order, command } => json!(client.execute(order, *command).await?.change),
        Line::Sync => json!(format!("{:?}", client.sync_now().await?)),
        Line::Orders => {
            let rows = client.orders().await?;
            json!(
                rows.iter()
                    .map(|row| json!({ "id": row.id, "state": row.summary.state }))
                    .collect::<Vec<_>>()
            )
        }
        Line::Unsent => json!(client.unsent_count().await?),
    })
}
