//! Organizations never meet in the store. Never checks HTTP.

use campo::store::reference_rows;
use harness::databases;
use sqlx::{Connection, PgConnection, Row};
use sync_core::ids::OrganizationId;

use super::support::{ORGANIZATION, OTHER, open, publish_one, row_count};

#[tokio::test]
async fn rows_of_another_organization_do_not_exist() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let others = row_count(&store, OTHER).await;

        assert_eq!(others, 0, "{:?}", database.kind());
        assert_eq!(row_count(&store, ORGANIZATION).await, 1);
    }
}

#[tokio::test]
async fn opening_twice_migrates_once_and_keeps_the_rows() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let (first, second) = tokio::join!(open(&database), open(&database));

        assert_eq!(row_count(&first, ORGANIZATION).await, 1);
        assert_eq!(row_count(&second, ORGANIZATION).await, 1);
    }
}

#[tokio::test]
async fn a_system_transaction_reaches_an_organization_after_entering_it() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let mut tx = store.begin_system_read().await.unwrap();
        tx.enter_organization(ORGANIZATION).await.unwrap();

        assert_eq!(reference_rows::head(&mut tx).await.unwrap(), 1);
    }
}

/// A session as a node has it, bound to one organization; what it is asked leaves the organization out on purpose.
async fn bound_to(url: &str, organization: OrganizationId) -> PgConnection {
    let mut session = PgConnection::connect(url).await.unwrap();
    let organization = organization.to_string().replace('-', "");
    let settings = [("role", "campo_app"), ("campo.organization", &organization), ("campo.system", "off")];
    for (name, value) in settings {
        let set = sqlx::query("SELECT set_config($1, $2, false)").bind(name).bind(value);
        set.execute(&mut session).await.unwrap();
    }
    session
}

#[tokio::test]
async fn postgresql_itself_hides_other_organizations_from_statements_that_forget_to() {
    let database = databases::postgres();
    let store = open(&database).await;
    publish_one(&store, 1, "{}").await.unwrap();
    let mut own = bound_to(database.url(), ORGANIZATION).await;
    let mut other = bound_to(database.url(), OTHER).await;

    let count = "SELECT count(*) FROM reference_rows";
    let seen: (i64, i64) = (
        sqlx::query_scalar(count).fetch_one(&mut own).await.unwrap(),
        sqlx::query_scalar(count).fetch_one(&mut other).await.unwrap(),
    );
    let changed = sqlx::query("UPDATE reference_rows SET body = 'x'").execute(&mut other).await.unwrap();
    let deleted = sqlx::query("DELETE FROM reference_rows").execute(&mut other).await.unwrap();
    let planted = sqlx::query(
        "INSERT INTO reference_rows (organization_id, kind, id, seq, body, deleted) VALUES ($1, 'test', $1, 2, '{}', false)",
    );
    let planted = planted.bind(ORGANIZATION.as_bytes().as_slice()).execute(&mut other).await.unwrap_err();

    assert_eq!(seen, (1, 0));
    assert_eq!((changed.rows_affected(), deleted.rows_affected()), (0, 0));
    assert_eq!(planted.as_database_error().unwrap().code().unwrap(), "42501");
}

const CONDITION: &str = "((organization_id = decode(current_setting('campo.organization'::text, true), 'hex'::text)) \
     OR (current_setting('campo.system'::text, true) = 'on'::text))";

#[tokio::test]
async fn every_table_of_an_organization_is_under_the_same_policy_and_none_is_owned_by_the_role_that_serves() {
    let database = databases::postgres();
    let store = open(&database).await;
    publish_one(&store, 1, "{}").await.unwrap();
    let mut session = bound_to(database.url(), ORGANIZATION).await;

    let tables = sqlx::query(
        "SELECT c.relname, c.relforcerowsecurity AND c.relrowsecurity AS is_forced, p.qual, p.with_check, \
         pg_get_userbyid(c.relowner) <> current_user AS is_of_another \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' \
         LEFT JOIN pg_policies p ON p.tablename = c.relname \
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace",
    );
    let tables = tables.fetch_all(&mut session).await.unwrap();

    assert!(tables.len() > 30, "{}", tables.len());
    for table in &tables {
        let name: String = table.get("relname");
        let (condition, check): (Option<String>, Option<String>) =
            (table.get("qual"), table.get("with_check"));
        assert!(table.get::<bool, _>("is_forced") && table.get::<bool, _>("is_of_another"), "{name}");
        // Some have it in a form that is computed once for each statement.
        let condition = condition.unwrap_or_default().replace("( SELECT ", "").replace(" AS decode)", "");
        let condition = condition.replace(" AS current_setting)", "");
        assert_eq!(condition, CONDITION, "{name}");
        assert_eq!(check, None, "{name}: the same condition holds for what is written");
    }
}
