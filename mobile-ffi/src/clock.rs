//! The clocks of the process. Never corrects them: `sync_core::time` estimates.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sync_core::time::{ClockReading, Timestamp};

/// A wall clock and a clock that only runs forward while this process lives.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    boot: u64,
}

impl Clock {
    /// The clocks of this process, under a name of their own.
    pub fn start() -> Self {
        Self { started: Instant::now(), boot: rand::random() }
    }

    /// What they show.
    pub fn reading(&self) -> ClockReading {
        let elapsed_ms = self.started.elapsed().as_millis();
        ClockReading {
            wall: wall(),
            monotonic_ms: i64::try_from(elapsed_ms).unwrap_or(i64::MAX),
            boot: self.boot,
        }
    }
}

/// The wall clock.
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Timestamp(since.map_or_else(|before| -millis(before.duration()), millis))
}
