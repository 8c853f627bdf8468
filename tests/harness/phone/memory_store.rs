//! A phone's store in memory, for phones that are never killed. Never slower than the server it talks to.

use std::io;

use sync_core::replica::{MemoryStore, ReadFailed, StoreBatch, StoreRead, StoreRow};

use super::PhoneStore;

/// Rows that live as long as the phone.
#[derive(Debug, Default)]
pub struct VolatileStore(MemoryStore);

impl StoreRead for VolatileStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed> {
        self.0.get(key)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed> {
        self.0.scan(prefix)
    }
}

impl PhoneStore for VolatileStore {
    async fn commit(&mut self, batch: &StoreBatch) -> io::Result<()> {
        self.0.commit(batch);
        Ok(())
    }
}
