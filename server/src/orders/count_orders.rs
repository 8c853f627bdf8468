//! Counts the orders of the office's tray: what waits for somebody. Never counts what is filed.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_core::time::Timestamp;

use crate::orders::{Caller, OrderRefusal};
use crate::sentences;
use crate::store::order_counts::{self, OpenCountRow};
use crate::store::{StoreError, organizations};
use crate::sync::Orders;

/// How many orders are in each tab of the tray.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct OrderCounts {
    /// Open orders.
    pub open: i64,
    /// Open orders nobody works on.
    pub unassigned: i64,
    /// Orders with something to decide, open or not.
    pub attention: i64,
    /// Orders that cannot go on until something arrives.
    pub waiting: i64,
    /// Orders that are late.
    pub late: i64,
    /// Orders whose work ended today, where the organization is.
    pub done_today: i64,
    /// Open orders by category.
    pub categories: BTreeMap<String, i64>,
    /// Open orders by state.
    pub states: BTreeMap<String, i64>,
}

/// Counts the orders the caller sees.
///
/// # Errors
///
/// Fails only when the database does.
pub async fn count_orders(
    orders: &Orders,
    caller: Caller,
    now: Timestamp,
) -> Result<OrderCounts, OrderRefusal> {
    let technician = (!caller.is_office()).then_some(caller.user);
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(StoreError::NotFound)?;
    let open = order_counts::open(&mut tx, technician, now).await?;
    let attention = order_counts::attention(&mut tx, technician).await?;
    let done_today = order_counts::done_since(&mut tx, technician, start_of_day(&profile.zone, now)).await?;
    tx.commit().await?;
    Ok(summed(&open, attention, done_today))
}

fn summed(open: &[OpenCountRow], attention: i64, done_today: i64) -> OrderCounts {
    let mut counts = OrderCounts { attention, done_today, ..OrderCounts::default() };
    for row in open {
        counts.open += row.count;
        counts.unassigned += row.unassigned;
        counts.late += row.late;
        if row.category == "waiting" {
            counts.waiting += row.count;
        }
        *counts.categories.entry(row.category.to_owned()).or_default() += row.count;
        *counts.states.entry(row.state.clone()).or_default() += row.count;
    }
    counts
}

/// Midnight before a moment, where the organization is.
pub(crate) fn start_of_day(zone: &str, now: Timestamp) -> Timestamp {
    let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let midnight = at.to_zoned(sentences::zone(zone)).start_of_day();
    midnight.map_or(now, |midnight| Timestamp(midnight.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_organization_is() {
        let half_past_one_utc = Timestamp(1_790_040_600_000);

        let here = start_of_day("America/Sao_Paulo", half_past_one_utc);

        assert_eq!(here, Timestamp(1_789_959_600_000));
        assert_eq!(start_of_day("UTC", half_past_one_utc), Timestamp(1_790_035_200_000));
    }
}
