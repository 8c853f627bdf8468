//! Who did what: one hash chain per organization, written in the transaction of the deed. Never edited.

mod list_entries;

pub(crate) use list_entries::page_before;
pub use list_entries::{AuditRecord, ListAudit, list_audit_entries};
use serde_json::Value;
use sync_core::evidence::AuditLink;
use sync_core::ids::{BlobHash, DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::store::audit_rows::{self, AuditHead, AuditRow};
use crate::store::{StoreError, Tx};

/// Who is responsible for a deed; nobody for what the server does by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Author {
    pub user: Option<UserId>,
    pub device: Option<DeviceId>,
}

/// One deed.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// What was done: `customer.update`.
    pub action: String,
    /// To what: an identifier.
    pub subject: String,
    pub details: Value,
}

/// Adds a deed to the organization's chain and takes the chain until the transaction ends.
///
/// Transactions that also publish reference rows or advance a feed do so after this, always in that order.
pub async fn append(
    tx: &mut Tx,
    author: Author,
    entry: AuditEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    append_all(tx, vec![(author, entry, now)]).await.map(drop)
}

/// Adds many deeds to the chain, in order, like `append`. Returns the version of who listens in the organization.
pub async fn append_all(
    tx: &mut Tx,
    entries: Vec<(Author, AuditEntry, Timestamp)>,
) -> Result<i64, StoreError> {
    if entries.is_empty() {
        return Ok(0);
    }
    let AuditHead { mut seq, hash: mut previous_hash, listeners_version } = audit_rows::lock_head(tx).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for (author, entry, at) in entries {
        seq += 1;
        let mut row = AuditRow {
            seq,
            at,
            user: author.user,
            device: author.device,
            action: entry.action,
            subject: entry.subject,
            details: entry.details.to_string(),
            previous_hash,
            hash: [0; 32],
        };
        row.hash = link_hash(&row);
        previous_hash = row.hash;
        rows.push(row);
    }
    audit_rows::append(tx, &rows).await?;
    Ok(listeners_version)
}

/// What a check of the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainVerdict {
    Whole {
        links: i64,
    },
    /// The first position that was changed, inserted or is missing.
    BrokenAt(i64),
}

/// Recomputes the whole chain of the transaction's organization.
pub async fn verify_chain(tx: &mut Tx) -> Result<ChainVerdict, StoreError> {
    const BATCH_ROWS: i64 = 1_000;
    let mut seq = 0;
    let mut previous_hash = [0_u8; 32];
    loop {
        let rows = audit_rows::list_after(tx, seq, BATCH_ROWS).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let fits =
                row.seq == seq + 1 && row.previous_hash == previous_hash && row.hash == link_hash(&row);
            if !fits {
                return Ok(ChainVerdict::BrokenAt(seq + 1));
            }
            seq = row.seq;
            previous_hash = row.hash;
        }
    }
    let head = audit_rows::head(tx).await?.unwrap_or((0, [0; 32]));
    Ok(if head == (seq, previous_hash) {
        ChainVerdict::Whole { links: seq }
    } else {
        ChainVerdict::BrokenAt(seq + 1)
    })
}

fn link_hash(row: &AuditRow) -> [u8; 32] {
    *link(row).computed_hash().as_bytes()
}

/// A row as the chain defines it.
pub fn link(row: &AuditRow) -> AuditLink {
    AuditLink {
        seq: row.seq,
        at: row.at,
        user: row.user,
        device: row.device,
        action: row.action.clone(),
        subject: row.subject.clone(),
        details: row.details.clone(),
        previous_hash: BlobHash::from_bytes(row.previous_hash),
        hash: BlobHash::from_bytes(row.hash),
    }
}
