//! `campo doctor` and `campo migrate status`: what they find in order, and what not. Never anything they changed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use campo::store::MIGRATIONS;
use harness::databases::{self, each_database};
use harness::process::CampoOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

/// Far above what a start takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_doctor_finds_what_is_in_order_and_says_what_to_do_about_the_rest() {
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory());
        let before = options.command(&["doctor"], "").await;
        let pending = options.command(&["migrate", "status"], "").await;
        options.clone().start().await.kill().await.unwrap();

        let healthy = options.command(&["doctor"], "").await;
        let applied = options.command(&["migrate", "status"], "").await;
        fs::set_permissions(database.directory().join("voucher.key"), fs::Permissions::from_mode(0o644))
            .unwrap();
        let ill = options
            .clone()
            .environment("CAMPO_SMTP_URL", "smtp://127.0.0.1:1")
            .environment("CAMPO_MAIL_FROM", "os@example.com")
            .environment("CAMPO_BLOBS", "/dev/null/blobs");
        let ill = ill.command(&["doctor"], "").await;

        assert!(before.success && before.out.contains("the database is still to be made"), "{before:?}");
        assert_eq!(pending.out.matches("pending ").count(), MIGRATIONS.len(), "{}", pending.out);
        assert!(healthy.success, "{healthy:?}");
        assert!(healthy.out.contains("ok      every audit chain is whole"), "{}", healthy.out);
        assert!(healthy.out.contains("advice  no backups are made"), "{}", healthy.out);
        assert!(applied.out.ends_with("the database is at the schema of this program\n"), "{}", applied.out);
        assert!(!ill.success && ill.err.contains("2 of these are not in order"), "{ill:?}");
        assert!(ill.out.contains("broken  the mail server does not answer"), "{}", ill.out);
        assert!(
            ill.out.contains("broken  photos and files cannot be written to /dev/null/blobs"),
            "{}",
            ill.out
        );
        assert!(ill.out.contains("advice  ") && ill.out.contains("chmod 600"), "{}", ill.out);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_found_broken() {
    let database = databases::sqlite();
    let options = CampoOptions::new(&database, database.directory());
    let away = options.environment("DATABASE_URL", "postgres://campo:hush@127.0.0.1:1/campo");

    let said = away.command(&["doctor"], "").await;

    assert!(!said.success && said.out.contains("broken  the database cannot be opened"), "{said:?}");
    assert!(!said.out.contains("hush") && !said.err.contains("hush"), "{said:?}");
}

#[tokio::test]
async fn a_node_whose_database_is_another_programs_says_so_and_ends() {
    let database = databases::sqlite();
    let options = CampoOptions::new(&database, database.directory());
    let file = SqliteConnectOptions::new().filename(database.directory().join("campo.db"));
    let mut foreign = file.create_if_missing(true).connect().await.unwrap();
    sqlx::query("CREATE TABLE organizations (name TEXT)").execute(&mut foreign).await.unwrap();
    foreign.close().await.unwrap();

    let ended = tokio::time::timeout(PATIENCE, options.run_to_its_end()).await;

    let output = ended.expect("it does not go on without a database").unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(told.contains("cannot open the database"), "{told}");
}
