//! The real `campo` binary as a process that can be killed at any moment. Never stays behind after a test.

mod binary;
mod output;

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};

use crate::databases::TestDatabase;
use crate::guardian::Guardian;
use output::Output;

pub use binary::{campo_binary, phone_binary};

/// A cold start on a loaded machine, migrations included, stays far below.
const READY_WITHIN: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(20);
/// Where the crate `fail` looks for the points that are armed.
pub const FAIL_POINTS: &str = "FAILPOINTS";

/// What a server process is started with; it can be started again with the same.
#[derive(Clone, Debug)]
pub struct CampoOptions {
    data: PathBuf,
    database_url: String,
    listen: SocketAddr,
    environment: Vec<(String, String)>,
    verb: &'static str,
}

/// What a command said before it ended.
#[derive(Debug)]
pub struct Said {
    pub success: bool,
    pub out: String,
    pub err: String,
}

/// A running `campo serve`, killed when this value is dropped and also when the test process dies.
#[derive(Debug)]
pub struct CampoProcess {
    child: Child,
    guardian: Option<Guardian>,
    output: Output,
    address: SocketAddr,
    options: CampoOptions,
}

/// What the system says a process holds in memory, in KiB.
///
/// # Panics
///
/// When there is no such process.
pub fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the system tells the size");
    line.trim().trim_end_matches(" kB").parse().expect("the size is a number")
}

impl CampoOptions {
    /// Serves this database on a free port of loopback, with its files in `data`.
    #[must_use]
    pub fn new(database: &TestDatabase, data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            database_url: database.url().to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            environment: Vec::new(),
            verb: "serve",
        }
    }

    /// Serves by another command than `serve`.
    #[must_use]
    pub fn verb(self, verb: &'static str) -> Self {
        Self { verb, ..self }
    }

    /// Sets an environment variable of the process.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Arms fail points, written as the crate `fail` reads them: `push.before_commit=3*off->return;…`.
    ///
    /// Points armed before are disarmed; an empty text arms none.
    #[must_use]
    pub fn fail_points(mut self, points: &str) -> Self {
        self.environment.retain(|(name, _)| name != FAIL_POINTS);
        self.environment(FAIL_POINTS, points)
    }

    /// Starts the process and waits until it says where it listens and answers that it is ready.
    ///
    /// # Panics
    ///
    /// With the process's output, when it ends or does not become ready.
    pub async fn start(self) -> CampoProcess {
        let mut child = self.spawn();
        let guardian = child.id().and_then(|id| Guardian::watch(id).ok());
        let mut output = Output::of(&mut child);
        let Some(address) = timeout(READY_WITHIN, output.address()).await.ok().flatten() else {
            panic!("campo said no address: {}", output.everything());
        };
        let process = CampoProcess { child, guardian, output, address, options: self };
        assert!(
            timeout(READY_WITHIN, process.becomes_ready()).await.is_ok(),
            "campo is not ready: {}",
            process.logs()
        );
        process
    }

    /// Runs the process to the end it is expected to find by itself, as at a fail point of its start.
    ///
    /// # Errors
    ///
    /// Fails when the process cannot be waited for.
    pub async fn run_to_its_end(&self) -> io::Result<std::process::Output> {
        self.spawn().wait_with_output().await
    }

    /// Runs another command of the program to the end it is expected to find at a fail point.
    ///
    /// # Panics
    ///
    /// When the process cannot be started or waited for.
    pub async fn end_of(&self, arguments: &[&str]) -> std::process::Output {
        let child = self.program(arguments).spawn().expect("the binary was built and may be run");
        child.wait_with_output().await.expect("a child can be waited for")
    }

    /// Runs another command of the program on the same data, with this text as its standard input.
    ///
    /// # Panics
    ///
    /// When the process cannot be started or waited for.
    pub async fn command(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.program(arguments).stdin(Stdio::piped()).spawn().expect("the binary may be run");
        let mut stdin = child.stdin.take().expect("its standard input is a pipe");
        // A command that refuses early reads nothing.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await.expect("a child can be waited for");
        Said {
            success: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Serves another database, with its files in `data`, at the same address.
    #[must_use]
    pub fn moved_to(self, database: &TestDatabase, data: &Path) -> Self {
        Self { data: data.to_owned(), database_url: database.url().to_owned(), ..self }
    }

    fn spawn(&self) -> Child {
        self.program(&[self.verb]).spawn().expect("the binary was built and may be run")
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut campo = Command::new(campo_binary());
        // The server refuses settings it does not know, and those of the tests are not for it.
        let foreign =
            env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("CAMPO_"));
        for name in foreign {
            campo.env_remove(name);
        }
        campo
            .args(arguments)
            .env("CAMPO_DATA", &self.data)
            .env("CAMPO_LISTEN", self.listen.to_string())
            // Tests and benchmarks ask as fast as they can.
            .env("CAMPO_REQUESTS_PER_MINUTE", "0")
            .env("CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS", "0")
            .env("CAMPO_SOCKETS_PER_ADDRESS", "0")
            .env("DATABASE_URL", &self.database_url)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        campo
    }
}

