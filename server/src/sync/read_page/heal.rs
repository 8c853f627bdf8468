//! Compares the heads a device holds with the scope's and sends what differs. Never wipes anything.

use std::collections::BTreeMap;

use sync_core::message::OrderHeads;

use crate::store::{Result, Tx, orders};

use super::{Content, Reader};
use crate::sync::reads_every_order;

/// Sends each order whose heads differ or that the device lacks whole, and a leave for each it should not have.
///
/// Returns whether everything fitted into the page; if not, the device compares again.
pub(super) async fn heal(
    tx: &mut Tx,
    reader: Reader,
    held: &[OrderHeads],
    content: &mut Content,
) -> Result<bool> {
    let technician = (!reads_every_order(reader.role)).then_some(reader.user);
    let scope = orders::heads_in_scope(tx, technician).await?;
    let held: BTreeMap<_, _> = held.iter().map(|held| (held.order, held.heads.as_slice())).collect();
    for order in held.keys().filter(|order| !scope.contains_key(order)) {
        if !content.add_leave(*order) {
            return Ok(false);
        }
    }
    let differing: Vec<_> = scope
        .iter()
        .filter(|(order, heads)| held.get(order) != Some(&heads.as_slice()))
        .map(|(order, _)| *order)
        .collect();
    content.add_whole(tx, &differing).await
}
