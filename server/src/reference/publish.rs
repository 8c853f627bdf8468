//! Tells phones about records in the transaction that wrote them. Never before their audit rows.

use serde::Serialize;
use sync_core::ids::RecordId;

use crate::refusal::Refusal;
use crate::store::{Tx, reference_rows};

/// A record as phones are to hold it.
pub(crate) struct PhoneCopy {
    kind: &'static str,
    id: RecordId,
    /// JSON.
    body: String,
    deleted: bool,
}

impl PhoneCopy {
    pub(crate) fn of<T: Serialize>(
        kind: &'static str,
        id: RecordId,
        body: &T,
        deleted: bool,
    ) -> Result<Self, Refusal> {
        let body = serde_json::to_string(body).map_err(|error| Refusal::internal(&error.to_string()))?;
        Ok(Self { kind, id, body, deleted })
    }
}

/// Puts one record at the head of the organization's reference sequence; the last thing its transaction does.
pub async fn publish_one<T: Serialize>(
    tx: &mut Tx,
    kind: &'static str,
    id: RecordId,
    body: &T,
    deleted: bool,
) -> Result<(), Refusal> {
    publish_all(tx, &[PhoneCopy::of(kind, id, body, deleted)?]).await
}

/// Puts records, none twice, at the head of the organization's reference sequence; the last thing their transaction does.
pub(crate) async fn publish_all(tx: &mut Tx, copies: &[PhoneCopy]) -> Result<(), Refusal> {
    if copies.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> =
        copies.iter().map(|copy| (copy.kind, copy.id, copy.body.as_str(), copy.deleted)).collect();
    reference_rows::publish(tx, &rows).await?;
    Ok(())
}
