//! The machine's own clock, shown in the company's zone. Never a played time.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use sync_core::time::Timestamp;

/// The machine's wall clock.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A full hour of the day of `now` in a zone.
pub fn at_local_hour(now: Timestamp, zone: &str, hour: i8) -> Timestamp {
    let local = local(now, zone);
    let start = local.with().hour(hour).minute(0).second(0).subsec_nanosecond(0).build();
    start.map_or(now, |start| Timestamp(start.timestamp().as_millisecond()))
}

/// The wall clock of a zone: `10:40:07`.
pub fn local_time(at: Timestamp, zone: &str) -> String {
    local(at, zone).strftime("%H:%M:%S").to_string()
}

fn local(at: Timestamp, zone: &str) -> jiff::Zoned {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone)
}
