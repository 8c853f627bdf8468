//! Builds the server with fail points, once per test process. Never runs one that was built from other sources.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of the `campo` binary with fail points compiled in, built on first use.
///
/// # Panics
///
/// With the compiler's output, when the server does not compile.
pub fn campo_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

/// Selecting the whole workspace keeps the features of the dependencies, and so what is compiled, as in `cargo test`.
fn build() -> PathBuf {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--quiet", "--workspace", "--bin", "campo", "--features", "campo/fail-points"]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    if let Some(directory) = target_directory() {
        cargo.arg("--target-dir").arg(directory);
    }
    let output = cargo.output().expect("the cargo that runs the tests can be started");
    assert!(output.status.success(), "campo does not compile: {}", String::from_utf8_lossy(&output.stderr));
    executable_in(&String::from_utf8_lossy(&output.stdout)).expect("a successful build names the executable")
}

/// The tests run as `<target>/debug/deps/campo-…`; elsewhere cargo chooses.
fn target_directory() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    let deps = test.parent()?;
    (deps.file_name() == Some(OsStr::new("deps")))
        .then(|| deps.parent()?.parent().map(Path::to_owned))
        .flatten()
}

fn executable_in(messages: &str) -> Option<PathBuf> {
    let message_of = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok();
    messages.lines().rev().find_map(|line| Some(PathBuf::from(message_of(line)?["executable"].as_str()?)))
}
