//! Every migration exists for both databases, with one number each. Never reads the SQL.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::Tree;

const DATABASES: [&str; 2] = ["migrations/sqlite", "migrations/postgres"];

pub fn check(tree: &Tree) -> Vec<String> {
    let [sqlite, postgres] = DATABASES.map(|directory| names(tree, directory));
    let mut complaints: Vec<String> = sqlite
        .symmetric_difference(&postgres)
        .map(|name| {
            let missing = if sqlite.contains(name) { DATABASES[1] } else { DATABASES[0] };
            format!("{missing}/{name}: is missing; a migration exists for both databases")
        })
        .collect();
    complaints.extend(repeated_numbers(&sqlite));
    complaints
}

fn names<'a>(tree: &'a Tree, directory: &str) -> BTreeSet<&'a str> {
    tree.under(directory).filter_map(|file| file.path.rsplit('/').next()).collect()
}

fn repeated_numbers(names: &BTreeSet<&str>) -> Vec<String> {
    let mut by_number: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        by_number.entry(name.get(..4).unwrap_or(name)).or_default().push(name);
    }
    let repeated = by_number.into_iter().filter(|(_, names)| names.len() > 1);
    repeated
        .map(|(number, names)| format!("migrations: {number} is taken twice: {}", names.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_for_one_database_is_refused() {
        let tree = Tree::of(&[
            ("migrations/sqlite/0001_start.sql", ""),
            ("migrations/postgres/0001_start.sql", ""),
            ("migrations/sqlite/0002_sync.sql", ""),
        ]);

        assert_eq!(
            check(&tree),
            ["migrations/postgres/0002_sync.sql: is missing; a migration exists for both databases"]
        );
    }

    #[test]
    fn two_migrations_of_one_number_are_refused() {
        let tree = Tree::of(&[
            ("migrations/sqlite/0001_a.sql", ""),
            ("migrations/postgres/0001_a.sql", ""),
            ("migrations/sqlite/0001_b.sql", ""),
            ("migrations/postgres/0001_b.sql", ""),
        ]);

        assert_eq!(check(&tree), ["migrations: 0001 is taken twice: 0001_a.sql, 0001_b.sql"]);
    }
}
