//! Collects what a process writes while it runs. Never interprets it beyond the address it serves.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::watch;

const SCHEME: &str = "http://";

#[derive(Debug)]
pub(super) struct Output {
    text: Arc<Mutex<String>>,
    address: watch::Receiver<Option<SocketAddr>>,
}

impl Output {
    /// Begins to read both outputs, which must be piped.
    pub(super) fn of(child: &mut Child) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let (found, address) = watch::channel(None);
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        tokio::spawn(collect(stdout, Arc::clone(&text), Some(found)));
        tokio::spawn(collect(stderr, Arc::clone(&text), None));
        Self { text, address }
    }

    pub(super) fn everything(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the first address on standard output; none when the process ends without one.
    pub(super) async fn address(&mut self) -> Option<SocketAddr> {
        let found = self.address.wait_for(Option::is_some).await.ok()?;
        *found
    }
}

async fn collect(
    source: impl AsyncRead + Unpin,
    text: Arc<Mutex<String>>,
    found: Option<watch::Sender<Option<SocketAddr>>>,
) {
    let mut lines = BufReader::new(source).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let (Some(found), Some(address)) = (&found, address_in(&line)) {
            found.send_if_modified(|known| known.is_none() && known.replace(address).is_none());
        }
        let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(&line);
        text.push('\n');
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(SCHEME)?;
    let end = rest
        .find(|letter: char| !(letter.is_ascii_hexdigit() || "[]:.".contains(letter)))
        .unwrap_or(rest.len());
    rest[..end].trim_end_matches(['.', ':']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_a_sentence() {
        let expected = Some(SocketAddr::from(([127, 0, 0, 1], 8080)));

        assert_eq!(address_in("Campo listens on http://127.0.0.1:8080"), expected);
        assert_eq!(address_in("set up: http://127.0.0.1:8080/setup#token."), expected);
        assert_eq!(address_in("Campo listens on http://127.0.0.1:8080."), expected);
        assert_eq!(address_in("no address"), None);
    }
}
