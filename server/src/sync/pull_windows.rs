//! Remembers which pulls go over several pages, so that an order delivered on one is not repeated on the next.
//!
//! Only saves bytes: a pull that is forgotten here goes on from its cursor and repeats some changes, harmlessly.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use sync_core::ids::DeviceId;

use crate::store::feed::{FeedStretch, ScopeId};

/// Pulls remembered at once; the oldest is forgotten first.
const WINDOWS_MAX: usize = 4_096;

/// The unfinished pulls of this node.
#[derive(Debug, Default)]
pub struct PullWindows {
    unfinished: Mutex<Unfinished>,
}

#[derive(Debug, Default)]
struct Unfinished {
    by_device: HashMap<DeviceId, FeedStretch>,
    oldest_first: VecDeque<DeviceId>,
}

impl PullWindows {
    /// The stretch that a device at `seq` of a scope goes through: the rest of its unfinished pull, or a fresh one.
    pub(crate) fn resume(&self, device: DeviceId, scope: ScopeId, seq: u64, head: u64) -> FeedStretch {
        let fresh = FeedStretch { scope, base: seq, after: seq, until: head };
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        match unfinished.by_device.remove(&device) {
            Some(stretch) if stretch.scope == scope && stretch.after == seq && stretch.until <= head => {
                stretch
            }
            Some(_) | None => fresh,
        }
    }

    /// Notes that a device's pull goes on at `after`.
    pub(crate) fn note(&self, device: DeviceId, stretch: FeedStretch) {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        if unfinished.by_device.insert(device, stretch).is_none() {
            unfinished.oldest_first.push_back(device);
        }
        while unfinished.oldest_first.len() > WINDOWS_MAX {
            if let Some(oldest) = unfinished.oldest_first.pop_front() {
                unfinished.by_device.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: ScopeId = [7; 16];

    fn device(byte: u8) -> DeviceId {
        DeviceId::from_bytes([byte; 16])
    }

    #[test]
    fn a_pull_goes_on_with_the_end_it_began_with() {
        let windows = PullWindows::default();
        windows.note(device(1), FeedStretch { scope: SCOPE, base: 0, after: 40, until: 90 });

        let stretch = windows.resume(device(1), SCOPE, 40, 300);

        assert_eq!(stretch, FeedStretch { scope: SCOPE, base: 0, after: 40, until: 90 });
    }

    #[test]
    fn a_device_that_is_elsewhere_begins_afresh() {
        for (seq, scope) in [(39, SCOPE), (40, [8; 16])] {
            let windows = PullWindows::default();
            windows.note(device(1), FeedStretch { scope: SCOPE, base: 0, after: 40, until: 90 });

            let stretch = windows.resume(device(1), scope, seq, 300);

            assert_eq!(stretch, FeedStretch { scope, base: seq, after: seq, until: 300 });
        }
    }

    #[test]
    fn the_oldest_pulls_are_forgotten_beyond_the_limit() {
        let windows = PullWindows::default();
        for number in 0..=WINDOWS_MAX {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
            let stretch = FeedStretch { scope: SCOPE, base: 0, after: 1, until: 9 };
            windows.note(DeviceId::from_bytes(bytes), stretch);
        }

        assert_eq!(windows.unfinished.lock().unwrap().by_device.len(), WINDOWS_MAX);
        assert_eq!(windows.resume(device(0), SCOPE, 1, 9).base, 1);
    }
}
