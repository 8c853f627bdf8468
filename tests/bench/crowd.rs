//! How good clients fare while others only keep connections, send slowly or guess passwords. Never counts a bad answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::databases;
use reqwest::StatusCode;
use serde_json::json;
use sync_core::workflow::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::live::kind_name;
use crate::process::ServerProcess;
use crate::report::{Report, Spread, percentile};
use crate::server::{Server, post};
use crate::size::Size;

const GOOD_CLIENTS: u32 = 50;
/// How often each of them asks. People at work, not a test of endurance: at its limit a server is slow with any company.
const ASK_EVERY: Duration = Duration::from_millis(100);
const CUSTOMERS: usize = 50;
/// A body of so many bytes, one of them each time.
const SLOW_BODY_BYTES: usize = 1_000;
const SLOW_BYTE_EVERY: Duration = Duration::from_millis(200);
/// In the order in which they come, with how many.
const CROWDS: [(Crowd, usize); 5] = [
    (Crowd::Idle, 5_000),
    (Crowd::SlowHeaders, 5_000),
    (Crowd::SlowBodies, 500),
    (Crowd::SlowReaders, 500),
    (Crowd::Guessing, 8),
];

/// Whom the good clients are among.
#[derive(Clone, Copy)]
enum Crowd {
    Idle,
    SlowHeaders,
    SlowBodies,
    /// They ask for more than they ever read.
    SlowReaders,
    Guessing,
}

impl Crowd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::SlowHeaders => "slow_headers",
            Self::SlowBodies => "slow_bodies",
            Self::SlowReaders => "slow_readers",
            Self::Guessing => "guessing",
        }
    }

    async fn gather(self, address: SocketAddr, token: &str, count: usize) -> JoinSet<()> {
        match self {
            Self::Idle => idle(address, count).await,
            Self::SlowHeaders => slow_senders(address, HEAD_WITHOUT_END.to_owned(), count),
            Self::SlowBodies => slow_senders(address, body_without_end(), count),
            Self::SlowReaders => slow_readers(address, token, count),
            Self::Guessing => guessing(address, count),
        }
    }
}

/// What good clients waited.
struct Milliseconds {
    p50: f64,
    p99: f64,
}

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("crowd");
    for database in databases::each_database() {
        let kind = kind_name(database.kind());
        let mut server = Server::start(database).await;
        let token = server.person(Role::Dispatcher).await.token().to_owned();
        for number in 0..CUSTOMERS {
            let customer = json!({ "name": format!("Cliente {number}") });
            post(server.address(), "/v1/customers", Some(&token), &customer).await;
        }
        let database = server.into_database().await;
        let process = ServerProcess::start(database.url()).await;
        let (address, rounds) = (process.address(), size.choose(40, 2));
        good_clients(address, &token, rounds).await;
        for (crowd, count) in CROWDS {
            let count = size.choose(count, count.min(20));
            let mut pairs = Vec::new();
            for _ in 0..size.repetitions() {
                let alone = good_clients(address, &token, rounds).await;
                let bad = crowd.gather(address, &token, count).await;
                pairs.push((alone, good_clients(address, &token, rounds).await));
                drop(bad);
            }
            let each =
                |figure: fn(&(Milliseconds, Milliseconds)) -> f64| Spread::of(pairs.iter().map(figure));
            report.add(vec![
                ("database", kind.into()),
                ("crowd", crowd.as_str().into()),
                ("connections", count.into()),
                ("alone_p50_ms", each(|(alone, _)| alone.p50).into()),
                ("alone_p99_ms", each(|(alone, _)| alone.p99).into()),
                ("p50_ms", each(|(_, among)| among.p50).into()),
                ("p99_ms", each(|(_, among)| among.p99).into()),
                ("p50_ratio", each(|(alone, among)| among.p50 / alone.p50).into()),
                ("p99_ratio", each(|(alone, among)| among.p99 / alone.p99).into()),
            ]);
        }
    }
    report
}

