//! A real SMTP server that takes mails in, or refuses, hangs or breaks off as it was told. Never sends one on.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// One mail that was taken.
#[derive(Debug, Clone)]
pub struct TakenMail {
    pub to: Vec<String>,
    /// Headers and body as they came, dots undone.
    pub text: String,
}

impl TakenMail {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// How the server behaves towards a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Take,
    /// Answers the recipient with this code.
    Refuse(u16),
    /// Says nothing, not even a greeting.
    Hang,
    /// Closes the connection in the middle of the mail.
    BreakOff,
}

/// A running server; dropped, it closes its door and every connection.
pub struct MailSink {
    pub address: SocketAddr,
    came: mpsc::UnboundedReceiver<TakenMail>,
    task: JoinHandle<()>,
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailSink {
    /// Behaves towards each mail as the function says for its number, from 0; `Hang` is for connections.
    pub async fn start(manner: impl Fn(usize) -> Manner + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (send, came) = mpsc::unbounded_channel();
        let number = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let manner: Arc<dyn Fn() -> Manner + Send + Sync> =
            Arc::new(move || manner(number.fetch_add(1, std::sync::atomic::Ordering::SeqCst)));
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, send) = (Arc::clone(&manner), send.clone());
                connections.spawn(async move { serve(stream, &*manner, &send).await });
            }
        });
        Self { address, came, task }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// A mail that was taken already.
    pub fn taken(&mut self) -> Option<TakenMail> {
        self.came.try_recv().ok()
    }
}

async fn serve(
    stream: TcpStream,
    manner: &(dyn Fn() -> Manner + Send + Sync),
    came: &mpsc::UnboundedSender<TakenMail>,
) -> Option<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut mail = TakenMail { to: Vec::new(), text: String::new() };
    let mut current = None;
    writing.write_all(b"220 sink\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-sink\r\n250 8BITMIME\r\n".to_owned(),
            "MAIL" => {
                current = Some(manner());
                mail = TakenMail { to: Vec::new(), text: String::new() };
                if current == Some(Manner::Hang) {
                    return std::future::pending().await;
                }
                "250 ok\r\n".to_owned()
            }
            "RCPT" => match current {
                Some(Manner::Refuse(code)) => format!("{code} not this one\r\n"),
                _ => {
                    mail.to.push(line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned());
                    "250 ok\r\n".to_owned()
                }
            },
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await.ok()?;
                if current == Some(Manner::BreakOff) {
                    lines.next_line().await.ok()?;
                    return None;
                }
                while let Some(line) = lines.next_line().await.ok()? {
                    if line == "." {
                        break;
                    }
                    mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.text.push_str("\r\n");
                }
                let _ = came.send(mail.clone());
                "250 taken\r\n".to_owned()
            }
            "QUIT" => {
                let _ = writing.write_all(b"221 bye\r\n").await;
                return None;
            }
            _ => "250 ok\r\n".to_owned(),
        };
        writing.write_all(answer.as_bytes()).await.ok()?;
    }
    None
}
