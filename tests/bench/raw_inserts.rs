//! What a database can do at most: the same bytes as rows, each committed durably by itself. Never shares a commit.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use harness::databases::{DatabaseKind, TestDatabase};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, PgPool, SqliteConnection};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const CREATE_SQLITE: &str = "CREATE TABLE raw_rows \
    (writer BIGINT NOT NULL, number BIGINT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (writer, number))";
const CREATE_POSTGRES: &str = "CREATE TABLE raw_rows \
    (writer BIGINT NOT NULL, number BIGINT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (writer, number))";
const INSERT: &str = "INSERT INTO raw_rows (writer, number, bytes) VALUES ($1, $2, $3)";

/// A table for rows; every call of [`RawRows::insert_all`] adds to it.
pub struct RawRows {
    writers: Writers,
    rows_so_far: i64,
}

#[derive(Clone)]
enum Writers {
    /// SQLite has one writer at a time; whoever holds the connection is it.
    Sqlite(Arc<Mutex<SqliteConnection>>),
    Postgres(PgPool),
}

impl RawRows {
    /// Creates the table in an empty database, with a connection for each writer where the database can use them.
    pub async fn create(database: &TestDatabase, writer_count: u32) -> Self {
        let writers = match database.kind() {
            DatabaseKind::Sqlite => {
                let mut connection = open_durable_sqlite(database).await;
                let created = sqlx::query(CREATE_SQLITE).execute(&mut connection).await;
                created.expect("the database is empty");
                Writers::Sqlite(Arc::new(Mutex::new(connection)))
            }
            DatabaseKind::Postgres => {
                let pool = PgPoolOptions::new().min_connections(writer_count).max_connections(writer_count);
                let pool = pool.connect(database.url()).await.expect("the test's own server runs");
                let commit: String = sqlx::query_scalar("SHOW synchronous_commit")
                    .fetch_one(&pool)
                    .await
                    .expect("the server answers");
                assert_eq!(commit, "on", "a commit that does not wait for the disk compares to nothing");
                sqlx::query(CREATE_POSTGRES).execute(&pool).await.expect("the database is empty");
                Writers::Postgres(pool)
            }
        };
        Self { writers, rows_so_far: 0 }
    }

    /// Inserts the payloads of every writer, all writers at once, and returns rows per second.
    pub async fn insert_all(&mut self, payloads: Vec<Vec<Vec<u8>>>) -> f64 {
        let count: usize = payloads.iter().map(Vec::len).sum();
        let first = self.rows_so_far;
        self.rows_so_far += i64::try_from(count).expect("a benchmark's rows are few");
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for (writer, payloads) in (0_i64..).zip(payloads) {
            let writers = self.writers.clone();
            tasks.spawn(async move {
                for (number, bytes) in (first..).zip(payloads) {
                    writers.insert(writer, number, bytes).await;
                }
            });
        }
        tasks.join_all().await;
        #[expect(clippy::cast_precision_loss, reason = "a benchmark's rows are few")]
        let count = count as f64;
        count / began.elapsed().as_secs_f64()
    }
}

impl Writers {
    async fn insert(&self, writer: i64, number: i64, bytes: Vec<u8>) {
        let insert = sqlx::query::<sqlx::Sqlite>(INSERT).bind(writer).bind(number);
        match self {
            Self::Sqlite(connection) => {
                let mut connection = connection.lock().await;
                insert.bind(bytes).execute(&mut *connection).await.expect("the disk has room");
            }
            Self::Postgres(pool) => {
                let insert = sqlx::query::<sqlx::Postgres>(INSERT).bind(writer).bind(number).bind(bytes);
                insert.execute(pool).await.expect("the disk has room");
            }
        }
    }
}

/// Opens a database file as the server does: write-ahead log, and a commit is on the disk when it returns.
pub async fn open_durable_sqlite(database: &TestDatabase) -> SqliteConnection {
    SqliteConnectOptions::from_str(database.url())
        .expect("the harness gives an SQLite address")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .expect("the directory is writable")
}
