//! The fault proxy delivers, counts and fails as it was told. Never tests Campo.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use harness::proxy::{Direction, FaultProxy, Traffic};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

#[tokio::test]
async fn bytes_pass_unchanged_and_are_counted() {
    let (proxy, _heard) = proxy_to_echo().await;

    let reply = ask(&proxy, b"hello").await;

    assert_eq!(reply, b"hello");
    assert_eq!(
        proxy.traffic(),
        Traffic { connections: 1, exchanges: 1, to_server_bytes: 5, to_client_bytes: 5 }
    );
}

#[tokio::test]
async fn a_cut_ends_open_connections_and_refuses_others_until_restored() {
    let (proxy, _heard) = proxy_to_echo().await;
    let mut open = TcpStream::connect(proxy.address()).await.expect("the proxy listens");
    open.write_all(b"a").await.expect("is connected");
    assert_eq!(open.read_u8().await.expect("is answered"), b'a');

    proxy.cut();

    assert_eq!(read_to_the_end(&mut open).await, b"");
    assert_eq!(ask(&proxy, b"hello").await, b"");
    proxy.restore();
    assert_eq!(ask(&proxy, b"hello").await, b"hello");
}

#[tokio::test]
async fn a_dropped_reply_was_a_request_that_arrived() {
    let (proxy, mut heard) = proxy_to_echo().await;

    proxy.drop_replies(1.0, 7);
    let reply = ask(&proxy, b"hello").await;

    assert_eq!(reply, b"");
    assert_eq!(heard.recv().await.expect("the server heard it"), b"hello");
    assert_eq!(proxy.traffic().to_client_bytes, 0);
}

#[tokio::test]
async fn the_same_seed_drops_the_same_replies() {
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let (proxy, _heard) = proxy_to_echo().await;
        proxy.drop_replies(0.5, 42);
        let mut arrived = Vec::new();
        for _ in 0..16 {
            arrived.push(!ask(&proxy, b"x").await.is_empty());
        }
        outcomes.push(arrived);
    }

    assert_eq!(outcomes[0], outcomes[1]);
    assert!(outcomes[0].contains(&true) && outcomes[0].contains(&false), "{outcomes:?}");
}

#[tokio::test]
async fn a_request_is_cut_at_the_byte_it_was_told() {
    for cut_at in 0..5 {
        let (proxy, mut heard) = proxy_to_echo().await;

        proxy.cut_after_bytes(Direction::ToServer, cut_at);
        ask(&proxy, b"hello").await;

        let mut arrived = Vec::new();
        while let Some(block) = heard.recv().await.filter(|block| !block.is_empty()) {
            arrived.extend(block);
        }
        assert_eq!(arrived, b"hello"[..usize::try_from(cut_at).expect("is small")]);
        assert_eq!(ask(&proxy, b"hello").await, b"hello", "the cut happens once");
    }
}

#[tokio::test]
async fn one_bit_is_flipped_where_it_was_told() {
    let (proxy, _heard) = proxy_to_echo().await;

    proxy.flip_bit_after_bytes(Direction::ToClient, 1);

    assert_eq!(ask(&proxy, b"hello").await, b"hdllo");
    assert_eq!(ask(&proxy, b"hello").await, b"hello", "the flip happens once");
}

#[tokio::test]
async fn a_delay_holds_back_both_directions() {
    let (proxy, _heard) = proxy_to_echo().await;
    let delay = Duration::from_millis(20);

    proxy.delay(delay);
    let began = Instant::now();
    ask(&proxy, b"hello").await;

    assert!(began.elapsed() >= 2 * delay);
}

#[tokio::test]
async fn a_server_that_moved_is_reached_by_later_connections() {
    let (proxy, _heard) = proxy_to_echo().await;
    let (moved_to, mut heard) = echo().await;

    proxy.set_target(moved_to);
    ask(&proxy, b"hello").await;

    assert_eq!(heard.recv().await.expect("the other server heard it"), b"hello");
}

/// Sends a request on its own connection and returns all that comes back.
async fn ask(proxy: &FaultProxy, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy.address()).await.expect("the proxy listens");
    if stream.write_all(request).await.is_err() || stream.shutdown().await.is_err() {
        return Vec::new();
    }
    read_to_the_end(&mut stream).await
}

/// A connection that is reset has ended too.
async fn read_to_the_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    reply
}

async fn proxy_to_echo() -> (FaultProxy, UnboundedReceiver<Vec<u8>>) {
    let (target, heard) = echo().await;
    (FaultProxy::start(target).await.expect("loopback has a free port"), heard)
}

/// A server that sends back what it hears and tells the test; an empty block is the end of a connection.
async fn echo() -> (SocketAddr, UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
    let address = listener.local_addr().expect("is bound");
    let (tell, heard) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut block = [0; 1024];
                loop {
                    let length = stream.read(&mut block).await.unwrap_or(0);
                    let _ = tell.send(block[..length].to_vec());
                    if length == 0 || stream.write_all(&block[..length]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, heard)
}
