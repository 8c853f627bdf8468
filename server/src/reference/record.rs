//! What all reference records share. Never knows which table a record is in.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::reference::expiry;
use crate::refusal::Refusal;
use crate::search_text::words_of;
use crate::store::{self, ListPage, Result, Tx};

/// One record: its fields, and what Campo keeps about it. The JSON shape phones and callers receive.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "{F}Record")]
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

/// Whom a kind of record is open to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenTo {
    /// Everybody who is signed in.
    Everyone,
    /// Admins and dispatchers.
    Office,
    /// Admins.
    Admins,
}

impl OpenTo {
    pub fn require(self, principal: &Principal) -> std::result::Result<(), Refusal> {
        match self {
            Self::Everyone => Ok(()),
            Self::Office => principal.require_office(),
            Self::Admins => principal.require_admin(),
        }
    }
}

/// The fields of one kind of record.
///
/// A kind that is only ever read whole says nothing about storage: it is kept in the table of all such kinds.
pub trait ReferenceFields: Clone + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The kind as phones know it, and the subject of audit rows.
    const KIND: &'static str;

    /// Whether phones hold it. What is sensitive, or the office's alone, is never published.
    const FOR_PHONES: bool = true;

    /// Whether phones keep it once it is archived, because orders go on referring to it.
    const OUTLIVES_ARCHIVING: bool = false;

    /// Whether a record stays as it was created, and can only be archived.
    const IS_FIXED: bool = false;

    const READERS: OpenTo = OpenTo::Everyone;

    const WRITERS: OpenTo = OpenTo::Office;

    /// The field that is blamed when another record has the same unique key.
    const UNIQUE_FIELD: &'static str = "code";

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

    /// What no other record of the kind may share.
    fn unique_key(&self) -> Option<String> {
        None
    }

    /// The day by which somebody has to act on it, `YYYY-MM-DD`.
    fn due_on(&self) -> Option<&str> {
        None
    }

    /// Fills in what only the stored records say, such as the number of a version; for a record about to be created.
    fn settle(&mut self, _tx: &mut Tx) -> impl Future<Output = std::result::Result<(), Refusal>> + Send {
        std::future::ready(Ok(()))
    }

    /// How many days before `due_on` somebody is told; each once.
    fn alert_days(&self) -> Vec<u32> {
        expiry::usual_days()
    }

    /// What people are told it is called.
    fn alert_name(&self) -> &str {
        self.title()
    }

    /// Notes what follows from a write, in its transaction; `before` is the record it replaced.
    fn written(
        _tx: &mut Tx,
        _before: Option<&Record<Self>>,
        _after: &Record<Self>,
        _by: UserId,
    ) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
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
    fn save(tx: &mut Tx, record: &Record<Self>) -> impl Future<Output = Result<bool>> + Send {
        store::records::save(tx, record)
    }

    fn get(tx: &mut Tx, id: RecordId) -> impl Future<Output = Result<Option<Record<Self>>>> + Send {
        store::records::get(tx, id)
    }

    fn list(tx: &mut Tx, page: &ListPage) -> impl Future<Output = Result<Vec<Record<Self>>>> + Send {
        store::records::list(tx, page)
    }
}

/// The folded words that orders of a record are found by.
pub(crate) fn found_by<F: ReferenceFields>(fields: &F) -> BTreeSet<String> {
    words_of(&fields.search_text())
}