impl CampoProcess {
    /// Returns where the process listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as clients write it: `http://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns with what the process was started.
    #[must_use]
    pub fn options(&self) -> &CampoOptions {
        &self.options
    }

    /// Returns the process's id; none once it has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What the system says it holds in memory, in KiB.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn resident_kib(&self) -> u64 {
        resident_kib(self.id().expect("the server runs"))
    }

    /// Returns what the process wrote to standard output and standard error so far.
    #[must_use]
    pub fn logs(&self) -> String {
        self.output.everything()
    }

    /// Waits until the process has written this text, and returns the rest of the line.
    ///
    /// # Panics
    ///
    /// With the process's output, when it does not write it in time.
    pub async fn says(&self, text: &str) -> String {
        let mut asking = interval(ASK_EVERY);
        let said = timeout(READY_WITHIN, async {
            loop {
                asking.tick().await;
                let logs = self.logs();
                if let Some((_, rest)) = logs.split_once(text) {
                    return rest.lines().next().unwrap_or_default().to_owned();
                }
            }
        });
        let Ok(rest) = said.await else { panic!("campo did not say {text:?}: {}", self.logs()) };
        rest
    }

    /// Ends the process as a power cut would, waits until it is gone and returns how to start it again.
    ///
    /// The options keep the port, so that clients find the next process where this one was.
    ///
    /// # Errors
    ///
    /// Fails when the process cannot be killed.
    pub async fn kill(mut self) -> io::Result<CampoOptions> {
        self.child.kill().await?;
        Ok(self.into_options())
    }

    /// Kills the process and starts the next one on the same port with the same options.
    ///
    /// # Errors
    ///
    /// Fails when the process cannot be killed.
    pub async fn kill_and_restart(self) -> io::Result<Self> {
        Ok(self.kill().await?.start().await)
    }

    /// Asks the process to end (SIGTERM).
    ///
    /// # Errors
    ///
    /// Fails when no program `kill` can be started.
    pub async fn terminate(&mut self) -> io::Result<()> {
        let Some(id) = self.child.id() else { return Ok(()) };
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await.map(drop)
    }

    /// Waits until the process ended by itself, as at a fail point, and returns how, and how to start it again.
    ///
    /// # Errors
    ///
    /// Fails when the process cannot be waited for.
    pub async fn ended(mut self) -> io::Result<(ExitStatus, CampoOptions)> {
        let status = self.child.wait().await?;
        Ok((status, self.into_options()))
    }

    fn into_options(mut self) -> CampoOptions {
        if let Some(guardian) = self.guardian.take() {
            guardian.dismiss();
        }
        CampoOptions { listen: self.address, ..self.options }
    }

    async fn becomes_ready(&self) {
        let client = reqwest::Client::new();
        let mut asking = interval(ASK_EVERY);
        loop {
            asking.tick().await;
            let answer = client.get(format!("{}/ready", self.url())).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
        }
    }
}
