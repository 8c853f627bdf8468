//! The documents that were used last, in memory. Never holds more than a fixed number.

use std::collections::BTreeMap;

use crate::document::OrderDocument;
use crate::ids::OrderId;

/// Enough for the orders of a day and the screens that are open.
const DOCUMENTS_MAX: usize = 32;

/// A cache of documents that forgets the one that was not used for longest.
#[derive(Debug, Default)]
pub(super) struct Documents {
    held: BTreeMap<OrderId, (u64, OrderDocument)>,
    uses: u64,
}

impl Documents {
    /// The document, if it is held.
    pub fn get(&mut self, order: OrderId) -> Option<OrderDocument> {
        self.uses += 1;
        let (used, document) = self.held.get_mut(&order)?;
        *used = self.uses;
        Some(document.clone())
    }

    /// Holds a document.
    pub fn put(&mut self, order: OrderId, document: OrderDocument) {
        self.uses += 1;
        self.held.insert(order, (self.uses, document));
        if self.held.len() > DOCUMENTS_MAX
            && let Some(oldest) = self.held.iter().min_by_key(|(_, (used, _))| *used).map(|(order, _)| *order)
        {
            self.held.remove(&oldest);
        }
    }

    /// Forgets a document.
    pub fn remove(&mut self, order: OrderId) {
        self.held.remove(&order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_unused_for_longest_is_forgotten_first() {
        let mut documents = Documents::default();
        let order = |number: usize| OrderId::from_bytes([u8::try_from(number).unwrap(); 16]);
        for number in 0..DOCUMENTS_MAX {
            documents.put(order(number), OrderDocument::new());
        }
        documents.get(order(0)).unwrap();

        documents.put(order(DOCUMENTS_MAX), OrderDocument::new());

        assert!(documents.get(order(0)).is_some());
        assert!(documents.get(order(1)).is_none());
    }
}
