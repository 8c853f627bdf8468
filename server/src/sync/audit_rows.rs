//! Writes one audit row for each change that an order gained. Never says what a change contains.

use serde_json::json;
use sync_core::order::SYSTEM_USER;

use crate::audit::{self, AuditEntry, Author};
use crate::store::{Result, Tx};
use crate::sync::store_intake::Stored;

/// Appends the rows of one transaction to the organization's chain, in the order of the changes. Returns the version of
/// who listens in the organization.
pub(crate) async fn append(tx: &mut Tx, stored: &[Stored]) -> Result<i64> {
    let entries = stored.iter().flat_map(|stored| {
        stored.accepted.iter().map(|accepted| {
            let is_own = accepted.binding.user == SYSTEM_USER;
            let author =
                Author { user: (!is_own).then_some(accepted.binding.user), device: accepted.binding.device };
            let entry = AuditEntry {
                action: "order.change".to_owned(),
                subject: stored.moved.order.to_string(),
                details: json!({ "change": accepted.change.hash }),
            };
            (author, entry, stored.at)
        })
    });
    audit::append_all(tx, entries.collect()).await
}
