//! Started processes do not outlive whoever started them. Never kills by name.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use harness::guardian::Guardian;

#[test]
fn a_guarded_process_dies_when_its_guardian_loses_the_test() {
    let mut charge = endless_process();
    let guardian = Guardian::watch(charge.id()).expect("a shell can be started");

    drop(guardian);

    let status = charge.wait().expect("the process is ours");
    assert!(!status.success(), "it was killed");
}

#[test]
fn a_dismissed_guardian_leaves_its_charge_alone() {
    let mut charge = endless_process();
    let guardian = Guardian::watch(charge.id()).expect("a shell can be started");

    guardian.dismiss();

    assert!(charge.try_wait().expect("the process is ours").is_none());
    charge.kill().expect("it still runs");
    charge.wait().expect("the process is ours");
}

#[test]
fn the_postgres_server_runs_in_a_directory_that_its_own_life_removes() {
    let database = harness::databases::postgres();

    let port = database.url().rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("has a port");
    let directories = directories_of_servers_on(port);

    assert_eq!(directories.len(), 1, "one server per test process: {directories:?}");
}

/// A minute is for ever here, and an end if the guardian is broken.
fn endless_process() -> Child {
    Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("sleep is everywhere")
}

fn directories_of_servers_on(port: &str) -> Vec<PathBuf> {
    let socket = format!(".s.PGSQL.{port}");
    let entries = fs::read_dir(std::env::temp_dir()).expect("is readable").flatten();
    entries.map(|entry| entry.path()).filter(|path| path.join(&socket).exists()).collect()
}
