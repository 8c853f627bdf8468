//! `campo import`: a file taken by a process that dies after every batch in turn. Never a row twice.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt as _;

use harness::databases::each_database;
use harness::process::{CampoOptions, Said};

use super::people::{INIT, PASSWORD};
use crate::kill::crew::SIGABRT;

const ROWS: usize = 900;

#[tokio::test]
async fn a_file_is_taken_by_command_and_a_death_after_any_batch_doubles_nothing() {
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory());
        options.command(INIT, &format!("{PASSWORD}\n")).await;
        let file = database.directory().join("customers.csv");
        let mut rows = String::from("Key,Who,CPF\n");
        for row in 0..ROWS {
            writeln!(rows, "K{row},Customer {row},{}", if row == 450 { "529.982.247-26" } else { "" })
                .unwrap();
        }
        std::fs::write(&file, rows).unwrap();
        let errors = database.directory().join("errors.csv");
        let import = [
            "import",
            "customers",
            file.to_str().unwrap(),
            "--map",
            "Key=external_id",
            "--map",
            "Who=name",
            "--errors",
            errors.to_str().unwrap(),
        ];
        let dry = options.command(&[import.as_slice(), &["--dry-run"]].concat(), "").await;
        for batches in 0..3 {
            let dying = options.clone().fail_points(&format!("import.after_batch={batches}*off->return"));
            assert_eq!(dying.end_of(&import).await.status.signal(), Some(SIGABRT));
        }

        let Said { success, out, err } = options.command(&import, "").await;
        let again = options.command(&import, "").await;

        assert!(dry.out.contains("899 created, 0 changed, 0 unchanged, 1 refused"), "{dry:?}");
        assert!(!success && err.contains("1 rows were not taken"), "{err}");
        assert!(out.contains("Key: external_id\nWho: name\nCPF: tax_id\n"), "{out}");
        assert!(out.contains("300 created, 0 changed, 599 unchanged, 1 refused"), "{out}");
        assert!(again.out.contains("0 created, 0 changed, 899 unchanged, 1 refused"), "{}", again.out);
        let listed = options.command(&["export", "customers"], "").await;
        assert_eq!(listed.out.lines().count(), ROWS, "one heading and 899 rows");
        let wrong = std::fs::read_to_string(&errors).unwrap();
        assert!(wrong.contains("452,tax_id,The check digits of tax_id do not fit.,K450"), "{wrong}");
        let nothing = options.command(&[import.as_slice(), &["--all-or-nothing"]].concat(), "").await;
        assert!(!nothing.success && nothing.err.contains("nothing was taken"), "{nothing:?}");
    }
}