/// What good clients wait for a list of customers.
async fn good_clients(address: SocketAddr, token: &str, rounds: usize) -> Milliseconds {
    let clients = (0..GOOD_CLIENTS).map(|number| async move {
        let client = reqwest::Client::new();
        let mut waited = Vec::with_capacity(rounds);
        // They do not all ask in the same moment.
        let first = Instant::now() + ASK_EVERY * number / GOOD_CLIENTS;
        let mut pace = tokio::time::interval_at(first.into(), ASK_EVERY);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for _ in 0..=rounds {
            pace.tick().await;
            let began = Instant::now();
            let request = client.get(format!("http://{address}/v1/customers")).bearer_auth(token);
            let reply = request.send().await.expect("the node answers");
            assert_eq!(reply.status(), StatusCode::OK, "a good client is served");
            reply.bytes().await.expect("the answer is whole");
            waited.push(began.elapsed().as_secs_f64() * 1e3);
        }
        // The first one opens the connection.
        waited.split_off(1)
    });
    let mut waited: Vec<f64> = join_all(clients).await.into_iter().flatten().collect();
    waited.sort_by(f64::total_cmp);
    Milliseconds { p50: percentile(&waited, 50), p99: percentile(&waited, 99) }
}

/// Connections that were used once and are kept.
async fn idle(address: SocketAddr, count: usize) -> JoinSet<()> {
    let mut kept = JoinSet::new();
    for _ in 0..count {
        let mut connection = TcpStream::connect(address).await.expect("the node takes connections");
        let asked = connection.write_all(b"GET /live HTTP/1.1\r\nhost: campo\r\n\r\n").await;
        asked.expect("the connection is open");
        let mut answer = [0; 512];
        let length = connection.read(&mut answer).await.expect("the node answers");
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "the node lives");
        kept.spawn(async move {
            std::future::pending::<()>().await;
            drop(connection);
        });
    }
    kept
}

/// Requests whose rest comes byte by byte; a new one as soon as the server gives up on one.
fn slow_senders(address: SocketAddr, beginning: String, count: usize) -> JoinSet<()> {
    let beginning: Arc<str> = beginning.into();
    let mut senders = JoinSet::new();
    for _ in 0..count {
        let beginning = Arc::clone(&beginning);
        senders.spawn(async move {
            loop {
                // The server ends such a connection; that is what this bench is about.
                drop(send_slowly(address, &beginning).await);
            }
        });
    }
    senders
}

const HEAD_WITHOUT_END: &str = "POST /v1/session HTTP/1.1\r\nhost: campo\r\nx-never-ending: ";

fn body_without_end() -> String {
    format!(
        "POST /v1/session HTTP/1.1\r\nhost: campo\r\ncontent-type: application/json\r\ncontent-length: {SLOW_BODY_BYTES}\r\n\r\n"
    )
}

/// Clients that ask again and again on one connection and take a few bytes of what they are given.
fn slow_readers(address: SocketAddr, token: &str, count: usize) -> JoinSet<()> {
    let request =
        format!("GET /v1/openapi.json HTTP/1.1\r\nhost: campo\r\nauthorization: Bearer {token}\r\n\r\n");
    let request: Arc<str> = request.into();
    let mut readers = JoinSet::new();
    for _ in 0..count {
        let request = Arc::clone(&request);
        readers.spawn(async move {
            loop {
                drop(read_slowly(address, &request).await);
            }
        });
    }
    readers
}

async fn read_slowly(address: SocketAddr, request: &str) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut pace = tokio::time::interval(SLOW_BYTE_EVERY);
    let mut few = [0; 16];
    loop {
        pace.tick().await;
        if connection.read(&mut few).await? == 0 {
            return Ok(());
        }
    }
}

async fn send_slowly(address: SocketAddr, beginning: &str) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(beginning.as_bytes()).await?;
    let mut pace = tokio::time::interval(SLOW_BYTE_EVERY);
    let mut answer = [0; 512];
    loop {
        tokio::select! {
            _ = pace.tick() => connection.write_all(b" ").await?,
            _ = connection.read(&mut answer) => return Ok(()),
        }
    }
}

/// People who try one password after the other.
fn guessing(address: SocketAddr, count: usize) -> JoinSet<()> {
    let mut guessers = JoinSet::new();
    for guesser in 0..count {
        guessers.spawn(async move {
            let client = reqwest::Client::new();
            for attempt in 0_u64.. {
                let email = format!("nobody{guesser}.{attempt}@example.com");
                let guess = json!({ "email": email, "password": format!("guess number {attempt}") });
                let request = client.post(format!("http://{address}/v1/session")).json(&guess);
                // Refused with 401 or 429; either way the next guess follows.
                drop(request.send().await);
            }
        });
    }
    guessers
}
