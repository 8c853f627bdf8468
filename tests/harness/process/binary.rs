//! Builds the server and the phone with fail points, once per test process. Never runs one built from other sources.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The arguments of `cargo build` that build what the fault tests start.
///
/// Selecting the whole workspace keeps the features of the dependencies, and so what is compiled, as in `cargo test`.
const BUILD: &[&str] = &[
    "build",
    "--quiet",
    "--workspace",
    "--bin=campo",
    "--bin=campo-phone",
    "--features=campo/fail-points,mobile-ffi/fail-points",
    "--message-format=json-render-diagnostics",
];

/// Returns the path of the `campo` binary with fail points compiled in, built on first use.
///
/// # Panics
///
/// With the compiler's output, when it does not compile.
pub fn campo_binary() -> &'static Path {
    &binaries().0
}

/// Returns the path of the `campo-phone` binary with fail points compiled in, built on first use.
///
/// # Panics
///
/// With the compiler's output, when it does not compile.
pub fn phone_binary() -> &'static Path {
    &binaries().1
}

fn binaries() -> &'static (PathBuf, PathBuf) {
    static BINARIES: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    BINARIES.get_or_init(build)
}

fn build() -> (PathBuf, PathBuf) {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(BUILD);
    if let Some(directory) = target_directory() {
        cargo.arg("--target-dir").arg(directory);
    }
    let output = cargo.output().expect("the cargo that runs the tests can be started");
    assert!(output.status.success(), "no binaries: {}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = |name| executable_in(&messages, name).expect("a successful build names the executables");
    (built("campo"), built("campo-phone"))
}

/// The tests run as `<target>/debug/deps/campo-…`; elsewhere cargo chooses.
fn target_directory() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    let deps = test.parent()?;
    (deps.file_name() == Some(OsStr::new("deps")))
        .then(|| deps.parent()?.parent().map(Path::to_owned))
        .flatten()
}

fn executable_in(messages: &str, name: &str) -> Option<PathBuf> {
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.find_map(|message| {
        let is_it = message.pointer("/target/name")? == name;
        is_it.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    })
}
