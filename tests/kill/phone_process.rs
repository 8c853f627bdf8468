//! Starts `campo-phone`, talks to it and kills it. Never leaves one behind.

use std::process::{ExitStatus, Stdio};

use harness::guardian::Guardian;
use harness::phone::{Asked, PhoneSettings, Said};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

pub struct PhoneProcess {
    child: Child,
    guardian: Option<Guardian>,
    ears: ChildStdin,
    mouth: Lines<BufReader<ChildStdout>>,
}

impl PhoneProcess {
    pub fn start(settings: &PhoneSettings) -> Self {
        let settings = serde_json::to_string(settings).expect("settings are plain data");
        let mut child = Command::new(env!("CARGO_BIN_EXE_campo-phone"))
            .arg(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("cargo built the phone");
        let guardian = child.id().and_then(|id| Guardian::watch(id).ok());
        let ears = child.stdin.take().expect("standard input is piped");
        let mouth = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        Self { child, guardian, ears, mouth }
    }

    /// What it says next; `None` when it is dead.
    pub async fn hear(&mut self) -> Option<Said> {
        let line = self.mouth.next_line().await.ok()??;
        Some(serde_json::from_str(&line).expect("a phone says whole lines"))
    }

    /// Asks, and waits for the answer; `None` when it died over it.
    pub async fn ask(&mut self, asked: &Asked) -> Option<Said> {
        let line = serde_json::to_string(asked).expect("a question is plain data") + "\n";
        self.ears.write_all(line.as_bytes()).await.ok()?;
        self.hear().await
    }

    /// Waits for a death of its own.
    pub async fn died(mut self) -> ExitStatus {
        let status = self.child.wait().await.expect("a child can be waited for");
        self.dismiss_guardian();
        status
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a child can be killed");
        self.dismiss_guardian();
    }

    fn dismiss_guardian(&mut self) {
        if let Some(guardian) = self.guardian.take() {
            guardian.dismiss();
        }
    }
}
