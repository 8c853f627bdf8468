//! `campo migrate status`: which steps of the schema a database has been through. Changes nothing.

use campo::config::Config;
use campo::store::{MIGRATIONS, applied_migrations};
use clap::Subcommand;

use super::Outcome;

#[derive(Subcommand)]
pub enum MigrateCommand {
    /// Which steps the database has been through, and which the next start would take.
    Status,
}

#[expect(clippy::print_stdout, reason = "the steps are the command's output")]
pub async fn status(config: &Config) -> Outcome {
    let applied = applied_migrations(&config.database).await?;
    for migration in MIGRATIONS {
        let is_applied = applied.iter().any(|(version, _)| *version == migration.version);
        println!("{} {}", if is_applied { "applied" } else { "pending" }, migration.name);
    }
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    let newer: Vec<_> = applied.iter().filter(|(version, _)| *version > known).collect();
    newer.iter().for_each(|(_, name)| println!("newer   {name}"));
    let pending = MIGRATIONS.len() + newer.len() - applied.len();
    println!(
        "{}",
        match (pending, newer.len()) {
            (0, 0) => "the database is at the schema of this program".to_owned(),
            (0, _) => "the database was migrated by a newer program; this one runs on it".to_owned(),
            (pending, _) => format!("the next start takes {pending} steps"),
        }
    );
    Ok(())
}
