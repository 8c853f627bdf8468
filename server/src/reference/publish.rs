//! Tells phones about a record in the transaction that wrote it. Never before its audit row.

use serde::Serialize;
use sync_core::ids::RecordId;

use crate::refusal::Refusal;
use crate::store::{Tx, reference_rows};

/// Puts one record at the head of the organization's reference sequence; the last thing its transaction does.
pub async fn publish_one<T: Serialize>(
    tx: &mut Tx,
    kind: &str,
    id: RecordId,
    body: &T,
    deleted: bool,
) -> Result<(), Refusal> {
    let body = serde_json::to_string(body).map_err(|error| Refusal::internal(&error.to_string()))?;
    reference_rows::publish(tx, &[(kind, id, body, deleted)]).await?;
    Ok(())
}
