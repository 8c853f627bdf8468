//! A server that dies while it brings the schema up to date. Never leaves a step half done.

use std::os::unix::process::ExitStatusExt;

use campo::store::MIGRATIONS;
use futures_util::future::join;
use harness::databases::{self, DatabaseKind, TestDatabase, each_database};
use harness::process::CampoOptions;
use harness::temp::TemporaryDirectory;

use crate::kill::crew::SIGABRT;

const POINTS: [&str; 2] = ["migrate.before_commit", "migrate.after_commit"];

// covers: E7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_at_any_step_of_a_migration_goes_on_from_there() {
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        for point in POINTS {
            let database =
                if kind == DatabaseKind::Sqlite { databases::sqlite() } else { databases::postgres() };
            die_at_every_step(&database, point).await;
        }
    }
    for database in each_database() {
        two_at_once(&database).await;
    }
}

/// Each start gets one step further than the one before: up to the point it dies at.
async fn die_at_every_step(database: &TestDatabase, point: &str) {
    let files = TemporaryDirectory::create("migrate");
    let options = CampoOptions::new(database, files.path());
    for step in 0..MIGRATIONS.len() {
        let dying = options.clone().fail_points(&format!("{point}={step}*off->return"));
        let end = dying.run_to_its_end().await.expect("a child can be waited for");
        let said = String::from_utf8_lossy(&end.stderr);
        assert_eq!(end.status.signal(), Some(SIGABRT), "{point} at step {step}: {said}");
    }
    let whole = options.fail_points("").start().await;
    whole.kill().await.expect("a child can be killed");
}

/// Two servers that find an empty database at the same moment.
async fn two_at_once(database: &TestDatabase) {
    let files = TemporaryDirectory::create("migrate");
    let options = CampoOptions::new(database, files.path());
    let (first, second) = join(options.clone().start(), options.start()).await;
    for node in [first, second] {
        node.kill().await.expect("a child can be killed");
    }
}
