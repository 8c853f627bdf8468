//! Backups made while phones push, damaged, restored, and what phones give back afterwards. Never a database of the tests' own.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

use harness::databases::{self, DatabaseKind, TestDatabase, each_database};
use harness::process::{CampoOptions, Said};
use harness::temp::TemporaryDirectory;

use crate::api::upload_client::{files_in, photo_like};
use crate::kill::crew::Crew;
use crate::nodes::shift::work_while;

const PHOTO_BYTES: usize = 300_000;

fn empty_like(database: &TestDatabase) -> TestDatabase {
    match database.kind() {
        DatabaseKind::Sqlite => databases::sqlite(),
        DatabaseKind::Postgres => databases::postgres(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn done(options: &CampoOptions, arguments: &[&str]) -> String {
    let Said { success, out, err } = options.command(arguments, "").await;
    assert!(success, "{arguments:?}: {err}");
    out
}

async fn refused(options: &CampoOptions, arguments: &[&str]) -> String {
    let Said { success, out, err } = options.command(arguments, "").await;
    assert!(!success, "{arguments:?}: {out}");
    err
}

/// The folder that `backup create` printed.
fn folder(out: &str) -> PathBuf {
    out.lines().next().unwrap().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_is_restored_and_phones_give_back_what_it_lacks() {
    // covers: E9
    for database in each_database() {
        let crew = Crew::gather(database).await;
        let photo = photo_like(PHOTO_BYTES, 1);
        crew.upload(&photo_like(PHOTO_BYTES, 9)).await;
        // Its bytes are lost before there is a backup.
        fs::remove_file(&crew.stored_blobs()[0]).unwrap();
        crew.upload(&photo).await;
        let backups = TemporaryDirectory::create("backups");
        let (server, mut absent) = crew.split();
        let options = server.options().clone();
        let (out, tally) = work_while(&mut absent.hands, async |shift| {
            shift.sent(20).await;
            let out = done(&options, &["backup", "create", "--to", text(backups.path())]).await;
            shift.sent(20).await;
            out
        })
        .await;
        let options = server.kill().await.unwrap();
        let whole = done(&options, &["backup", "verify", text(backups.path())]).await;

        let (empty, files) = (empty_like(&absent.database), TemporaryDirectory::create("restored"));
        let elsewhere = options.clone().moved_to(&empty, files.path());
        let restored = done(&elsewhere, &["backup", "restore", text(&folder(&out))]).await;
        let mut crew = absent.moved_to(empty, files, options);
        crew.hands.iter_mut().for_each(|hand| hand.ledger.server_was_restored());
        crew.start("").await;
        crew.sync_all().await;

        assert!(tally.sent >= 40 && tally.refused == 0, "nobody noticed the backup: {tally:?}");
        assert!(whole.contains("is whole") && whole.contains("1 photos and files"), "{whole}");
        assert!(out.contains("lost before: "), "{out}");
        assert!(restored.contains("1 photos and files brought back"), "{restored}");
        assert!(restored.contains("1 photos and files are missing; the phones"), "{restored}");
        assert!(crew.stored_blobs().iter().any(|file| fs::read(file).unwrap() == photo));
        crew.assert_nothing_is_lost().await;
    }
}

#[tokio::test]
async fn what_is_damaged_in_a_backup_is_named_and_never_restored() {
    for database in each_database() {
        let crew = Crew::gather(database).await;
        crew.upload(&photo_like(PHOTO_BYTES, 2)).await;
        let options = crew.another_node();
        let backups = TemporaryDirectory::create("backups");
        let backup = folder(&done(&options, &["backup", "create", "--to", text(backups.path())]).await);
        let (empty, files) = (empty_like(&crew.database), TemporaryDirectory::create("restored"));
        let elsewhere = options.clone().moved_to(&empty, files.path());

        let dump = backup.join(match crew.database.kind() {
            DatabaseKind::Sqlite => "database.sqlite",
            DatabaseKind::Postgres => "database.pgdump",
        });
        let photo = files_in(&backups.path().join("blobs/originals")).remove(0);
        for (damaged, said) in [
            (&dump, "is not what it was"),
            (&backup.join("blobs.txt"), "blobs.txt"),
            (&photo, "is not what it was"),
        ] {
            let whole = fs::read(damaged).unwrap();
            flip(damaged, whole.len() as u64 / 2);
            let verified = refused(&options, &["backup", "verify", text(&backup)]).await;
            let restored = refused(&elsewhere, &["backup", "restore", text(&backup)]).await;
            assert!(verified.contains("the backup is damaged") && verified.contains(said), "{verified}");
            assert!(restored.contains("the backup is damaged"), "{restored}");
            fs::write(damaged, whole).unwrap();
        }
        let away = photo.with_extension("away");
        fs::rename(&photo, &away).unwrap();
        assert!(refused(&options, &["backup", "verify", text(&backup)]).await.contains("is missing"));
        fs::rename(&away, &photo).unwrap();
        fs::rename(backup.join("manifest.json"), backup.join("elsewhere.json")).unwrap();
        let none = refused(&elsewhere, &["backup", "restore", text(backups.path())]).await;
        assert!(none.contains("holds no complete backup"), "{none}");
        fs::rename(backup.join("elsewhere.json"), backup.join("manifest.json")).unwrap();

        done(&options, &["backup", "verify", text(&backup)]).await;
        let status = done(&elsewhere, &["migrate", "status"]).await;
        assert!(!status.contains("applied "), "the refused restores began nothing: {status}");
    }
}

fn flip(path: &Path, at: u64) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

#[tokio::test]
async fn a_restore_puts_nothing_over_what_is_there() {
    for database in each_database() {
        let kind = database.kind();
        let crew = Crew::gather(database).await;
        let options = crew.another_node();
        let backups = TemporaryDirectory::create("backups");
        let backup = folder(&done(&options, &["backup", "create", "--to", text(backups.path())]).await);
        let crew = crew.stopped().await;
        let restore = ["backup", "restore", text(&backup)];

        let in_the_way = refused(&options, &restore).await;
        let other = if kind == DatabaseKind::Sqlite { databases::postgres() } else { databases::sqlite() };
        let of_another_kind = refused(&options.clone().moved_to(&other, other.directory()), &restore).await;
        let (empty, files) = (empty_like(&crew.database), TemporaryDirectory::create("restored"));
        fs::write(files.path().join("voucher.key"), [7; 32]).unwrap();
        let other_key = refused(&options.clone().moved_to(&empty, files.path()), &restore).await;

        assert!(of_another_kind.contains("they have to be the same"), "{of_another_kind}");
        assert!(other_key.contains("holds another key than the backup"), "{other_key}");
        if kind == DatabaseKind::Postgres {
            assert!(in_the_way.contains("the PostgreSQL database is not empty"), "{in_the_way}");
        } else {
            assert!(in_the_way.contains("move it away, or say --replace"), "{in_the_way}");
            let replaced = done(&options, &["backup", "restore", text(&backup), "--replace"]).await;
            let aside = replaced
                .lines()
                .find_map(|line| line.strip_prefix("the database that was there is kept as "));
            assert!(Path::new(aside.unwrap()).exists(), "{replaced}");
            let left: Vec<_> = fs::read_dir(crew.database.directory())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert!(!left.iter().any(|name| name.to_string_lossy().contains(".restor")), "{left:?}");
        }
    }
}

#[tokio::test]
async fn files_are_copied_once_and_the_oldest_backups_go_with_what_only_they_had() {
    let crew = Crew::gather(databases::sqlite()).await;
    let options = crew.another_node();
    let backups = TemporaryDirectory::create("backups");
    let create = ["backup", "create", "--to", text(backups.path()), "--keep", "2"];
    crew.upload(&photo_like(PHOTO_BYTES, 3)).await;
    let first = done(&options, &create).await;
    crew.upload(&photo_like(PHOTO_BYTES, 4)).await;
    let second = done(&options, &create).await;
    let third = done(&options, &create).await;

    assert!(first.contains("1 photos and files, 300000 bytes; 1 of them copied now"), "{first}");
    assert!(second.contains("2 photos and files, 600000 bytes; 1 of them copied now"), "{second}");
    assert!(third.contains("0 of them copied now"), "{third}");
    let listed = done(&options, &["backup", "list", text(backups.path())]).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(!folder(&first).exists() && folder(&second).exists());
    assert_eq!(files_in(&backups.path().join("blobs/originals")).len(), 2, "both are still needed");
}

#[tokio::test]
async fn a_backup_that_dies_is_none_and_the_next_one_removes_what_it_left() {
    for database in each_database() {
        let crew = Crew::gather(database).await;
        let backups = TemporaryDirectory::create("backups");
        for point in ["backup.after_database", "backup.before_manifest"] {
            let dying = crew.another_node().fail_points(&format!("{point}=return"));
            let end = dying.end_of(&["backup", "create", "--to", text(backups.path())]).await;
            assert_eq!(end.status.signal(), Some(crate::kill::crew::SIGABRT), "{point}");
        }
        let options = crew.another_node();
        let none = done(&options, &["backup", "list", text(backups.path())]).await;

        let made = done(&options, &["backup", "create", "--to", text(backups.path())]).await;

        assert_eq!(none, "");
        let folders = fs::read_dir(backups.path()).unwrap().filter(|entry| {
            entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("20"))
        });
        assert_eq!(folders.count(), 1, "{made}");
        done(&options, &["backup", "verify", text(backups.path())]).await;
    }
}

#[tokio::test]
async fn a_restore_that_dies_in_the_middle_is_done_again() {
    let crew = Crew::gather(databases::sqlite()).await;
    let backups = TemporaryDirectory::create("backups");
    let options = crew.another_node();
    done(&options, &["backup", "create", "--to", text(backups.path())]).await;
    let (empty, files) = (databases::sqlite(), TemporaryDirectory::create("restored"));
    let elsewhere = options.moved_to(&empty, files.path());
    let restore = ["backup", "restore", text(backups.path())];

    let end = elsewhere.clone().fail_points("restore.after_database=return").end_of(&restore).await;
    let is_there = empty.directory().join("campo.db").exists();
    let again = done(&elsewhere, &restore).await;

    assert_eq!(end.status.signal(), Some(crate::kill::crew::SIGABRT));
    assert!(!is_there, "what is not in order has not its name yet");
    assert!(again.contains("12 orders"), "{again}");
}

#[tokio::test]
async fn a_server_makes_backups_by_itself_when_they_are_due() {
    for database in each_database() {
        let backups = TemporaryDirectory::create("backups");
        let options = CampoOptions::new(&database, database.directory())
            .environment("CAMPO_BACKUP_DIRECTORY", text(backups.path()))
            .environment("CAMPO_BACKUP_EVERY_HOURS", "1");
        let server = options.clone().start().await;
        server.says("a backup was made").await;

        let figures = reqwest::get(format!("{}/metrics", server.url())).await.unwrap().text().await.unwrap();
        let restarted = server.kill_and_restart().await.unwrap();
        let verified = done(&options, &["backup", "verify"]).await;

        let newest =
            figures.lines().find_map(|line| line.strip_prefix("campo_backup_newest_timestamp_seconds "));
        assert!(newest.unwrap().parse::<f64>().unwrap() > 1.7e9, "{newest:?}");
        assert!(verified.contains("is whole"), "{verified}");
        assert_eq!(
            done(&options, &["backup", "list"]).await.lines().count(),
            1,
            "the next one is not due yet"
        );
        restarted.kill().await.unwrap();
    }
}
