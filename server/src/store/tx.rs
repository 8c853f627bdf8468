//! One transaction on either database. Never shows which one it is, except to `on_db!`.

use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use sync_core::ids::OrganizationId;

use crate::store::dialect::{self, SearchDialect};
use crate::store::error::{Result, StoreError};
use crate::store::sqlite_writer::WriterTurn;
use crate::store::{MadeUnder, idempotency_keys};

/// A transaction. Dropped without `commit`, it has no effect.
///
/// After an error a transaction is good for nothing but being dropped: SQLite may have rolled it back already.
pub struct Tx {
    pub(crate) connection: TxConnection,
    organization: Option<OrganizationId>,
    /// What is written down with everything else when a write commits.
    made_under: Option<MadeUnder>,
}

/// The open connection of a transaction; statements reach it through `on_db!`.
pub enum TxConnection {
    Sqlite(SqliteTx),
    Postgres(Transaction<'static, Postgres>),
}

/// SQLite has one writer, shared by group commit, and readers apart.
pub enum SqliteTx {
    Write(WriterTurn),
    Read(Transaction<'static, Sqlite>),
}

impl std::ops::Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Write(turn) => turn.connection(),
            Self::Read(tx) => tx,
        }
    }
}

impl std::ops::DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Write(turn) => turn.connection_mut(),
            Self::Read(tx) => tx,
        }
    }
}

/// Expands one body for each database: `on_db!(tx, |db| sqlx::query("…").execute(db).await)`.
///
/// `$tx` is a `&mut Tx`; inside the body the name stands for the driver's `&mut Connection`.
#[macro_export]
macro_rules! on_db {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match &mut $tx.connection {
            $crate::store::TxConnection::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::store::TxConnection::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

impl Tx {
    pub(crate) const fn new(connection: TxConnection, organization: Option<OrganizationId>) -> Self {
        Self { connection, organization, made_under: None }
    }

    /// The same, for what a request makes under a key.
    pub(crate) fn made_under(self, made_under: Option<MadeUnder>) -> Self {
        Self { made_under, ..self }
    }

    /// The organization whose rows this transaction sees; every statement binds it.
    ///
    /// # Panics
    ///
    /// In a system transaction that has not entered an organization.
    pub fn organization(&self) -> OrganizationId {
        self.organization.expect("a system transaction enters an organization before it touches its rows")
    }

    /// Narrows a system transaction to one organization for the rest of its life.
    pub async fn enter_organization(&mut self, organization: OrganizationId) -> Result<()> {
        self.organization = Some(organization);
        let TxConnection::Postgres(tx) = &mut self.connection else { return Ok(()) };
        let connection: &mut PgConnection = tx;
        sqlx::raw_sql(dialect::bind_organization_postgres(self.organization)).execute(connection).await?;
        Ok(())
    }

    /// Ends a SELECT that keeps other writers from its rows; the rows are locked in the order of the SELECT.
    pub(crate) const fn lock_rows(&self) -> &'static str {
        match self.connection {
            TxConnection::Sqlite(_) => dialect::LOCK_ROWS_SQLITE,
            TxConnection::Postgres(_) => dialect::LOCK_ROWS_POSTGRES,
        }
    }

    /// The function that says where bytes stand within others, from 1; 0 for nowhere.
    pub(crate) const fn find_bytes(&self) -> &'static str {
        match self.connection {
            TxConnection::Sqlite(_) => dialect::FIND_BYTES_SQLITE,
            TxConnection::Postgres(_) => dialect::FIND_BYTES_POSTGRES,
        }
    }

    /// How a search is put so that the database goes the way that was chosen.
    pub(crate) const fn search_dialect(&self) -> SearchDialect {
        match self.connection {
            TxConnection::Sqlite(_) => SearchDialect::SQLITE,
            TxConnection::Postgres(_) => SearchDialect::POSTGRES,
        }
    }

    /// Makes everything durable, then returns. An answer that rests on what this transaction read or wrote may be
    /// given only after this: on SQLite it may have read what others of its commit group wrote.
    ///
    /// Runs to its end even when the caller goes away.
    pub async fn commit(mut self) -> Result<()> {
        if let (Some(made_under), Some(_)) = (self.made_under.take(), self.organization) {
            idempotency_keys::note_made(&mut self, &made_under).await?;
        }
        match self.connection {
            TxConnection::Sqlite(SqliteTx::Write(turn)) => turn.commit().await,
            TxConnection::Sqlite(SqliteTx::Read(tx)) => Ok(tx.commit().await?),
            TxConnection::Postgres(tx) => tokio::spawn(tx.commit())
                .await
                .map_err(|_| StoreError::unavailable("the commit was interrupted"))?
                .map_err(StoreError::from),
        }
    }
}
