//! The schema of the next release arrives while this one serves, and that of the one after. Never stops the older node.

use harness::databases::{DatabaseKind, TestDatabase, each_database};
use sqlx::{PgPool, SqlitePool};

use super::shift::work_while;
use crate::kill::crew::Crew;

const ROUNDS: usize = 24;

/// What a release may do to the schema while the one before still runs: add, and take nothing away.
const NEXT_RELEASE: &[&str] = &[
    "ALTER TABLE orders ADD COLUMN of_the_next_release TEXT",
    "ALTER TABLE order_summaries ADD COLUMN of_the_next_release BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE of_the_next_release (organization_id BIGINT NOT NULL, name TEXT NOT NULL)",
    "CREATE INDEX orders_of_the_next_release ON orders (organization_id, of_the_next_release)",
    "INSERT INTO schema_migrations (version, name) VALUES (9999, '9999_next_release')",
];

/// What the release after that takes away, when no node uses it any more.
const RELEASE_AFTER: &[&str] = &[
    "DROP INDEX orders_of_the_next_release",
    "ALTER TABLE orders DROP COLUMN of_the_next_release",
    "ALTER TABLE order_summaries DROP COLUMN of_the_next_release",
    "DROP TABLE of_the_next_release",
    "INSERT INTO schema_migrations (version, name) VALUES (10000, '10000_release_after')",
];

// covers: E8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_serves_while_the_schema_expands_and_contracts_and_starts_on_it() {
    for database in each_database() {
        let crew = Crew::gather(database).await;
        let restarting = crew.another_node();
        let (server, mut crew) = crew.split();
        let database = &crew.database;

        let ((), tally) = work_while(&mut crew.hands, async |shift| {
            shift.sent(ROUNDS).await;
            take(database, NEXT_RELEASE).await;
            shift.sent(ROUNDS).await;
            take(database, RELEASE_AFTER).await;
            shift.sent(ROUNDS).await;
        })
        .await;

        assert_eq!((tally.refused, tally.cut), (0, 0), "nobody noticed: {tally:?}");
        server.kill().await.expect("a child can be killed");
        let server = restarting.start().await;
        let mut crew = crew.with(server.kill().await.expect("a child can be killed"));
        crew.start("").await;
        let url = crew.url();
        crew.hands.iter_mut().for_each(|hand| hand.move_to(&url));
        crew.recover().await;
        crew.assert_nothing_is_lost().await;
    }
}

/// Takes a step of the schema, as the first node of a release does.
async fn take(database: &TestDatabase, step: &'static [&'static str]) {
    macro_rules! run {
        ($pool:ident, $url:expr) => {{
            let pool = $pool::connect($url).await.expect("the database can be reached");
            let mut tx = pool.begin().await.expect("a transaction begins");
            for statement in step {
                sqlx::query(*statement).execute(&mut *tx).await.expect(statement);
            }
            tx.commit().await.expect("the step commits");
            pool.close().await;
        }};
    }
    match database.kind() {
        DatabaseKind::Sqlite => run!(SqlitePool, database.url()),
        DatabaseKind::Postgres => run!(PgPool, &database.superuser_url()),
    }
}
