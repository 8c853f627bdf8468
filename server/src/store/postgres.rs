//! Opens a PostgreSQL database as a role that owns nothing. Never hands out a session that cannot write.

use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, Row as _};

use crate::store::error::{Result, StoreError};
use crate::store::migrations;

const CONNECTIONS_MAX: u32 = 20;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// What a session said when it was given back holds this long.
const ASKED_A_MOMENT_AGO: Duration = Duration::from_secs(1);

pub(crate) async fn open(url: &str) -> Result<PgPool> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::internal("DATABASE_URL is not a PostgreSQL address"))?
        .application_name("campo");
    let mut owner = options.connect().await?;
    migrations::migrate_postgres(&mut owner).await?;
    let restricted = migrations::may_act_restricted(&mut owner).await?;
    owner.close().await?;
    if !restricted {
        tracing::warn!("no restricted role: only FORCE ROW LEVEL SECURITY separates the organizations");
    }
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(prepare_session(connection, restricted)))
        .before_acquire(can_write)
        .after_release(release_clean)
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Our statements are short: compiling one, or sharing it among processes, costs more than it ever saves. Rows are looked up by
/// keys that are in memory, or on a disk that reads any page as fast as the next.
async fn prepare_session(connection: &mut PgConnection, restricted: bool) -> sqlx::Result<()> {
    sqlx::raw_sql("SET jit = off; SET random_page_cost = 1.1; SET max_parallel_workers_per_gather = 0")
        .execute(&mut *connection)
        .await?;
    if restricted {
        sqlx::query("SET ROLE campo_app").execute(connection).await?;
    }
    Ok(())
}

/// After a failover a session may sit on a standby; it is thrown away instead of failing every write. One that was given
/// back a moment ago was asked then.
fn can_write(
    connection: &mut PgConnection,
    since: sqlx::pool::PoolConnectionMetadata,
) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(async move { Ok(since.idle_for < ASKED_A_MOMENT_AGO || is_ready_to_write(connection).await?) })
}

/// Keeps a connection only when it can write and no transaction is left open on it.
fn release_clean(
    connection: &mut PgConnection,
    _: sqlx::pool::PoolConnectionMetadata,
) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(is_ready_to_write(connection))
}

/// Whether the next transaction of a session may write, and is not one that is open already: the driver does not count a
/// BEGIN whose caller went away. One simple query, so that it began with its transaction if there was none.
async fn is_ready_to_write(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let question =
        "SELECT current_setting('transaction_read_only') = 'off' AND now() = statement_timestamp()";
    let rows = sqlx::raw_sql(question).fetch_all(connection).await?;
    rows.first().map_or(Ok(false), |row| row.try_get(0))
}
