//! All SQL of the server, on SQLite or PostgreSQL. Knows nothing of HTTP, and nobody above it sees the driver.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::PgPool;
use sync_core::ids::OrganizationId;

pub mod actors;
pub mod api_tokens;
pub mod audit_rows;
pub mod blobs;
pub mod calendar_feeds;
pub mod catalogue_items;
pub mod changes;
pub(crate) mod columns;
pub mod contacts;
pub mod customers;
pub mod devices;
mod dialect;
pub mod document_templates;
pub mod equipment;
pub mod equipment_moves;
mod error;
pub mod exchange_state;
pub mod export_budgets;
pub mod feed;
pub mod geocoded_places;
pub mod held_changes;
pub mod idempotency_keys;
mod ids;
pub mod import_keys;
pub mod imports;
pub mod installation;
pub mod job_rows;
mod lengths;
pub mod listeners;
mod made_under;
pub mod messages;
mod migrations;
pub mod notifications;
pub mod order_assignees;
pub mod order_blobs;
pub mod order_counts;
pub mod order_equipment;
pub mod order_list;
pub mod order_looks;
pub mod order_numbers;
pub mod order_search;
pub mod order_summaries;
pub mod order_words;
pub mod orders;
pub mod organizations;
mod page;
pub mod page_ground;
mod postgres;
pub mod record_alerts;
mod record_row;
pub mod record_words;
pub mod records;
pub mod reference_rows;
pub mod refused_changes;
pub mod saved_views;
pub mod sessions;
pub mod sites;
mod sqlite;
mod sqlite_copy;
mod sqlite_writer;
mod statement;
pub mod storage_use;
mod tx;
pub mod uploads;
pub mod users;
pub mod webhook_deliveries;
pub mod webhooks;

pub use error::{Result, StoreError};
pub use ids::{StoredId, read_id};
pub use made_under::MadeUnder;
pub use migrations::{MIGRATIONS, Migration, applied_migrations};
pub use page::ListPage;
pub use sqlite_copy::{check_sqlite, copy_sqlite};
pub use sqlite_writer::WAITING_WRITERS_MAX;
pub use tx::{SqliteTx, Tx, TxConnection};

/// Where the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseConfig {
    Sqlite { path: PathBuf },
    Postgres { url: String },
}

impl DatabaseConfig {
    /// Reads `sqlite://path`, `sqlite:path` or `postgres://…`.
    pub fn from_url(url: &str) -> Option<Self> {
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            return Some(Self::Sqlite { path: path.into() });
        }
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        is_postgres.then(|| Self::Postgres { url: url.to_owned() })
    }
}

/// An opened, migrated database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
}

enum Backend {
    Sqlite(sqlite::SqliteStore),
    Postgres(PgPool),
}

impl Store {
    /// Opens the database and brings it to this program's schema, under one lock.
    pub async fn open(config: &DatabaseConfig) -> Result<Self> {
        let backend = match config {
            DatabaseConfig::Sqlite { path } => Backend::Sqlite(sqlite::open(path).await?),
            DatabaseConfig::Postgres { url } => Backend::Postgres(postgres::open(url).await?),
        };
        Ok(Self { backend: Arc::new(backend) })
    }

    /// Begins a transaction that may write the rows of one organization.
    pub async fn begin_write(&self, organization: OrganizationId) -> Result<Tx> {
        self.write(Some(organization)).await
    }

    /// Begins a transaction that reads one state of the rows of one organization.
    pub async fn begin_read(&self, organization: OrganizationId) -> Result<Tx> {
        self.read(Some(organization)).await
    }

    /// Begins a write that belongs to no organization yet: set-up, sign-in, the job worker.
    pub async fn begin_system_write(&self) -> Result<Tx> {
        self.write(None).await
    }

    /// Begins a read across organizations: sign-in, the job worker.
    pub async fn begin_system_read(&self) -> Result<Tx> {
        self.read(None).await
    }

    /// Limits an SQLite file to so many pages; `None` lifts the limit. PostgreSQL has no such limit.
    pub fn limit_pages(&self, pages_max: Option<u32>) {
        if let Backend::Sqlite(sqlite) = &*self.backend {
            sqlite.writer.limit_pages(pages_max);
        }
    }

    /// Whether a statement can be answered at present.
    pub async fn ping(&self) -> Result<()> {
        self.begin_system_read().await?.commit().await
    }

    /// Waits for what is running and closes every connection.
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.readers.close().await,
            Backend::Postgres(pool) => pool.close().await,
        }
    }

    async fn write(&self, organization: Option<OrganizationId>) -> Result<Tx> {
        let connection = match &*self.backend {
            Backend::Sqlite(sqlite) => TxConnection::Sqlite(SqliteTx::Write(sqlite.writer.begin().await?)),
            Backend::Postgres(pool) => {
                let begin = dialect::begin_postgres(dialect::BEGIN_WRITE_POSTGRES, organization);
                TxConnection::Postgres(pool.begin_with(begin).await?)
            }
        };
        Ok(Tx::new(connection, organization).made_under(MadeUnder::current()))
    }

    async fn read(&self, organization: Option<OrganizationId>) -> Result<Tx> {
        let connection = match &*self.backend {
            Backend::Sqlite(sqlite) => TxConnection::Sqlite(SqliteTx::Read(sqlite.readers.begin().await?)),
            Backend::Postgres(pool) => {
                let begin = dialect::begin_postgres(dialect::BEGIN_SNAPSHOT_POSTGRES, organization);
                TxConnection::Postgres(pool.begin_with(begin).await?)
            }
        };
        Ok(Tx::new(connection, organization))
    }
}
