//! The server as a process of its own, so that its memory and its start can be measured. Never shares this one's memory.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use campo::clock::Clock;
use campo::startup::Application;
use harness::process::resident_kib;
use harness::temp::TemporaryDirectory;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::server::config;

/// The argument by which this program becomes the server.
pub const SERVE: &str = "serve";

/// A running server, which ends with this value.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
    started_in_ms: f64,
    _data: TemporaryDirectory,
}

impl ServerProcess {
    /// Starts this program again as a server of a database and waits until it is ready.
    pub async fn start(database_url: &str) -> Self {
        let data = TemporaryDirectory::create("bench-server");
        let program = std::env::current_exe().expect("this program has a path");
        let began = Instant::now();
        let mut child = Command::new(program)
            .args([SERVE, database_url])
            .arg(data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("this program can be started again");
        let output = child.stdout.take().expect("its output is a pipe");
        let mut lines = BufReader::new(output).lines();
        let line = lines.next_line().await.ok().flatten().expect("the server says where it listens");
        let started_in_ms = began.elapsed().as_secs_f64() * 1e3;
        let address = line.parse().expect("the server says an address");
        Self { child, address, started_in_ms, _data: data }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From the start of the process until it was ready.
    pub const fn started_in_ms(&self) -> f64 {
        self.started_in_ms
    }

    /// What the system says the process holds in memory.
    pub fn resident_mb(&self) -> f64 {
        let id = self.child.id().expect("the server runs");
        f64::from(u32::try_from(resident_kib(id)).expect("no server holds four tebibytes")) / 1_024.0
    }
}

/// Serves until standard input ends; says where as soon as it is ready.
pub async fn serve() -> ExitCode {
    let mut arguments = std::env::args().skip(2);
    let (Some(url), Some(data)) = (arguments.next(), arguments.next()) else { return ExitCode::FAILURE };
    let application =
        Application::build(config(&url, data.as_ref()), Clock::system()).expect("loopback has a free port");
    let (address, opened) = (application.address(), application.opened());
    tokio::spawn(application.run());
    opened.wait().await.expect("the database can be opened");
    writeln!(std::io::stdout(), "{address}").expect("somebody reads where the server listens");
    let waiting = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = waiting.await;
    ExitCode::SUCCESS
}
