//! A TCP balancer on loopback: each connection goes to the next node that takes it. Never looks into what it carries.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running balancer; dropping it takes no further connection.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Balancer {
    /// Starts a balancer on a free port before these nodes.
    ///
    /// # Errors
    ///
    /// Fails when loopback has no free port.
    pub async fn start(nodes: Vec<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, nodes.into())) })
    }

    /// Returns the address clients connect to, as they write it: `http://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, nodes: Arc<[SocketAddr]>) {
    let turn = AtomicUsize::new(0);
    while let Ok((mut client, _)) = listener.accept().await {
        let first = turn.fetch_add(1, Ordering::Relaxed);
        let nodes = Arc::clone(&nodes);
        tokio::spawn(async move {
            let Some(mut node) = connect(&nodes, first).await else { return };
            // Either side may go away at any moment; the other one sees its connection end.
            drop(tokio::io::copy_bidirectional(&mut client, &mut node).await);
        });
    }
}

/// The connection to the first node, from this one on, that takes it.
async fn connect(nodes: &[SocketAddr], first: usize) -> Option<TcpStream> {
    for turn in 0..nodes.len() {
        if let Ok(node) = TcpStream::connect(nodes[(first + turn) % nodes.len()]).await {
            return Some(node);
        }
    }
    None
}
