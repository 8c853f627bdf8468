//! A server that dies while it brings the schema up to date. Never leaves a step half done.

use std::os::unix::process::ExitStatusExt;

use campo::store::MIGRATIONS;
use futures_util::future::join;
use harness::databases::{self, DatabaseKind, TestDatabase, each_database};
use harness::process::CampoOptions;
use harness::temp::TemporaryDirectory;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::kill::crew::SIGABRT;

const POINTS: [&str; 2] = ["migrate.before_commit", "migrate.after_commit"];

// covers: E7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_at_any_step_of_a_migration_goes_on_from_there() {
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        for point in POINTS {
            let database =
                if kind == DatabaseKind::Sqlite { databases::sqlite() } else { databases::postgres() };
            die_at_every_step(&database, point).await;
        }
    }
    for database in each_database() {
        two_at_once(&database).await;
    }
}

/// Each start gets one step further than the one before: up to the point it dies at.
async fn die_at_every_step(database: &TestDatabase, point: &str) {
    let files = TemporaryDirectory::create("migrate");
    let options = CampoOptions::new(database, files.path());
    for step in 0..MIGRATIONS.len() {
        let dying = options.clone().fail_points(&format!("{point}={step}*off->return"));
        let end = dying.run_to_its_end().await.expect("a child can be waited for");
        let said = String::from_utf8_lossy(&end.stderr);
        assert_eq!(end.status.signal(), Some(SIGABRT), "{point} at step {step}: {said}");
    }
    let whole = options.fail_points("").start().await;
    whole.kill().await.expect("a child can be killed");
}

/// Two servers that find an empty database at the same moment.
async fn two_at_once(database: &TestDatabase) {
    let files = TemporaryDirectory::create("migrate");
    let options = CampoOptions::new(database, files.path());
    let (first, second) = join(options.clone().start(), options.start()).await;
    for node in [first, second] {
        node.kill().await.expect("a child can be killed");
    }
}

/// The last schema whose lists stood in another order of columns.
const BEFORE_COLUMNS_IN_REACH: usize = 16;
const LISTED: &str = "INSERT INTO order_list (organization_id, order_id, listed_at, sort_number, sort_priority, \
     sort_status, sort_window, sort_promised, sort_customer, window_end, created_at, status_since, attention_count, \
     assignee_count, state, kind, place, currency, is_paid) VALUES ($1, $1, 1, 2, 3, 4, 5, 6, 'ana', 7, 8, 9, 0, 1, \
     'new', 'repair', 'remote', 'BRL', TRUE)";
const FOUND: &str = "SELECT COUNT(*) FROM order_list WHERE order_id = organization_id AND sort_number = 2 AND \
     sort_status = 4 AND window_end = 7 AND assignee_count = 1 AND kind = 'repair' AND sort_customer = 'ana' AND is_paid";

/// Migrations see the rows of every organization, though row-level security binds the owner of the tables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_keeps_what_was_listed() {
    for database in each_database() {
        let files = TemporaryDirectory::create("migrate");
        let options = CampoOptions::new(&database, files.path());
        let stop = format!("migrate.before_commit={BEFORE_COLUMNS_IN_REACH}*off->return");
        options.clone().fail_points(&stop).run_to_its_end().await.expect("a child can be waited for");
        /// Runs in whichever database it is.
        macro_rules! count_after_upgrade {
            ($connection:ty) => {{
                let mut connection = <$connection>::connect(&database.superuser_url()).await.unwrap();
                sqlx::query(LISTED).bind(vec![7_u8; 16]).execute(&mut connection).await.unwrap();
                options.start().await.kill().await.unwrap();
                sqlx::query_scalar::<_, i64>(FOUND).fetch_one(&mut connection).await.unwrap()
            }};
        }

        let found = match database.kind() {
            DatabaseKind::Sqlite => count_after_upgrade!(SqliteConnection),
            DatabaseKind::Postgres => count_after_upgrade!(PgConnection),
        };

        assert_eq!(found, 1, "{:?}", database.kind());
    }
}
