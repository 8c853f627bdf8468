//! A real HTTP server that receives webhooks: answers as it was told, or not at all, and hands over what came.
//!
//! Never keeps a connection for a second request.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// One request that came.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    Redirect(String),
    /// A status with a body.
    Body(u16, String),
    /// Nothing, ever; the connection stays.
    Silence,
}

/// A running receiver; dropped, it closes its door and every connection.
pub struct Receiver {
    pub address: SocketAddr,
    came: mpsc::UnboundedReceiver<Received>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// Answers each request as the function says for its number, from 0.
    pub async fn start(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (send, came) = mpsc::unbounded_channel();
        let reply: Arc<dyn Fn(usize) -> Reply + Send + Sync> = Arc::new(reply);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, reply(number), send.clone()));
                number += 1;
            }
        });
        Self { address, came, task }
    }

    /// Always answers with one status.
    pub async fn answering(status: u16) -> Self {
        Self::start(move |_| Reply::Status(status)).await
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Received {
        self.came.recv().await.expect("the receiver runs")
    }

    /// A request that came already.
    pub fn waiting(&mut self) -> Option<Received> {
        self.came.try_recv().ok()
    }
}

async fn serve(mut stream: TcpStream, reply: Reply, came: mpsc::UnboundedSender<Received>) {
    let Some(request) = read_request(&mut stream).await else { return };
    let _ = came.send(request);
    let (status, location, body) = match reply {
        Reply::Status(status) => (status, None, String::new()),
        Reply::Redirect(location) => (302, Some(location), String::new()),
        Reply::Body(status, body) => (status, None, body),
        Reply::Silence => return std::future::pending().await,
    };
    let location = location.map(|location| format!("location: {location}\r\n")).unwrap_or_default();
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} Told\r\ncontent-length: {length}\r\nconnection: close\r\n{location}\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let pair =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    let headers: BTreeMap<_, _> = lines.filter_map(pair).collect();
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
    Some(Received { path, headers, body })
}
