//! `GET /v1/live` as a reader meets it: pokes, and the end of the session. Never data.

use std::time::Duration;

use campo::clock::Clock;
use futures_util::StreamExt;
use harness::databases::postgres;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::support::{START, TestNode, config, each_node, start, start_with};

/// Far above what a poke or the end of a session may take.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn listen(node: &TestNode, token: &str) -> Socket {
    let mut request = format!("{}/v1/live", node.base.replace("http", "ws")).into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    connect_async(request).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Message {
    loop {
        let message = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        if !message.is_ping() {
            return message;
        }
    }
}

fn seq(message: &Message) -> u64 {
    let poke: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
    poke["seq"].as_u64().unwrap()
}

#[tokio::test]
async fn a_reader_hears_where_its_scope_stands_and_that_it_has_advanced() {
    for (node, admin, _database) in each_node().await {
        let mut socket = listen(&node, &admin.token).await;
        let before = seq(&next(&mut socket).await);

        node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await;
        let after = seq(&next(&mut socket).await);

        assert!(after > before, "{before} then {after}");
    }
}

#[tokio::test]
async fn a_technician_hears_of_own_orders_only() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let mut socket = listen(&node, &token).await;
        assert_eq!(seq(&next(&mut socket).await), 0);

        node.post(&admin.token, "/v1/orders", &json!({ "reason": "of nobody" })).await;
        let assignees = json!([{ "technician": technician, "role": "lead" }]);
        node.post(&admin.token, "/v1/orders", &json!({ "reason": "own", "assignees": assignees })).await;

        assert_eq!(seq(&next(&mut socket).await), 1, "one order entered");
    }
}

#[tokio::test]
async fn an_address_keeps_so_many_sockets_open_and_the_next_is_told_to_come_later() {
    let database = postgres();
    let config = campo::config::Config { sockets_per_address: 3, ..config(&database) };
    let node = start_with(config, Clock::held_at(START)).await;
    let admin = node.set_up("ana@example.com").await;
    let capabilities = node.get(&admin.token, "/v1/capabilities").await.body;

    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(listen(&node, &admin.token).await);
    }
    let refused = node.get(&admin.token, "/v1/live").await;
    drop(sockets.pop());
    // The node hears of the end by itself.
    let again = timeout(PATIENCE, async {
        let request = || node.request(Method::GET, "/v1/live").bearer_auth(&admin.token);
        while request().header("accept", "text/event-stream").send().await.unwrap().status() != StatusCode::OK
        {
            tokio::task::yield_now().await;
        }
    });

    assert_eq!(capabilities["limits"]["sockets_per_address_max"], json!(3));
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
    assert!(again.await.is_ok());
}

#[tokio::test]
async fn the_socket_ends_with_the_session() {
    for (node, admin, _database) in each_node().await {
        let (_, token) = node.add_user(&admin, "tech@example.com", "dispatcher").await;
        let mut socket = listen(&node, &token).await;
        next(&mut socket).await;

        let out = node.send(node.request(Method::DELETE, "/v1/session").bearer_auth(&token)).await;
        let last = next(&mut socket).await;

        assert!(out.status.is_success(), "{}", out.body);
        let Message::Close(Some(frame)) = last else { panic!("{last:?}") };
        assert_eq!(u16::from(frame.code), 4401);
    }
}

#[tokio::test]
async fn where_sockets_fail_the_same_pokes_come_as_events() {
    for (node, admin, _database) in each_node().await {
        let request = node.request(Method::GET, "/v1/live").bearer_auth(&admin.token);
        let reply = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(reply.headers()["content-type"], "text/event-stream");
        let mut events = reply.bytes_stream();
        let first = timeout(PATIENCE, events.next()).await.unwrap().unwrap().unwrap();

        node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await;
        let second = timeout(PATIENCE, events.next()).await.unwrap().unwrap().unwrap();

        assert_eq!(&first[..], b"data: {\"seq\":0}\n\n");
        assert_eq!(&second[..], b"data: {\"seq\":1}\n\n");
    }
}

#[tokio::test]
async fn without_a_session_nothing_is_told() {
    for (node, _admin, _database) in each_node().await {
        let refused = node.get("no token", "/v1/live").await;

        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "token_invalid"));
    }
}

/// What one node stores, the readers at every other node hear of.
#[tokio::test]
async fn a_reader_at_one_node_hears_of_what_another_node_stored() {
    let database = postgres();
    let (first, second) = (start(&database).await, start(&database).await);
    let admin = first.set_up("ana@example.com").await;
    let mut socket = listen(&second, &admin.token).await;
    let before = seq(&next(&mut socket).await);

    first.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await;

    let after = seq(&next(&mut socket).await);
    assert!(after > before, "{before} then {after}");
}
