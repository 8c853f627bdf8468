//! How long one device's change takes until another one has it: push, poke, pull. Never polls.

use std::time::Instant;

use futures_util::StreamExt;
use harness::databases::{self, DatabaseKind, TestDatabase};
use sync_core::workflow::Role;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::device::{Device, pushed};
use crate::orders;
use crate::report::{Report, percentile};
use crate::server::Server;
use crate::size::Size;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Rounds before those that count.
const WARM_UP: u64 = 10;

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("live");
    for database in databases::each_database() {
        let kind = database.kind();
        let mut rounds_ms = measure(database, size.choose(300, 5)).await;
        rounds_ms.sort_by(f64::total_cmp);
        report.add(vec![
            ("database", kind_name(kind).into()),
            ("rounds", rounds_ms.len().into()),
            ("p50_ms", percentile(&rounds_ms, 50).into()),
            ("p99_ms", percentile(&rounds_ms, 99).into()),
        ]);
    }
    report
}

pub const fn kind_name(kind: DatabaseKind) -> &'static str {
    match kind {
        DatabaseKind::Sqlite => "sqlite",
        DatabaseKind::Postgres => "postgresql",
    }
}

/// Milliseconds of each round.
async fn measure(database: TestDatabase, rounds: u64) -> Vec<f64> {
    let mut server = Server::start(database).await;
    let mut office = server.person(Role::Dispatcher).await;
    let mut phone = server.person(Role::Technician).await;
    let built = orders::build(0, &[office.author, phone.author], 0);
    let first = built.stretches.into_iter().next().expect("the office makes the order");
    office.sync(vec![pushed(built.order, first.changes)]).await;
    phone.sync(Vec::new()).await;
    let mut socket = listen(&server, &phone).await;

    let mut rounds_ms = Vec::new();
    for round in 0..WARM_UP + rounds {
        let document = office.documents.entry(built.order).or_insert_with(|| built.document.clone());
        let change = office.author.perform(built.order, document, &orders::one_field(0, round));
        let began = Instant::now();
        let push = office.sync(vec![pushed(built.order, vec![change.clone()])]);
        let pull = async {
            while !phone.documents.get(&built.order).is_some_and(|held| held.contains(&change.hash)) {
                poke(&mut socket).await;
                phone.sync(Vec::new()).await;
            }
            began.elapsed()
        };
        let ((), elapsed) = tokio::join!(push, pull);
        if round >= WARM_UP {
            rounds_ms.push(elapsed.as_secs_f64() * 1e3);
        }
    }
    rounds_ms
}

async fn listen(server: &Server, phone: &Device) -> Socket {
    let address = format!("ws://{}/v1/live", server.address());
    let mut request = address.into_client_request().expect("the address is one");
    let bearer = format!("Bearer {}", phone.token()).parse().expect("a token is a header value");
    request.headers_mut().insert("authorization", bearer);
    let (mut socket, _) = connect_async(request).await.expect("the node takes live readers");
    poke(&mut socket).await;
    socket
}

/// Waits until the server says that the scope has advanced.
async fn poke(socket: &mut Socket) {
    while let Some(message) = socket.next().await {
        if let Message::Text(_) = message.expect("the socket stays open") {
            return;
        }
    }
    panic!("the server closed the live socket");
}
