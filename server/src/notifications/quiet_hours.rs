//! When a message to a customer may go out. Never holds one back for more than a day.

use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned, civil};
use sync_core::time::Timestamp;

use crate::notifications::settings::QuietHours;

const MINUTES_OF_AN_HOUR: i16 = 60;

/// `now`, or the end of the quiet hours it lies in.
pub(super) fn next_allowed(now: Timestamp, zone: TimeZone, quiet: Option<QuietHours>) -> Timestamp {
    let Some(quiet) = quiet else { return now };
    let Ok(instant) = jiff::Timestamp::from_millisecond(now.0) else { return now };
    let local = instant.to_zoned(zone);
    if !is_quiet(&local, quiet) {
        return now;
    }
    end_of(&local, quiet).map_or(now, |end| Timestamp(end.timestamp().as_millisecond()).max(now))
}

fn is_quiet(local: &Zoned, quiet: QuietHours) -> bool {
    let minute = i16::from(local.hour()) * MINUTES_OF_AN_HOUR + i16::from(local.minute());
    let minute = u16::try_from(minute).unwrap_or_default();
    let QuietHours { from_minutes: from, until_minutes: until } = quiet;
    if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until }
}

/// The next moment at which clocks show the end.
fn end_of(local: &Zoned, quiet: QuietHours) -> Option<Zoned> {
    let until = i16::try_from(quiet.until_minutes).ok()?;
    let hour = i8::try_from(until / MINUTES_OF_AN_HOUR).ok()?;
    let minute = i8::try_from(until % MINUTES_OF_AN_HOUR).ok()?;
    let time = civil::Time::new(hour, minute, 0, 0).ok()?;
    let today = local.date().to_datetime(time).to_zoned(local.time_zone().clone()).ok()?;
    if today > *local {
        return Some(today);
    }
    local.date().checked_add(1.day()).ok()?.to_datetime(time).to_zoned(local.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2027-01-15 08:00 in UTC is 05:00 in São Paulo.
    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const HOUR_MS: i64 = 3_600_000;

    fn next(from: u16, until: u16) -> i64 {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let quiet = QuietHours { from_minutes: from * 60, until_minutes: until * 60 };
        next_allowed(NOW, zone, Some(quiet)).millis_since(NOW)
    }

    #[test]
    fn a_message_of_the_night_waits_for_the_morning_of_the_organization() {
        assert_eq!(next(21, 7), 2 * HOUR_MS);
        assert_eq!(next(4, 6), HOUR_MS);
        assert_eq!(next(3, 4), 0);
        assert_eq!(next(5, 5), 0);
        assert_eq!(next(20, 4), 0);
        assert_eq!(next_allowed(NOW, TimeZone::UTC, None), NOW);
    }
}
