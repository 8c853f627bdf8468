//! Listens on the live socket and passes on how far the feed is. Never carries data: that comes from the cursor.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use sync_core::session::Event;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

use crate::engine::EngineHandle;
use crate::transport::Transport;

/// The server pings every 20 s; a socket silent for longer is dead, whatever it looks like.
const SILENCE_MAX: Duration = Duration::from_secs(45);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Poke {
    seq: u64,
}

/// Keeps a live socket open for ever; without one, the session's own polling is what remains.
pub async fn listen(transport: Arc<Transport>, engine: EngineHandle) {
    let mut pause = PAUSE_MIN;
    loop {
        let was_heard = one_socket(&transport, &engine).await.unwrap_or(false);
        pause = if was_heard { PAUSE_MIN } else { (pause * 2).min(PAUSE_MAX) };
        // Spread, so that phones do not come back together after a restart of the server.
        sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
    }
}

/// One socket until it ends; whether anything was heard on it, or `None` when there was none.
async fn one_socket(transport: &Transport, engine: &EngineHandle) -> Option<bool> {
    let token = transport.access_token().await.ok()?;
    let server = transport.server();
    let mut request = server.live_url().into_client_request().ok()?;
    request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().ok()?);
    let connecting =
        connect_async_tls_with_config(request, None, false, Some(Connector::Rustls(server.tls())));
    let connected = timeout(CONNECT_TIMEOUT, connecting).await.ok()?;
    let Ok((mut socket, _)) = connected else {
        // Most likely the token has expired while nothing was sent.
        transport.refresh(&token).await.ok()?;
        return None;
    };
    let mut was_heard = false;
    while let Ok(Some(Ok(message))) = timeout(SILENCE_MAX, socket.next()).await {
        was_heard = true;
        match message {
            Message::Text(text) => {
                if let Ok(Poke { seq }) = serde_json::from_str(&text) {
                    engine.event(Event::Poke { seq });
                }
            }
            Message::Ping(bytes) => socket.send(Message::Pong(bytes)).await.ok()?,
            Message::Close(_) => break,
            Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    Some(was_heard)
}
