//! Both databases have the same tables and columns, and the committed list says which.

use std::path::Path;

use harness::databases::{DatabaseKind, TestDatabase, each_database};
use sqlx::Connection;

use super::support::open;

const SQLITE_COLUMNS: &str = "SELECT m.name, p.name, lower(p.type), p.\"notnull\" = 1 \
    FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO' \
    FROM information_schema.columns WHERE table_schema = 'public'";

type Column = (String, String, String, bool);

async fn columns(database: &TestDatabase) -> Vec<Column> {
    let mut columns: Vec<Column> = match database.kind() {
        DatabaseKind::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
            sqlx::query_as(SQLITE_COLUMNS).fetch_all(&mut connection).await.unwrap()
        }
        DatabaseKind::Postgres => {
            let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
            sqlx::query_as(POSTGRES_COLUMNS).fetch_all(&mut connection).await.unwrap()
        }
    };
    for (_, _, kind, _) in &mut columns {
        *kind = if kind == "blob" { "bytea".to_owned() } else { kind.clone() };
    }
    columns.sort();
    columns
}

/// `UPDATE_SNAPSHOTS=1 cargo xtask test the_schema` writes the list again after a migration.
#[tokio::test]
async fn the_schema_is_the_committed_one_on_both_databases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("store/schema.txt");
    for database in each_database() {
        open(&database).await;

        let lines = columns(&database).await.into_iter().map(|(table, column, kind, is_required)| {
            format!("{table}.{column} {kind}{}\n", if is_required { "" } else { " null" })
        });
        let schema: String = lines.collect();

        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        assert_eq!(schema, std::fs::read_to_string(&path).unwrap_or_default(), "{:?}", database.kind());
    }
}
