//! Has documents rendered by children, a few at once. A template of an organization can loop; it cannot do more.

use std::path::PathBuf;
use std::time::Duration;

use campo_documents::pipe::{self, Job, Outcome};
use tokio::sync::Semaphore;

use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::worker_process::{self, WorkerFailure, WorkerLimits, limit_this_process};

/// The hidden verb of `campo` that makes a process such a child.
pub const PRINT_VERB: &str = "print-document";

/// Forty photos on paper take a second; a judged template renders eight small documents.
const LIMITS: WorkerLimits = WorkerLimits {
    memory_bytes: 1_536 << 20,
    cpu_s: 10,
    wall: Duration::from_secs(40),
    output_bytes_max: 256 << 20,
};
const AT_ONCE: usize = 2;
/// More than these waiting are told to come back.
const WAITING_MAX: usize = 32;

/// Starts the children.
pub struct Printer {
    program: PathBuf,
    running: Semaphore,
    waiting: Semaphore,
}

/// Why a job has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum PrintFailure {
    #[error(transparent)]
    Worker(#[from] WorkerFailure),
    #[error("too many documents are waiting")]
    Overloaded,
    #[error("the job could not be carried over: {0}")]
    Pipe(#[from] std::io::Error),
}

impl Printer {
    /// Children will be runs of this program.
    pub fn new(program: PathBuf) -> Self {
        Self { program, running: Semaphore::new(AT_ONCE), waiting: Semaphore::new(WAITING_MAX) }
    }

    /// Does a job in a child.
    pub async fn run(&self, job: &Job) -> Result<Outcome, PrintFailure> {
        let _place = self.waiting.try_acquire().map_err(|_| PrintFailure::Overloaded)?;
        let _turn = self.running.acquire().await.map_err(|_| PrintFailure::Overloaded)?;
        let output = worker_process::run(&self.program, PRINT_VERB, job.write()?, LIMITS).await?;
        Ok(Outcome::read(&mut output.as_slice())?)
    }
}

impl From<PrintFailure> for Refusal {
    fn from(failure: PrintFailure) -> Self {
        match failure {
            PrintFailure::Overloaded => Self::Store(StoreError::Overloaded),
            PrintFailure::Worker(_) | PrintFailure::Pipe(_) => Self::internal(&failure.to_string()),
        }
    }
}

/// The whole life of a child: limits itself, does the one job on its standard input, answers on its standard output.
///
/// # Errors
///
/// Fails when it cannot be limited or a pipe breaks.
pub fn serve_as_child() -> std::io::Result<()> {
    limit_this_process(LIMITS)?;
    pipe::serve(&mut std::io::stdin().lock(), &mut std::io::stdout().lock())
}
