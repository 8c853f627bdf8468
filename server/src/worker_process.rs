//! Runs this same program once as a child for work that may loop, eat memory or die: one input, one output, then gone.
//!
//! The child gets nothing but its standard input: no environment, no arguments but its verb. It limits itself before it
//! reads a byte. Never used for anything that has to be remembered.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What one child may use.
#[derive(Debug, Clone, Copy)]
pub struct WorkerLimits {
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Seconds of processor time.
    pub cpu_s: u64,
    /// From start to end.
    pub wall: Duration,
    /// What it may answer, bytes.
    pub output_bytes_max: u64,
}

/// Why a child gave no output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkerFailure {
    #[error("the child used up its time")]
    TooSlow,
    #[error("the child died")]
    Died,
    #[error("the child could not be started")]
    NotStarted,
}

/// A running child and its two pipes; it is killed when this is dropped.
pub struct Worker {
    pub child: Child,
    pub stdin: ChildStdin,
    pub stdout: ChildStdout,
}

/// Starts a child with nothing but its pipes.
///
/// # Errors
///
/// When the system refuses.
pub fn start(program: &Path, verb: &str) -> std::io::Result<Worker> {
    let mut child = Command::new(program)
        .arg(verb)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("it has no pipes"));
    };
    Ok(Worker { child, stdin, stdout })
}

/// Gives a child its input and returns what it answered.
///
/// # Errors
///
/// Says why there is no answer. The child is gone by then, whatever it was doing.
pub async fn run(
    program: &Path,
    verb: &str,
    input: Vec<u8>,
    limits: WorkerLimits,
) -> Result<Vec<u8>, WorkerFailure> {
    let Worker { mut child, mut stdin, stdout } =
        start(program, verb).map_err(|_| WorkerFailure::NotStarted)?;
    let writing = async move {
        // A child that dies early breaks the pipe; its exit says why.
        let _ = stdin.write_all(&input).await;
    };
    let reading = async move {
        let mut output = Vec::new();
        stdout.take(limits.output_bytes_max).read_to_end(&mut output).await.map(|_| output)
    };
    let working = async {
        let ((), output) = tokio::join!(writing, reading);
        (child.wait().await, output)
    };
    match tokio::time::timeout(limits.wall, working).await {
        Err(_) => Err(WorkerFailure::TooSlow),
        Ok((Ok(status), Ok(output))) if status.success() => Ok(output),
        Ok((Ok(status), _)) if is_out_of_time(status) => Err(WorkerFailure::TooSlow),
        Ok(_) => Err(WorkerFailure::Died),
    }
}

fn is_out_of_time(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const SIGXCPU: i32 = 24;
    const SIGKILL: i32 = 9;
    matches!(status.signal(), Some(SIGXCPU | SIGKILL))
}

/// Limits the process it is called in; the first thing a child does.
///
/// # Errors
///
/// Fails when the system refuses, and then no work may be done.
pub fn limit_this_process(limits: WorkerLimits) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let at_most = |maximum| Rlimit { current: Some(maximum), maximum: Some(maximum) };
    setrlimit(Resource::As, at_most(limits.memory_bytes))?;
    setrlimit(Resource::Cpu, at_most(limits.cpu_s))?;
    setrlimit(Resource::Core, at_most(0))?;
    Ok(())
}
