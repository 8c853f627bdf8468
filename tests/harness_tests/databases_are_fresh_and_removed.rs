//! Test databases begin empty, are apart from each other and vanish. Never tests Campo's schema.

use std::path::Path;

use harness::databases::{DatabaseKind, each_database, postgres, sqlite};
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

#[test]
fn each_kind_is_offered_once() {
    let kinds: Vec<_> = each_database().iter().map(harness::databases::TestDatabase::kind).collect();

    assert_eq!(kinds, [DatabaseKind::Sqlite, DatabaseKind::Postgres]);
}

#[tokio::test]
async fn two_postgres_databases_do_not_see_each_other() {
    let (first, second) = (postgres(), postgres());

    let mut connection = PgConnection::connect(first.url()).await.expect("connects to the first");
    sqlx::query("CREATE TABLE marker (id BIGINT)")
        .execute(&mut connection)
        .await
        .expect("the owner may create");
    let mut connection = PgConnection::connect(second.url()).await.expect("connects to the second");
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE tablename = 'marker'")
        .fetch_one(&mut connection)
        .await
        .expect("the catalog is readable");

    assert_eq!(found, 0);
}

#[tokio::test]
async fn the_owner_role_cannot_bypass_row_level_security() {
    let database = postgres();

    let mut connection = PgConnection::connect(database.url()).await.expect("connects");
    let (superuser, bypass): (bool, bool) =
        sqlx::query_as("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            .fetch_one(&mut connection)
            .await
            .expect("the catalog is readable");

    assert!(!superuser && !bypass);
}

#[tokio::test]
async fn postgres_flushes_commits_as_in_production() {
    let database = postgres();

    let mut connection = PgConnection::connect(database.url()).await.expect("connects");
    let fsync: String =
        sqlx::query_scalar("SHOW fsync").fetch_one(&mut connection).await.expect("is a setting");

    assert_eq!(fsync, "on");
}

#[tokio::test]
async fn a_dropped_postgres_database_is_gone_even_with_a_connection_open() {
    let database = postgres();
    let url = database.url().to_owned();
    let open = PgConnection::connect(&url).await.expect("connects while it exists");

    drop(database);

    assert!(PgConnection::connect(&url).await.is_err());
    drop(open);
}

#[tokio::test]
async fn a_dropped_sqlite_database_leaves_no_file() {
    let database = sqlite();
    let path = database.url().strip_prefix("sqlite://").expect("the url has this form").to_owned();
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let connection = SqliteConnection::connect_with(&options).await.expect("creates the file");
    connection.close().await.expect("closes");
    assert!(Path::new(&path).exists());

    drop(database);

    assert!(!Path::new(&path).parent().expect("it was in a directory").exists());
}
