//! The real `campo` beside this program, on a data directory of its own. Never outlives the demo.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use harness::guardian::Guardian;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use campo_demo_company::failed::Failed;

const READY_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// A running server with its data.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    guardian: Option<Guardian>,
    data: PathBuf,
    /// `http://127.0.0.1:…`.
    pub url: String,
    /// The one-time token of the first start.
    pub setup_token: String,
    /// Kept open so that the server can go on writing to its standard output.
    _output: Lines<BufReader<ChildStdout>>,
}

impl ServerProcess {
    /// Starts `campo serve` on an empty directory and waits until it serves.
    pub async fn start(data: &Path) -> Result<Self, Failed> {
        let log = File::create(data.join("server.log"));
        let log = log.map_err(|error| Failed::during("creating the server's log", &error))?;
        let mut child = campo(data)?
            .arg("serve")
            .env("CAMPO_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failed::during("starting campo", &error))?;
        let guardian = child.id().and_then(|id| Guardian::watch(id).ok());
        let output = child.stdout.take().ok_or_else(|| Failed::new("campo has no standard output"))?;
        let mut output = BufReader::new(output).lines();
        let started = timeout(READY_WITHIN, read_start(&mut output)).await;
        let (url, setup_token) = started.map_err(|_| Failed::new("campo did not become ready"))??;
        Ok(Self { child, guardian, data: data.to_owned(), url, setup_token, _output: output })
    }

    /// Derives every projection again from the raw changes and compares; the error names the first difference.
    pub async fn check_projections(&self) -> Result<(), Failed> {
        let checking = campo(&self.data)?.args(["rebuild-projections", "--check"]).output().await;
        let output = checking.map_err(|error| Failed::during("starting campo", &error))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        Err(Failed::new(format!("campo rebuild-projections --check: {said}")))
    }

    /// Asks the server to end and waits for it.
    pub async fn stop(mut self) -> Result<(), Failed> {
        if let Some(id) = self.child.id() {
            let asking = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            asking.map_err(|error| Failed::during("stopping campo", &error))?;
        }
        let ended = timeout(ENDS_WITHIN, self.child.wait()).await;
        if let Some(guardian) = self.guardian.take() {
            guardian.dismiss();
        }
        match ended {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(Failed::new(format!("campo ended with {status}"))),
            Ok(Err(error)) => Err(Failed::during("waiting for campo", &error)),
            Err(_) => Err(Failed::new("campo did not end when asked to")),
        }
    }
}

/// The binary that was built together with this program, with no setting but its data directory.
fn campo(data: &Path) -> Result<Command, Failed> {
    let own = env::current_exe().map_err(|error| Failed::during("finding campo", &error))?;
    let path = own.with_file_name(format!("campo{}", env::consts::EXE_SUFFIX));
    if !path.exists() {
        return Err(Failed::new(format!("{} is not there; run cargo xtask demo", path.display())));
    }
    let mut command = Command::new(path);
    for (name, _) in env::vars_os().filter(|(name, _)| is_setting(name)) {
        command.env_remove(name);
    }
    command.env("CAMPO_DATA", data);
    Ok(command)
}

fn is_setting(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CAMPO_") || name == "DATABASE_URL"
}

async fn read_start(output: &mut Lines<BufReader<ChildStdout>>) -> Result<(String, String), Failed> {
    let (mut url, mut token) = (String::new(), String::new());
    while let Some(line) =
        output.next_line().await.map_err(|error| Failed::during("reading what campo says", &error))?
    {
        if let Some(address) = line.strip_prefix("listening on ") {
            address.clone_into(&mut url);
        } else if let Some((_, found)) = line.split_once("#token=") {
            found.clone_into(&mut token);
        } else if line == "ready" {
            return Ok((url, token));
        }
    }
    Err(Failed::new("campo ended before it was ready; its log is in the data directory"))
}
