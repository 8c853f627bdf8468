//! Makes sure the PostgreSQL server programs exist. Never starts, stops or touches a server.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::steps::run_program;

const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "psql"];
const DEBIAN_PROGRAMS: &str = "/usr/lib/postgresql";
const INSTALL_BY_HAND: &str = "the tests need the PostgreSQL server programs (initdb, pg_ctl, psql): install the package \
     `postgresql` (Debian, Ubuntu: `apt-get install postgresql`; macOS: `brew install postgresql@15`)";

/// Finds the server programs, or installs them as root on Debian, or says in one line what to install.
pub fn ensure_installed() -> Result<(), Failure> {
    if is_installed() {
        return Ok(());
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Err(Failure::new(INSTALL_BY_HAND));
    }
    run_program(Command::new("apt-get").args(["update", "--quiet"]))?;
    run_program(
        Command::new("apt-get")
            .args(["install", "--quiet", "--yes", "--no-install-recommends", "postgresql"])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    if is_installed() { Ok(()) } else { Err(Failure::new(INSTALL_BY_HAND)) }
}

fn is_installed() -> bool {
    let in_path =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    debian_directories().iter().chain(&in_path).any(|directory| holds_the_programs(directory))
}

fn debian_directories() -> Vec<PathBuf> {
    let entries = fs::read_dir(DEBIAN_PROGRAMS).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect()
}

fn holds_the_programs(directory: &Path) -> bool {
    PROGRAMS.iter().all(|program| directory.join(program).is_file())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
