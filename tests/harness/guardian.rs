//! Ends the processes a test started even when the test process itself is killed. Never outlives its charge.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A shell that waits for the end of its standard input, which this process holds, and then kills one process.
#[derive(Debug)]
pub struct Guardian {
    shell: Child,
}

impl Guardian {
    /// Watches over a process by its id.
    ///
    /// # Errors
    ///
    /// Fails when no shell can be started.
    pub fn watch(process_id: u32) -> io::Result<Self> {
        let shell = shell_of_its_own_group()
            .args(["-c", "cat >/dev/null; kill -9 \"$1\" 2>/dev/null", "guardian", &process_id.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { shell })
    }

    /// Stops watching: the process was reaped, and its id may come to belong to somebody else.
    pub fn dismiss(mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// A shell that neither an interrupt from the terminal nor a kill of the test's process group reaches.
pub(crate) fn shell_of_its_own_group() -> Command {
    let mut shell = Command::new("sh");
    shell.process_group(0);
    shell
}
