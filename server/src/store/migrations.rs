//! Brings a database to the schema of this program, one transaction per step. Never goes back and never skips a step.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use crate::store::error::Result;
use crate::store::{DatabaseConfig, dialect};

/// One step of the schema: the same change for both databases.
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $file,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $file, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $file, ".sql")),
        }
    };
}

/// Append-only, in order.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_foundation"),
    migration!(2, "0002_sync"),
    migration!(3, "0003_blobs"),
    migration!(4, "0004_documents"),
    migration!(5, "0005_equipment"),
    migration!(6, "0006_records"),
    migration!(7, "0007_what_leaves"),
    migration!(8, "0008_order_list"),
    migration!(9, "0009_api_access"),
    migration!(10, "0010_expiry_and_moves"),
    migration!(11, "0011_exports"),
    migration!(12, "0012_imports"),
    migration!(13, "0013_geocoded_places"),
    migration!(14, "0014_found_sooner"),
    migration!(15, "0015_rare_values"),
    migration!(16, "0016_payments"),
    migration!(17, "0017_columns_in_reach"),
    migration!(18, "0018_kinds_of_customers"),
];

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (\
    version BIGINT NOT NULL CONSTRAINT schema_migrations_pkey PRIMARY KEY, name TEXT NOT NULL)";
const LAST_VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
const APPLIED: &str = "SELECT version, name FROM schema_migrations ORDER BY version";
const RECORD: &str = "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";

/// An arbitrary number, the same in every server of one database.
const POSTGRES_LOCK: i64 = 0x6361_6d70_6f00_0001;

pub(crate) async fn migrate_sqlite(connection: &mut SqliteConnection) -> Result<()> {
    for migration in MIGRATIONS {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(CREATE_TABLE).execute(&mut *tx).await?;
        let last: i64 = sqlx::query_scalar(LAST_VERSION).fetch_one(&mut *tx).await?;
        if last < migration.version {
            sqlx::raw_sql(migration.sqlite).execute(&mut *tx).await?;
            sqlx::query(RECORD).bind(migration.version).bind(migration.name).execute(&mut *tx).await?;
        }
        fail::fail_point!("migrate.before_commit", |_| std::process::abort());
        tx.commit().await?;
        fail::fail_point!("migrate.after_commit", |_| std::process::abort());
    }
    let last: i64 = sqlx::query_scalar(LAST_VERSION).fetch_one(&mut *connection).await?;
    warn_of_newer(last);
    Ok(())
}

pub(crate) async fn migrate_postgres(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT pg_advisory_lock($1)").bind(POSTGRES_LOCK).execute(&mut *connection).await?;
    for migration in MIGRATIONS {
        // Row-level security binds the owner of the tables, too, who has to see the rows that move.
        let begin = dialect::begin_postgres(dialect::BEGIN_WRITE_POSTGRES, None);
        let mut tx = connection.begin_with(begin).await?;
        let exists: i64 = sqlx::query_scalar(dialect::TABLE_EXISTS_POSTGRES)
            .bind("schema_migrations")
            .fetch_one(&mut *tx)
            .await?;
        if exists == 0 {
            sqlx::query(CREATE_TABLE).execute(&mut *tx).await?;
        }
        let last: i64 = sqlx::query_scalar(LAST_VERSION).fetch_one(&mut *tx).await?;
        if last < migration.version {
            sqlx::raw_sql(migration.postgres).execute(&mut *tx).await?;
            sqlx::query(RECORD).bind(migration.version).bind(migration.name).execute(&mut *tx).await?;
        }
        fail::fail_point!("migrate.before_commit", |_| std::process::abort());
        tx.commit().await?;
        fail::fail_point!("migrate.after_commit", |_| std::process::abort());
    }
    let last: i64 = sqlx::query_scalar(LAST_VERSION).fetch_one(&mut *connection).await?;
    restrict(connection).await?;
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(POSTGRES_LOCK).execute(&mut *connection).await?;
    warn_of_newer(last);
    Ok(())
}

