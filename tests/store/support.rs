//! Opens fresh stores and writes the smallest rows a store test needs. Never asserts.

use campo::store::{DatabaseConfig, Result, Store, reference_rows};
use harness::databases::{self, TestDatabase};
use sync_core::ids::{OrganizationId, RecordId};

pub const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);
pub const OTHER: OrganizationId = OrganizationId::from_bytes([2; 16]);

pub async fn open(database: &TestDatabase) -> Store {
    let config = DatabaseConfig::from_url(database.url()).unwrap();
    Store::open(&config).await.unwrap()
}

/// An open SQLite store, for what only SQLite has: the shared writer.
pub async fn open_sqlite() -> (Store, TestDatabase) {
    let database = databases::sqlite();
    (open(&database).await, database)
}

pub fn record(number: u64) -> RecordId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    RecordId::from_bytes(bytes)
}

/// Writes one row in its own transaction.
pub async fn publish_one(store: &Store, number: u64, body: &str) -> Result<i64> {
    let mut tx = store.begin_write(ORGANIZATION).await?;
    let head = reference_rows::publish(&mut tx, &[("test", record(number), body, false)]).await?;
    tx.commit().await?;
    Ok(head)
}

/// How many rows a fresh snapshot shows.
pub async fn row_count(store: &Store, organization: OrganizationId) -> usize {
    let mut tx = store.begin_read(organization).await.unwrap();
    reference_rows::list_after(&mut tx, 0, i64::MAX, 100_000).await.unwrap().len()
}
