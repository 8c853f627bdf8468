//! The real client as the process `campo-phone`: starts it, talks to it and kills it. Never leaves one behind.

use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Asked, PhoneSettings, Said};
use crate::guardian::Guardian;
use crate::process::{FAIL_POINTS, phone_binary};

/// A running phone, killed when this value is dropped and also when the test process dies.
#[derive(Debug)]
pub struct PhoneProcess {
    child: Child,
    guardian: Option<Guardian>,
    ears: ChildStdin,
    mouth: Lines<BufReader<ChildStdout>>,
}

impl PhoneProcess {
    /// Starts a phone with fail points, written as the crate `fail` reads them; an empty text arms none.
    ///
    /// # Panics
    ///
    /// When the process cannot be started.
    #[must_use]
    pub fn start(settings: &PhoneSettings, fail_points: &str) -> Self {
        Self::start_with(settings, (FAIL_POINTS, fail_points))
    }

    /// Starts a phone with an environment variable.
    ///
    /// # Panics
    ///
    /// When the process cannot be started.
    #[must_use]
    pub fn start_with(settings: &PhoneSettings, (name, value): (&str, &str)) -> Self {
        let settings = serde_json::to_string(settings).expect("settings are plain data");
        let mut child = Command::new(phone_binary())
            .arg(settings)
            .env(name, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary was built and may be run");
        let guardian = child.id().and_then(|id| Guardian::watch(id).ok());
        let ears = child.stdin.take().expect("standard input is piped");
        let mouth = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        Self { child, guardian, ears, mouth }
    }

    /// What it says next; `None` when it is dead.
    ///
    /// # Panics
    ///
    /// When it does not speak in whole lines.
    pub async fn hear(&mut self) -> Option<Said> {
        let line = self.mouth.next_line().await.ok()??;
        Some(serde_json::from_str(&line).expect("a phone says whole lines"))
    }

    /// Asks, and waits for the answer; `None` when it died over it.
    ///
    /// # Panics
    ///
    /// When it does not speak in whole lines.
    pub async fn ask(&mut self, asked: &Asked) -> Option<Said> {
        let line = serde_json::to_string(asked).expect("a question is plain data") + "\n";
        self.ears.write_all(line.as_bytes()).await.ok()?;
        self.hear().await
    }

    /// Waits for a death of its own.
    ///
    /// # Panics
    ///
    /// When the process cannot be waited for.
    pub async fn died(mut self) -> ExitStatus {
        let status = self.child.wait().await.expect("a child can be waited for");
        self.dismiss_guardian();
        status
    }

    /// `kill -9`.
    ///
    /// # Panics
    ///
    /// When the process cannot be killed.
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
