//! Slows devices that keep offering changes whose dependencies nobody has. Never counts anything else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sync_core::ids::DeviceId;
use sync_core::message::{OrderResults, Outcome};
use sync_core::time::Timestamp;

use crate::refusal::Refusal;

/// Orphans one device may offer in a minute (contract F8).
const ORPHANS_PER_MINUTE_MAX: usize = 100;
const MINUTE_MS: i64 = 60_000;
/// Devices remembered at once; beyond, those of earlier minutes are forgotten.
const DEVICES_MAX: usize = 10_000;

/// How many orphans each device offered in the present minute.
#[derive(Debug, Default)]
pub struct OrphanLimit {
    by_device: Mutex<HashMap<DeviceId, (i64, usize)>>,
}

impl OrphanLimit {
    /// Lets a device go on.
    ///
    /// # Errors
    ///
    /// `RateLimited` when it offered too many orphans in this minute.
    pub fn admit(&self, device: DeviceId, now: Timestamp) -> Result<(), Refusal> {
        let by_device = self.by_device.lock().unwrap_or_else(PoisonError::into_inner);
        match by_device.get(&device) {
            Some((minute, count)) if *minute == minute_of(now) && *count > ORPHANS_PER_MINUTE_MAX => {
                Err(Refusal::RateLimited { retry_after_s: 60 })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Counts the orphans among the results of a push.
    pub fn note(&self, device: DeviceId, results: &[OrderResults], now: Timestamp) {
        let outcomes = results.iter().flat_map(|order| &order.results);
        let orphans = outcomes.filter(|result| matches!(result.outcome, Outcome::MissingDeps { .. })).count();
        if orphans == 0 {
            return;
        }
        let minute = minute_of(now);
        let mut by_device = self.by_device.lock().unwrap_or_else(PoisonError::into_inner);
        if by_device.len() >= DEVICES_MAX {
            by_device.retain(|_, (counted, _)| *counted == minute);
        }
        let (counted, count) = by_device.entry(device).or_insert((minute, 0));
        if *counted != minute {
            (*counted, *count) = (minute, 0);
        }
        *count += orphans;
    }
}

const fn minute_of(now: Timestamp) -> i64 {
    now.0.div_euclid(MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::ids::{ChangeHash, OrderId};
    use sync_core::message::ChangeResult;

    #[test]
    fn a_flood_of_orphans_is_slowed_for_the_rest_of_the_minute() {
        // covers: F8
        let limit = OrphanLimit::default();
        let device = DeviceId::from_bytes([1; 16]);
        let orphan = ChangeResult {
            hash: ChangeHash::from_bytes([2; 32]),
            outcome: Outcome::MissingDeps { hashes: vec![] },
        };
        let flood = OrderResults {
            order: OrderId::from_bytes([3; 16]),
            results: vec![orphan; ORPHANS_PER_MINUTE_MAX + 1],
        };
        let now = Timestamp(5 * MINUTE_MS);

        limit.note(device, &[flood], now);

        assert!(limit.admit(device, now).is_err());
        assert!(limit.admit(device, now.plus_millis(MINUTE_MS)).is_ok());
        assert!(limit.admit(DeviceId::from_bytes([9; 16]), now).is_ok());
    }
}
