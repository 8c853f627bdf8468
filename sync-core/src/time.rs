//! Instants and how well we know them. Never reads a clock: every reading is given by the caller.

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds from `earlier` to here; negative when `earlier` is later, saturating at the ends.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant `millis` later, saturating at the ends.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// What a device's clocks show at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// The wall clock, which people and networks change.
    pub wall: Timestamp,
    /// A clock that only runs forward, milliseconds since `boot`.
    pub monotonic_ms: i64,
    /// Names the run of the device the monotonic clock counts in; another boot, another number.
    pub boot: u64,
}

/// A moment at which the server's time was learned, kept by the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct ClockAnchor {
    /// The server's time at that moment.
    #[n(0)]
    pub server: Timestamp,
    /// The device's wall clock at that moment.
    #[n(1)]
    pub wall: Timestamp,
    /// The device's monotonic clock at that moment.
    #[n(2)]
    pub monotonic_ms: i64,
    /// The boot that clock counts in.
    #[n(3)]
    pub boot: u64,
    /// Half the round trip in which it was learned.
    #[n(4)]
    pub uncertainty_ms: i64,
}

/// How a claimed time is known (product T-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TimeTrust {
    /// The server itself read its clock.
    Server,
    /// Measured with the running clock since the server was last heard in this boot.
    Anchored,
    /// The wall clock, corrected by the offset the server last showed; the device has been restarted since.
    Offset,
    /// The wall clock alone.
    DeviceOnly,
}

/// When something happened, as claimed and as estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimeClaim {
    /// The wall clock of the device.
    pub claimed: Timestamp,
    /// Server time minus wall clock, where known.
    pub offset_ms: Option<i64>,
    /// The best estimate of the true time.
    pub estimated: Timestamp,
    /// The estimate is right to within this; `None` when nothing bounds it.
    pub uncertainty_ms: Option<i64>,
    /// What the estimate rests on.
    pub trust: TimeTrust,
}

/// Clocks of phones drift by less than this many milliseconds an hour (100 ppm).
const DRIFT_MS_PER_HOUR: i64 = 360;
const HOUR_MS: i64 = 3_600_000;
/// A restarted phone's wall clock may have been set by its owner or by the network meanwhile.
const RESTART_UNCERTAINTY_MS: i64 = 5 * 60_000;
/// Time sheets flag a claim whose clock was off by more than this.
pub const SKEW_FLAG_MS: i64 = 5 * 60_000;

impl TimeClaim {
    /// A time read by the server.
    pub const fn by_server(now: Timestamp) -> Self {
        Self {
            claimed: now,
            offset_ms: Some(0),
            estimated: now,
            uncertainty_ms: Some(0),
            trust: TimeTrust::Server,
        }
    }

    /// Estimates the true time of a reading from the last moment the server's time was known.
    ///
    /// The wall clock decides nothing as long as the device has not been restarted since the anchor.
    pub const fn estimate(reading: ClockReading, anchor: Option<ClockAnchor>) -> Self {
        let Some(anchor) = anchor else {
            return Self {
                claimed: reading.wall,
                offset_ms: None,
                estimated: reading.wall,
                uncertainty_ms: None,
                trust: TimeTrust::DeviceOnly,
            };
        };
        let elapsed_ms = reading.monotonic_ms.saturating_sub(anchor.monotonic_ms);
        if reading.boot == anchor.boot && elapsed_ms >= 0 {
            let estimated = anchor.server.plus_millis(elapsed_ms);
            let drift_ms = elapsed_ms / HOUR_MS * DRIFT_MS_PER_HOUR + DRIFT_MS_PER_HOUR;
            return Self {
                claimed: reading.wall,
                offset_ms: Some(estimated.millis_since(reading.wall)),
                estimated,
                uncertainty_ms: Some(anchor.uncertainty_ms.saturating_add(drift_ms)),
                trust: TimeTrust::Anchored,
            };
        }
        let offset_ms = anchor.server.millis_since(anchor.wall);
        Self {
            claimed: reading.wall,
            offset_ms: Some(offset_ms),
            estimated: reading.wall.plus_millis(offset_ms),
            uncertainty_ms: Some(anchor.uncertainty_ms.saturating_add(RESTART_UNCERTAINTY_MS)),
            trust: TimeTrust::Offset,
        }
    }

    /// Whether the device's clock was off by more than time sheets accept silently.
    pub fn is_skewed(&self) -> bool {
        self.offset_ms.is_some_and(|offset_ms| offset_ms.saturating_abs() > SKEW_FLAG_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANCHOR: ClockAnchor = ClockAnchor {
        server: Timestamp(1_700_000_000_000),
        wall: Timestamp(1_600_000_000_000),
        monotonic_ms: 10_000,
        boot: 7,
        uncertainty_ms: 40,
    };

    #[test]
    fn a_wrong_wall_clock_does_not_move_an_anchored_estimate() {
        for wall in [0, 1_700_000_600_000, i64::MAX] {
            let reading = ClockReading { wall: Timestamp(wall), monotonic_ms: 70_000, boot: 7 };

            let claim = TimeClaim::estimate(reading, Some(ANCHOR));

            assert_eq!(claim.estimated, Timestamp(1_700_000_060_000));
            assert_eq!(claim.uncertainty_ms, Some(400));
            assert_eq!(claim.trust, TimeTrust::Anchored);
        }
    }

    #[test]
    fn after_a_restart_the_last_known_offset_is_used_and_said_to_be_worse() {
        let reading = ClockReading { wall: Timestamp(1_600_000_060_000), monotonic_ms: 5, boot: 8 };

        let claim = TimeClaim::estimate(reading, Some(ANCHOR));

        assert_eq!(claim.estimated, Timestamp(1_700_000_060_000));
        assert_eq!(claim.uncertainty_ms, Some(300_040));
        assert!(claim.is_skewed());
    }

    #[test]
    fn without_an_anchor_only_the_device_is_believed() {
        let reading = ClockReading { wall: Timestamp(5), monotonic_ms: 1, boot: 1 };

        let claim = TimeClaim::estimate(reading, None);

        assert_eq!((claim.estimated, claim.uncertainty_ms), (Timestamp(5), None));
        assert_eq!(claim.trust, TimeTrust::DeviceOnly);
    }
}