/// What a database has been through, without changing it; empty for one that is not Campo's yet.
///
/// # Errors
///
/// When the database cannot be read; an SQLite file that does not exist has been through nothing.
pub async fn applied_migrations(config: &DatabaseConfig) -> Result<Vec<(i64, String)>> {
    /// Asks whether there is the table, then what is in it.
    macro_rules! applied {
        ($connection:expr, $question:expr) => {{
            let mut connection = $connection;
            let question = sqlx::query_scalar($question).bind("schema_migrations");
            let exists: i64 = question.fetch_one(&mut connection).await?;
            let rows = match exists {
                0 => Vec::new(),
                _ => sqlx::query_as(APPLIED).fetch_all(&mut connection).await?,
            };
            connection.close().await?;
            Ok(rows)
        }};
    }
    match config {
        DatabaseConfig::Sqlite { path } if !path.exists() => Ok(Vec::new()),
        DatabaseConfig::Sqlite { path } => {
            applied!(
                SqliteConnectOptions::new().filename(path).connect().await?,
                dialect::TABLE_EXISTS_SQLITE
            )
        }
        DatabaseConfig::Postgres { url } => {
            applied!(PgConnection::connect(url).await?, dialect::TABLE_EXISTS_POSTGRES)
        }
    }
}

/// An older program runs on the schema of the next one (steps expand before they contract), but says so.
fn warn_of_newer(last: i64) {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if last > known {
        tracing::warn!(
            schema.found = last,
            schema.known = known,
            "the database was migrated by a newer program"
        );
    }
}

/// The role the server works as: it owns nothing, so row-level security binds it.
pub(crate) const RESTRICTED_ROLE: &str = "campo_app";

/// Creates the restricted role where this user may, and lets it read and write the tables.
async fn restrict(connection: &mut PgConnection) -> Result<()> {
    if !role_exists(connection).await? {
        let created =
            sqlx::query("CREATE ROLE campo_app NOLOGIN NOBYPASSRLS").execute(&mut *connection).await;
        if created.is_err() && !role_exists(connection).await? {
            return Ok(());
        }
    }
    if !may_act_restricted(connection).await? {
        let granted = sqlx::query("GRANT campo_app TO CURRENT_USER").execute(&mut *connection).await;
        if granted.is_err() && !may_act_restricted(connection).await? {
            return Ok(());
        }
    }
    sqlx::raw_sql(dialect::GRANT_TABLES_POSTGRES).execute(&mut *connection).await?;
    Ok(())
}

async fn role_exists(connection: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
        .bind(RESTRICTED_ROLE)
        .fetch_one(connection)
        .await?)
}

/// Whether the connected user may become the restricted role; also false when there is no such role.
pub(crate) async fn may_act_restricted(connection: &mut PgConnection) -> Result<bool> {
    Ok(role_exists(connection).await?
        && sqlx::query_scalar("SELECT pg_has_role(current_user, $1, 'MEMBER')")
            .bind(RESTRICTED_ROLE)
            .fetch_one(connection)
            .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The (name, columns) of every primary key and unique constraint of a schema text.
    fn constraints(schema: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut table = "";
        for line in schema.lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                table = rest.split(' ').next().unwrap();
            }
            let Some(rest) = line.trim().strip_prefix("CONSTRAINT ") else { continue };
            let (name, rest) = rest.split_once(' ').unwrap();
            if rest.starts_with("CHECK") || rest.starts_with("FOREIGN KEY") {
                continue;
            }
            let columns = rest.split_once('(').unwrap().1.split_once(')').unwrap().0;
            let columns: Vec<_> = columns.split(", ").map(|column| format!("{table}.{column}")).collect();
            found.push((name.to_owned(), columns.join(", ")));
        }
        found
    }

    #[test]
    fn every_constraint_has_a_name_that_both_databases_lead_to() {
        for migration in MIGRATIONS {
            assert_eq!(constraints(migration.sqlite), constraints(migration.postgres), "{}", migration.name);
            for (name, columns) in constraints(migration.sqlite) {
                let reported = format!("UNIQUE constraint failed: {columns}");
                assert_eq!(dialect::constraint_of_columns(&reported), Some(name.as_str()));
                assert_eq!(dialect::constraint_named(&name), Some(name.as_str()));
            }
        }
    }

    #[test]
    fn every_table_of_an_organization_is_under_forced_row_level_security() {
        for migration in MIGRATIONS {
            for table in migration.postgres.split("CREATE TABLE ").skip(1) {
                let (name, body) = table.split_once(" (").unwrap();
                let is_of_an_organization = body.trim_start().starts_with("organization_id ");
                let force = format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;");
                assert_eq!(migration.postgres.contains(&force), is_of_an_organization, "{name}");
            }
        }
    }

    #[test]
    fn versions_ascend_by_one_and_match_their_file_names() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, index as i64 + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)));
        }
    }
}
