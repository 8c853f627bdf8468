//! What the database of a stopped server must hold. Never writes to it.

use std::collections::BTreeSet;

use campo::audit::{ChainVerdict, verify_chain};
use campo::projection::rebuild::{RebuildMode, rebuild};
use campo::store::{DatabaseConfig, Store};
use harness::databases::{DatabaseKind, TestDatabase};
use sqlx::{PgPool, SqlitePool};
use sync_core::ids::{ChangeHash, OrganizationId};

/// Runs one query on whichever database it is, past row-level security.
macro_rules! ask {
    ($database:expr, $row:ty, $sql:literal) => {
        match $database.kind() {
            DatabaseKind::Sqlite => {
                let pool = SqlitePool::connect($database.url()).await.expect("the file can be opened");
                let rows: Vec<$row> = sqlx::query_as($sql).fetch_all(&pool).await.expect($sql);
                pool.close().await;
                rows
            }
            DatabaseKind::Postgres => {
                let pool = PgPool::connect(&$database.superuser_url()).await.expect("the server is up");
                let rows: Vec<$row> = sqlx::query_as($sql).fetch_all(&pool).await.expect($sql);
                pool.close().await;
                rows
            }
        }
    };
}

/// No acknowledgment without a row, one audit row for each change (I8), whole feeds, everything derived as derived.
pub async fn assert_database_is_sound(
    database: &TestDatabase,
    organization: OrganizationId,
    acknowledged: &BTreeSet<ChangeHash>,
) {
    let stored = stored_changes(database).await;
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged without a row: {lost:?}");

    assert_eq!(
        audited_changes(database).await,
        stored.into_iter().collect::<Vec<_>>(),
        "audit rows and changes"
    );
    assert_feeds_have_no_gap(database).await;
    assert_jobs_are_there_once(database).await;

    let config = DatabaseConfig::from_url(database.url()).expect("the address of a test database is valid");
    let store = Store::open(&config).await.expect("the database opens");
    let mut tx = store.begin_read(organization).await.expect("the database can be read");
    let verdict = verify_chain(&mut tx).await.expect("the chain can be read");
    assert!(matches!(verdict, ChainVerdict::Whole { .. }), "the audit chain: {verdict:?}");
    drop(tx);
    let report = rebuild(&store, &[organization], RebuildMode::Check).await.expect("changes make documents");
    assert_eq!(report.difference, None);
    assert!(report.order_count > 0, "there was something to compare");
    store.close().await;
}

async fn stored_changes(database: &TestDatabase) -> BTreeSet<ChangeHash> {
    let rows = ask!(database, (Vec<u8>,), "SELECT hash FROM changes");
    let count = rows.len();
    let hashes: BTreeSet<_> =
        rows.iter().map(|(hash,)| ChangeHash::from_slice(hash).expect("a hash has 32 bytes")).collect();
    assert_eq!(hashes.len(), count, "a change is stored once");
    hashes
}

/// The change of every audit row about one, sorted; a second row for the same change shows as a second entry.
async fn audited_changes(database: &TestDatabase) -> Vec<ChangeHash> {
    let rows = ask!(database, (String,), "SELECT details FROM audit WHERE action = 'order.change'");
    let change_of = |details: &str| -> Option<ChangeHash> {
        serde_json::from_str::<serde_json::Value>(details).ok()?.get("change")?.as_str()?.parse().ok()
    };
    let mut hashes: Vec<_> =
        rows.iter().map(|(details,)| change_of(details).expect("the row names its change")).collect();
    hashes.sort_unstable();
    hashes
}

async fn assert_feeds_have_no_gap(database: &TestDatabase) {
    let scopes = ask!(
        database,
        (i64, i64, i64),
        "SELECT COUNT(*), MIN(feed.seq), MAX(feed.seq) - MIN(scopes.head) FROM feed \
         JOIN scopes ON scopes.scope = feed.scope GROUP BY feed.scope"
    );
    let heads = ask!(database, (i64,), "SELECT head FROM scopes WHERE head > 0 ORDER BY head");
    let mut counts: Vec<_> = scopes.iter().map(|(count, _, _)| (*count,)).collect();
    counts.sort_unstable();
    assert_eq!(counts, heads, "every number up to the head is there");
    assert!(scopes.iter().all(|(_, first, beyond)| (*first, *beyond) == (1, 0)), "{scopes:?}");
}

async fn assert_jobs_are_there_once(database: &TestDatabase) {
    let twice = ask!(
        database,
        (String, String),
        "SELECT kind, cause FROM jobs GROUP BY organization_id, kind, cause HAVING COUNT(*) > 1"
    );
    assert_eq!(twice, [], "a side effect happens once for its cause");
}
