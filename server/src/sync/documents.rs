//! Keeps the documents of busy orders in memory, up to a limit in bytes. Never the only place anything is kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use prometheus::IntCounter;
use sync_core::document::{DocumentError, OrderDocument};
use sync_core::ids::{ChangeHash, OrderId, OrganizationId};

/// Memory all kept documents may take, as estimated.
const KEPT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A document's estimated memory: so much for itself and so much for each operation.
const DOCUMENT_BYTES: u64 = 4 * 1024;
const OPERATION_BYTES: u64 = 160;

type Key = (OrganizationId, OrderId);

/// The documents of busy orders, the least recently used dropped first.
#[derive(Debug)]
pub struct DocumentCache {
    kept: Mutex<Kept>,
    bytes_max: u64,
    deserialized: IntCounter,
}

#[derive(Debug, Default)]
struct Kept {
    by_order: HashMap<Key, Entry>,
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    document: OrderDocument,
    heads: Vec<ChangeHash>,
    bytes: u64,
    used: u64,
}

impl Default for DocumentCache {
    fn default() -> Self {
        Self::with_limit(KEPT_BYTES_MAX)
    }
}

impl DocumentCache {
    /// A cache that keeps at most so many bytes, as estimated.
    pub fn with_limit(bytes_max: u64) -> Self {
        let deserialized =
            IntCounter::new("campo_documents_deserialized_total", "Documents read from their saved form");
        let deserialized = deserialized.expect("the name is valid");
        Self { kept: Mutex::default(), bytes_max, deserialized }
    }

    /// The document of an order, if it is kept and stands at exactly these heads.
    pub fn get(
        &self,
        organization: OrganizationId,
        order: OrderId,
        heads: &[ChangeHash],
    ) -> Option<OrderDocument> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        let entry = kept.by_order.get_mut(&(organization, order))?;
        if entry.heads != heads {
            return None;
        }
        kept.uses += 1;
        kept.by_use.remove(&entry.used);
        kept.by_use.insert(kept.uses, (organization, order));
        entry.used = kept.uses;
        Some(entry.document.clone())
    }

    /// Keeps a document that is committed.
    pub fn put(&self, organization: OrganizationId, order: OrderId, document: OrderDocument) {
        let bytes = DOCUMENT_BYTES + document.operation_count() * OPERATION_BYTES;
        let heads = document.heads();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove((organization, order));
        if bytes > self.bytes_max {
            return;
        }
        kept.uses += 1;
        let used = kept.uses;
        kept.by_use.insert(used, (organization, order));
        kept.by_order.insert((organization, order), Entry { document, heads, bytes, used });
        kept.bytes += bytes;
        while kept.bytes > self.bytes_max {
            let Some((_, oldest)) = kept.by_use.first_key_value() else { break };
            let oldest = *oldest;
            kept.remove(oldest);
        }
    }

    /// Reads a document from its saved form and the changes made since.
    ///
    /// # Errors
    ///
    /// `Damaged` and the like when the stored bytes are not what was stored.
    pub fn read(&self, save: &[u8], since: &[Vec<u8>]) -> Result<OrderDocument, DocumentError> {
        self.deserialized.inc();
        let mut document = OrderDocument::load(save)?;
        for change in since {
            document.apply(change)?;
        }
        Ok(document)
    }

    /// The count of documents read, for operators.
    pub fn deserialized_counter(&self) -> IntCounter {
        self.deserialized.clone()
    }

    /// How many documents were read from their saved form since the start.
    pub fn deserialized_count(&self) -> u64 {
        self.deserialized.get()
    }
}

impl Kept {
    fn remove(&mut self, key: Key) {
        if let Some(entry) = self.by_order.remove(&key) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::document::{Path, Scalar, Write};
    use sync_core::ids::ActorId;
    use sync_core::time::Timestamp;

    const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);

    fn order(byte: u8) -> OrderId {
        OrderId::from_bytes([byte; 16])
    }

    fn edited() -> OrderDocument {
        let mut document = OrderDocument::new();
        let write = Write::Put(Path::new(["plan", "reason"]), Scalar::from("noise"));
        document.commit(ActorId::from_bytes([3; 16]), Timestamp(1), &[write]).unwrap();
        document
    }

    #[test]
    fn a_document_is_given_only_for_the_heads_it_stands_at() {
        let cache = DocumentCache::default();
        let document = edited();
        cache.put(ORGANIZATION, order(1), document.clone());

        assert!(cache.get(ORGANIZATION, order(1), &document.heads()).is_some());
        assert!(cache.get(ORGANIZATION, order(1), &OrderDocument::new().heads()).is_none());
        assert!(cache.get(OrganizationId::from_bytes([2; 16]), order(1), &document.heads()).is_none());
    }

    #[test]
    fn the_least_recently_used_document_goes_first_beyond_the_limit() {
        let document = edited();
        let one = DOCUMENT_BYTES + document.operation_count() * OPERATION_BYTES;
        let cache = DocumentCache::with_limit(2 * one);
        cache.put(ORGANIZATION, order(1), document.clone());
        cache.put(ORGANIZATION, order(2), document.clone());
        cache.get(ORGANIZATION, order(1), &document.heads());

        cache.put(ORGANIZATION, order(3), document.clone());

        let is_kept = |byte| cache.get(ORGANIZATION, order(byte), &document.heads()).is_some();
        assert_eq!((is_kept(1), is_kept(2), is_kept(3)), (true, false, true));
    }
}
