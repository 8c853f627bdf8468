//! Thousands of clients that send as slowly as they can, on a real node. Never measures how long others wait.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use campo::clock::Clock;
use campo::startup::allow_many_connections;
use futures_util::future::join_all;
use harness::databases::{TestDatabase, each_database};
use harness::process::{CampoOptions, CampoProcess};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{config, start_with};

const SLOW_CLIENTS: usize = 5_000;
/// What one of them may cost the node: its buffers and its task.
const KIB_EACH_MAX: u64 = 32;
/// A request whose headers never end, and one whose body never does.
const BEGINNINGS: [&str; 2] = [
    "POST /v1/session HTTP/1.1\r\nhost: campo\r\ncontent-type: appl",
    "POST /v1/session HTTP/1.1\r\nhost: campo\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{",
];

// covers: F16
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_slow_clients_are_cut_and_a_good_one_is_always_served() {
    // The test holds the other end of each connection.
    allow_many_connections().expect("a process may raise its limit up to what the system allows");
    for database in each_database() {
        let (server, token) = start(&database).await;
        let before = server.resident_kib();
        let is_over = AtomicBool::new(false);

        let slow = async {
            let clients = (0..SLOW_CLIENTS).map(|number| send_too_slowly(server.address(), number));
            let ended = join_all(clients).await;
            is_over.store(true, Ordering::Relaxed);
            ended
        };
        let (ended, served) = tokio::join!(slow, good_client(&server, &token, &is_over));
        let grown_kib = server.resident_kib().saturating_sub(before);

        let told = ended.into_iter().filter(|is_told| *is_told).count();
        assert_eq!(told, SLOW_CLIENTS, "each is told and cut");
        assert!(served > 0, "the good client was among them");
        assert!(grown_kib < SLOW_CLIENTS as u64 * KIB_EACH_MAX, "{grown_kib} KiB more");
    }
}

async fn start(database: &TestDatabase) -> (CampoProcess, String) {
    let node = start_with(config(database), Clock::system()).await;
    let token = node.set_up("ana@example.com").await.token;
    node.stop().await;
    (CampoOptions::new(database, database.directory()).start().await, token)
}

/// Begins a request and waits until the node has had enough of it; whether it said so.
async fn send_too_slowly(address: SocketAddr, number: usize) -> bool {
    let mut connection = TcpStream::connect(address).await.expect("the node takes connections");
    let beginning = BEGINNINGS[number % BEGINNINGS.len()];
    connection.write_all(beginning.as_bytes()).await.expect("the connection is open");
    let mut answer = Vec::new();
    match connection.read_to_end(&mut answer).await {
        Ok(_) => {}
        // The rest of an answer is lost where the node closes on what it never read.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection broke: {error}"),
    }
    answer.starts_with(b"HTTP/1.1 408")
}

/// How often a good client was served until the slow ones were gone.
async fn good_client(server: &CampoProcess, token: &str, is_over: &AtomicBool) -> usize {
    let client = reqwest::Client::new();
    let mut served = 0;
    while !is_over.load(Ordering::Relaxed) {
        let request = client.get(format!("{}/v1/customers", server.url())).bearer_auth(token);
        let reply = request.send().await.expect("the node answers");
        assert_eq!(reply.status(), 200, "a good client is served");
        served += 1;
    }
    served
}
