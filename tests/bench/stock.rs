//! The stock Automerge sync protocol on the documents of our orders, as an application would run it: over TCP, both
//! sides durable. Never slower than it has to be: documents stay in memory and every round is one frame, one commit.

mod peer;
mod wire;

use std::time::{Duration, Instant};

use automerge::{Automerge, Change};
use tokio::net::{TcpListener, TcpStream};

use peer::Peer;
use wire::{Frame, Traffic};

/// Two messages settle an idle document; false positives of the Bloom filter may cost a few more rounds.
const ROUNDS_MAX: u32 = 100;

/// A phone and a server that hold the same documents.
pub struct Stock {
    phone: Peer,
    server: Peer,
}

/// What one reconciliation took.
#[derive(Debug, Clone, Copy)]
pub struct Reconciled {
    pub messages: u64,
    pub bytes: u64,
    pub wall: Duration,
}

/// Which of the two.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    Phone,
    Server,
}

impl Stock {
    /// Gives both sides the saved documents, durably.
    pub async fn holding(saves: &[Vec<u8>]) -> Self {
        let mut stock = Self { phone: Peer::holding(saves).await, server: Peer::holding(saves).await };
        // The first exchange only establishes what both sides know of each other.
        stock.reconcile().await;
        stock
    }

    /// The saved form of one document of one side.
    pub fn save(&self, side: Side, index: usize) -> Vec<u8> {
        match side {
            Side::Phone => self.phone.document(index).save(),
            Side::Server => self.server.document(index).save(),
        }
    }

    /// Adds a change that one side made by itself, durably.
    pub async fn edit(&mut self, side: Side, index: usize, change: &[u8]) {
        let change = Change::from_bytes(change.to_vec()).expect("our own changes are whole");
        match side {
            Side::Phone => self.phone.edit(index, change).await,
            Side::Server => self.server.edit(index, change).await,
        }
    }

    /// Connects the phone to the server and exchanges messages until neither has more to say.
    pub async fn reconcile(&mut self) -> Reconciled {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        self.phone.begin_session();
        self.server.begin_session();
        let began = Instant::now();
        let server = async {
            let (socket, _) = listener.accept().await.expect("the phone connects");
            answer(&mut self.server, socket).await
        };
        let phone = async {
            let socket = TcpStream::connect(address).await.expect("the server listens");
            let traffic = ask(&mut self.phone, socket).await;
            (traffic, began.elapsed())
        };
        let ((), (traffic, wall)) = tokio::join!(server, phone);
        Reconciled { messages: traffic.messages, bytes: traffic.bytes, wall }
    }

    /// Whether both sides hold the same.
    pub fn is_converged(&self) -> bool {
        (0..self.phone.count())
            .all(|index| heads(self.phone.document(index)) == heads(self.server.document(index)))
    }
}

fn heads(document: &Automerge) -> Vec<automerge::ChangeHash> {
    let mut heads = document.get_heads();
    heads.sort_unstable();
    heads
}

/// The phone's half of a session: ends when a round has nothing in either direction.
async fn ask(phone: &mut Peer, mut socket: TcpStream) -> Traffic {
    socket.set_nodelay(true).expect("a connected socket takes options");
    let mut traffic = Traffic::default();
    for _ in 0..ROUNDS_MAX {
        let asked = phone.messages();
        let is_quiet = asked.is_empty();
        traffic.add(&asked);
        wire::send(&mut socket, &asked).await;
        let answered = wire::receive(&mut socket).await.expect("the server answers every frame");
        traffic.add(&answered);
        if is_quiet && answered.is_empty() {
            return traffic;
        }
        phone.receive(answered).await;
    }
    panic!("the stock protocol did not settle in {ROUNDS_MAX} rounds");
}

/// The server's half: answers every frame until the phone hangs up.
async fn answer(server: &mut Peer, mut socket: TcpStream) {
    socket.set_nodelay(true).expect("a connected socket takes options");
    while let Some(asked) = wire::receive(&mut socket).await {
        server.receive(asked).await;
        let answered: Frame = server.messages();
        wire::send(&mut socket, &answered).await;
    }
}
