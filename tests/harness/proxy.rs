//! A TCP proxy on loopback that fails on demand, between a real client and a real server. Never speaks HTTP itself.

mod faults;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use faults::{FaultPlan, Verdict};

const BLOCK_BYTES: usize = 16 * 1024;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// What went through the proxy since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections accepted from clients.
    pub connections: u64,
    /// Requests: times a client began to send after the server had answered, or for the first time.
    pub exchanges: u64,
    /// Bytes delivered to the server.
    pub to_server_bytes: u64,
    /// Bytes delivered to clients.
    pub to_client_bytes: u64,
}

/// A running proxy; dropping it closes everything.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    plan: Mutex<FaultPlan>,
    /// Counts the cuts; every connection ends when it changes.
    cuts: watch::Sender<u64>,
    connections: AtomicU64,
    exchanges: AtomicU64,
    to_server_bytes: AtomicU64,
    to_client_bytes: AtomicU64,
}

impl FaultProxy {
    /// Starts a proxy to the target on a free port, without any fault.
    ///
    /// # Errors
    ///
    /// Fails when loopback has no free port.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            plan: Mutex::new(FaultPlan::none(target)),
            cuts: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            exchanges: AtomicU64::new(0),
            to_server_bytes: AtomicU64::new(0),
            to_client_bytes: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Returns where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the same as an address of a server: `http://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends later connections to another address, as when the server came back on another port.
    pub fn set_target(&self, target: SocketAddr) {
        self.shared.plan().target = target;
    }

    /// Ends every connection and closes each later one at once.
    pub fn cut(&self) {
        self.shared.plan().is_cut = true;
        self.shared.end_connections();
    }

    /// Lets connections through again.
    pub fn restore(&self) {
        self.shared.plan().is_cut = false;
    }

    /// Loses replies: the request reaches the server, the connection ends when the answer begins.
    /// The same seed loses the same replies of a sequential client; probability 0 loses none.
    pub fn drop_replies(&self, probability: f64, seed: u64) {
        self.shared.plan().lose_replies(probability, seed);
    }

    /// Delivers this many more bytes in one direction and then ends the connection that carried the last. Once.
    pub fn cut_after_bytes(&self, direction: Direction, bytes: u64) {
        self.shared.plan().cut_after(direction, bytes);
    }

    /// Flips one bit of the byte that comes after this many more in one direction. Once.
    pub fn flip_bit_after_bytes(&self, direction: Direction, bytes: u64) {
        self.shared.plan().flip_after(direction, bytes);
    }

    /// Holds back every block of bytes, in both directions, for this long.
    pub fn delay(&self, duration: Duration) {
        self.shared.plan().delay = duration;
    }

    /// Returns what went through since the proxy started.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            connections: self.shared.connections.load(Ordering::SeqCst),
            exchanges: self.shared.exchanges.load(Ordering::SeqCst),
            to_server_bytes: self.shared.to_server_bytes.load(Ordering::SeqCst),
            to_client_bytes: self.shared.to_client_bytes.load(Ordering::SeqCst),
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.end_connections();
    }
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_connections(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    fn delivered(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::ToServer => &self.to_server_bytes,
            Direction::ToClient => &self.to_client_bytes,
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let mut cuts = shared.cuts.subscribe();
        let (target, is_cut) = {
            let plan = shared.plan();
            (plan.target, plan.is_cut)
        };
        if is_cut {
            continue;
        }
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            tokio::select! {
                _ = cuts.changed() => {}
                _ = carry(&shared, client, target) => {}
            }
        });
    }
}

/// Why one direction of a connection stopped and took the other with it.
#[derive(Debug)]
struct ConnectionEnded;

impl From<io::Error> for ConnectionEnded {
    fn from(_: io::Error) -> Self {
        Self
    }
}

async fn carry(shared: &Shared, client: TcpStream, target: SocketAddr) -> Result<(), ConnectionEnded> {
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let awaits_reply = AtomicBool::new(false);
    tokio::try_join!(
        pump(shared, Direction::ToServer, &awaits_reply, from_client, to_server),
        pump(shared, Direction::ToClient, &awaits_reply, from_server, to_client),
    )?;
    Ok(())
}

async fn pump(
    shared: &Shared,
    direction: Direction,
    awaits_reply: &AtomicBool,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
) -> Result<(), ConnectionEnded> {
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let length = from.read(&mut block).await?;
        if length == 0 {
            return Ok(to.shutdown().await?);
        }
        let turned = awaits_reply.swap(direction == Direction::ToServer, Ordering::SeqCst);
        let is_first_of_reply = direction == Direction::ToClient && turned;
        if direction == Direction::ToServer && !turned {
            shared.exchanges.fetch_add(1, Ordering::SeqCst);
        }

        let (Verdict { deliver, ends }, delay) = {
            let mut plan = shared.plan();
            (plan.judge(direction, is_first_of_reply, &mut block[..length]), plan.delay)
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        to.write_all(&block[..deliver]).await?;
        shared.delivered(direction).fetch_add(deliver as u64, Ordering::SeqCst);
        if ends {
            return Err(ConnectionEnded);
        }
    }
}
