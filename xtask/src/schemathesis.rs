//! `cargo xtask schemathesis`: schemathesis tries the described interface on both databases. Never skips it because the
//! program is not installed: it installs it beside the compiled files, or says what is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::postgres;
use crate::steps::{Steps, run_program};
use crate::workspace::Workspace;

/// Pinned: another version finds other things.
const VERSION: &str = "4.32.5";
const BINARY: &str = "campo-schemathesis";
const CONFIG: &str = "tests/schemathesis/schemathesis.toml";
/// How long it tries on each database when nobody says.
const SECONDS_DEFAULT: u32 = 75;
/// The exchange with devices and uploads speak in bytes and sockets that no description can make.
const NOT_TRIED: &[&str] = &["sync", "live", "appendToUpload"];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How long to try on each database
    #[arg(long, default_value_t = SECONDS_DEFAULT)]
    seconds: u32,
    /// Repeats what an earlier run with this number tried
    #[arg(long)]
    seed: Option<u64>,
}

pub fn run(workspace: &Workspace, steps: &mut Steps, arguments: &Arguments) -> Result<(), Failure> {
    steps.take("PostgreSQL is installed", postgres::ensure_installed)?;
    steps.take_program(
        "build what is tried",
        &mut workspace.cargo(&["build", "--workspace", "--bin", BINARY]),
    )?;
    let tried = workspace.built_binary("debug", BINARY)?;
    let directory = tried.parent().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    let mut program = PathBuf::new();
    steps.take("schemathesis is installed", || {
        program = ensure_installed(&directory.join("schemathesis"))?;
        Ok(())
    })?;
    let mut trying = Command::new(tried);
    // It writes what it found into the directory it runs in.
    trying.current_dir(&directory).arg(program);
    trying.arg("--config-file").arg(workspace.root().join(CONFIG));
    trying.args(["run", "--checks=all", "--no-color", "--continue-on-failure", "--generation-database=none"]);
    trying.arg(format!("--max-time={}", arguments.seconds));
    trying.args(NOT_TRIED.iter().map(|id| format!("--exclude-operation-id={id}")));
    trying.args(arguments.seed.map(|seed| format!("--seed={seed}")));
    steps.take_program("schemathesis", &mut trying)
}

/// Installs the program into a directory of its own, once.
fn ensure_installed(directory: &Path) -> Result<PathBuf, Failure> {
    let program = directory.join("bin").join("schemathesis");
    let is_there = Command::new(&program)
        .arg("--version")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION));
    if is_there {
        return Ok(program);
    }
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(|error| Failure::at_path(directory, &error))?;
    }
    let failed = |failure: Failure| {
        Failure::new(format!(
            "{failure}; schemathesis needs Python 3.10 with `venv`, and PyPI to install it from"
        ))
    };
    run_program(Command::new("python3").args(["-m", "venv"]).arg(directory)).map_err(failed)?;
    let package = format!("schemathesis=={VERSION}");
    run_program(Command::new(directory.join("bin").join("pip")).args(["install", "--quiet", &package]))
        .map_err(failed)?;
    Ok(program)
}
