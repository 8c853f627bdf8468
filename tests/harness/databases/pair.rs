//! A PostgreSQL server and its streaming standby, which a test stops, starts and promotes. Never outlives the process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::cluster::{INSTALL_POSTGRESQL, OWNER, SUPERUSER, free_port, server_programs, unprivileged_shell};

const LIFE_OF_A_PAIR: &str = include_str!("pair.sh");
/// The one database on it.
pub(super) const DATABASE: &str = "campo";
/// Another process may take a free port between our look and the server's start.
const START_ATTEMPTS_MAX: u32 = 5;

/// Two servers; every commit waits until both have it.
#[derive(Debug)]
pub struct PostgresPair {
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    primary: SocketAddr,
    standby: SocketAddr,
    _life: Child,
}

impl PostgresPair {
    /// Starts a server with an empty database and its standby.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed, saying how to install it, and when it does not start.
    pub async fn start() -> Self {
        let programs = server_programs().expect(INSTALL_POSTGRESQL);
        let mut complaint = String::new();
        for _ in 0..START_ATTEMPTS_MAX {
            match Self::start_on(&programs, free_port(), free_port()).await {
                Ok(pair) => return pair,
                Err(text) => complaint = text,
            }
        }
        panic!("a pair did not start in {START_ATTEMPTS_MAX} attempts; the last one said: {complaint}");
    }

    async fn start_on(programs: &Path, primary: u16, standby: u16) -> Result<Self, String> {
        let mut shell = Command::from(unprivileged_shell());
        shell.args(["-c", LIFE_OF_A_PAIR, "life-of-a-pair"]).arg(programs);
        shell.args([&primary.to_string(), &standby.to_string(), SUPERUSER, OWNER, DATABASE]);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir("/");
        let mut life = shell.spawn().map_err(|error| error.to_string())?;
        let mut stderr = life.stderr.take().expect("standard error is piped two lines above");
        let mut pair = Self {
            orders: life.stdin.take().expect("standard input is piped above"),
            answers: BufReader::new(life.stdout.take().expect("standard output is piped above")).lines(),
            primary: (Ipv4Addr::LOCALHOST, primary).into(),
            standby: (Ipv4Addr::LOCALHOST, standby).into(),
            _life: life,
        };
        if pair.hears("ready").await {
            return Ok(pair);
        }
        let mut complaint = String::new();
        stderr.read_to_string(&mut complaint).await.map_err(|error| error.to_string())?;
        Err(complaint)
    }

    /// Returns where the server that takes writes listens, also while it is stopped.
    #[must_use]
    pub fn primary(&self) -> SocketAddr {
        self.primary
    }

    /// Stops the primary as a power cut would.
    pub async fn stop_primary(&mut self) {
        self.order("stop").await;
    }

    /// Starts the primary that was stopped.
    pub async fn start_primary(&mut self) {
        self.order("start").await;
    }

    /// Makes the standby the primary; the stopped one is the next to rejoin.
    pub async fn promote(&mut self) {
        self.order("promote").await;
        std::mem::swap(&mut self.primary, &mut self.standby);
    }

    /// Makes the server that was left behind the standby of the other, from a fresh copy.
    pub async fn rejoin(&mut self) {
        self.order("rejoin").await;
    }

    async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("the shell listens");
        assert!(self.hears("done").await, "the pair could not {order}");
    }

    async fn hears(&mut self, expected: &str) -> bool {
        self.answers.next_line().await.is_ok_and(|line| line.as_deref() == Some(expected))
    }
}
