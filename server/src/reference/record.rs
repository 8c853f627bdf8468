//! What all reference records share. Never knows which table a record is in.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::refusal::Refusal;
use crate::store::{ListPage, Result, Tx};

/// One record: its fields, and what Campo keeps about it. The JSON shape phones and callers receive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record<F> {
    pub id: RecordId,
    /// Grows by one with every write; the entity tag.
    pub version: i64,
    pub archived: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub fields: F,
}

/// The fields of one kind of record and where they are stored.
pub trait ReferenceFields: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind as phones know it, and the subject of audit rows.
    const KIND: &'static str;

    /// Brings the fields into their stored form, or says which one cannot be.
    fn check(&mut self) -> std::result::Result<(), Refusal>;

    /// What lists are sorted by.
    fn title(&self) -> &str;

    /// What a search looks in.
    fn search_text(&self) -> String;

    /// The customer this belongs to; it has to exist.
    fn customer(&self) -> Option<RecordId> {
        None
    }

    /// Looks whether everything else it refers to exists and fits, for the record of this id.
    fn check_references(
        &self,
        _tx: &mut Tx,
        _id: RecordId,
    ) -> impl Future<Output = std::result::Result<(), Refusal>> + Send {
        std::future::ready(Ok(()))
    }

    /// Writes the record; false when the stored version is not the one before the record's.
    fn save(tx: &mut Tx, record: &Record<Self>) -> impl Future<Output = Result<bool>> + Send;

    fn get(tx: &mut Tx, id: RecordId) -> impl Future<Output = Result<Option<Record<Self>>>> + Send;

    fn list(tx: &mut Tx, page: &ListPage) -> impl Future<Output = Result<Vec<Record<Self>>>> + Send;
}
