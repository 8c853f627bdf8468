//! The storage contract of a client: four operations on byte keys. Never decides what is stored.

use std::collections::BTreeMap;

/// The device's storage could not be read; the session that asked must be opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the local storage cannot be read: {0}")]
pub struct ReadFailed(pub String);

/// A key and its value.
pub type StoreRow = (Vec<u8>, Vec<u8>);

/// What a client reads from its key-value storage. Writes are returned to the shell as a [`StoreBatch`].
pub trait StoreRead {
    /// The value under a key.
    ///
    /// # Errors
    ///
    /// Fails when the storage does; a key that is not there is `None`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed>;

    /// Every key that begins with `prefix`, with its value, in ascending order of keys.
    ///
    /// # Errors
    ///
    /// Fails when the storage does.
    fn scan(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed>;
}

/// Writes that become durable together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreBatch {
    /// Names the batch in `Stored` and `StoreFailed`.
    pub id: u64,
    /// What to write: a value, or `None` to delete the key.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl StoreBatch {
    /// Sets a key.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    /// Removes a key.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

/// A store in memory whose batches are atomic; the reference that every real store is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryStore {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryStore {
    /// Makes a batch durable.
    pub fn commit(&mut self, batch: &StoreBatch) {
        for (key, value) in &batch.writes {
            match value {
                Some(value) => self.rows.insert(key.clone(), value.clone()),
                None => self.rows.remove(key),
            };
        }
    }

    /// Every row, for tests that damage one.
    pub const fn rows_mut(&mut self) -> &mut BTreeMap<Vec<u8>, Vec<u8>> {
        &mut self.rows
    }
}

impl StoreRead for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadFailed> {
        Ok(self.rows.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<StoreRow>, ReadFailed> {
        let from = self.rows.range(prefix.to_vec()..);
        let rows = from.take_while(|(key, _)| key.starts_with(prefix));
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}
