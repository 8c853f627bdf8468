//! Frames of sync messages on a TCP stream, each after its length. Never interprets a message.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The messages of one round: the number of the document and the encoded message.
pub type Frame = Vec<(u32, Vec<u8>)>;

/// Bytes before the messages of a frame, and before each message.
const LENGTH_BYTES: usize = 4;

/// What went over the wire in both directions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traffic {
    pub messages: u64,
    pub bytes: u64,
}

impl Traffic {
    pub fn add(&mut self, frame: &Frame) {
        let content: usize = frame.iter().map(|(_, message)| 2 * LENGTH_BYTES + message.len()).sum();
        self.messages += frame.len() as u64;
        self.bytes += (LENGTH_BYTES + content) as u64;
    }
}

pub async fn send(socket: &mut TcpStream, frame: &Frame) {
    let mut body = Vec::new();
    for (document, message) in frame {
        body.extend(document.to_be_bytes());
        body.extend(length(message).to_be_bytes());
        body.extend(message);
    }
    let mut bytes = length(&body).to_be_bytes().to_vec();
    bytes.extend(body);
    socket.write_all(&bytes).await.expect("the other side listens");
}

/// The next frame; none when the other side hung up.
pub async fn receive(socket: &mut TcpStream) -> Option<Frame> {
    let size = socket.read_u32().await.ok()?;
    let mut body = vec![0; usize::try_from(size).ok()?];
    socket.read_exact(&mut body).await.ok()?;
    let mut frame = Frame::new();
    let mut rest = body.as_slice();
    while let Some((head, after)) = rest.split_at_checked(2 * LENGTH_BYTES) {
        let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (message, after) = after.split_at_checked(usize::try_from(number(LENGTH_BYTES)).ok()?)?;
        frame.push((number(0), message.to_vec()));
        rest = after;
    }
    Some(frame)
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a benchmark's frame is far below 4 GiB")
}
