//! Creates a migration for both databases. Never for one of them.

use std::path::Path;

use super::{file_name_words, next_number, write_new};
use crate::failure::Failure;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

pub fn create(root: &Path, name: &str) -> Result<(), Failure> {
    let name = file_name_words(name, '_')?;
    let number = next_number(&root.join("migrations").join(DATABASES[0]))?;
    for database in DATABASES {
        let path = root.join("migrations").join(database).join(format!("{number:04}_{name}.sql"));
        write_new(
            &path,
            "-- Append-only: expand first, contract in a later release. Name every constraint.\n",
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_migration_is_created_for_both_databases_with_the_next_number() {
        let root = tempfile::tempdir().expect("a temporary directory");
        for database in DATABASES {
            fs::create_dir_all(root.path().join("migrations").join(database)).expect("is writable");
        }
        fs::write(root.path().join("migrations/sqlite/0001_start.sql"), "").expect("is writable");

        create(root.path(), "Add visits").expect("there is room");

        for database in DATABASES {
            assert!(root.path().join("migrations").join(database).join("0002_add_visits.sql").exists());
        }
    }
}
