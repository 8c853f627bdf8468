//! Times, dates, numbers and amounts as the reader's language writes them. Never rounds what was recorded.

use fluent_bundle::FluentValue;
use jiff::Zoned;
use jiff::tz::TimeZone;
use sync_core::order::Window;
use sync_core::time::{TimeClaim, Timestamp};

use super::Wording;
use super::words::say;
use crate::messages::Language;

pub use campo_locale::{decimal, money};

/// A time known less well than this is told as "about".
const ABOUT_FROM_MS: i64 = 60_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Spans shorter than this are told in hours.
const HOURS_BELOW_MS: i64 = 2 * DAY_MS;
const METRES_BELOW: i64 = 1_000;

fn local(at: Timestamp, zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

fn wall_clock(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

fn date_of(at: &Zoned, wording: &Wording<'_>) -> String {
    let is_this_year = at.year() == local(wording.now, &wording.zone).year();
    let form = match wording.language {
        Language::English if is_this_year => "%b %-d",
        Language::English => "%b %-d, %Y",
        Language::Portuguese | Language::Spanish => "%d/%m/%Y",
        Language::Romanian => "%d.%m.%Y",
    };
    at.strftime(form).to_string()
}

/// The date of an instant.
pub fn date(at: Timestamp, wording: &Wording<'_>) -> String {
    date_of(&local(at, &wording.zone), wording)
}

/// "at 10:40", or "on Nov 12 at 10:40" for another day.
pub fn when(at: Timestamp, wording: &Wording<'_>) -> String {
    phrase(at, "", wording)
}

/// The same for a claimed time; "about 10:40" where it is not known well.
pub fn when_claimed(at: &TimeClaim, wording: &Wording<'_>) -> String {
    let is_sure = at.uncertainty_ms.is_some_and(|uncertainty_ms| uncertainty_ms < ABOUT_FROM_MS);
    phrase(at.estimated, if is_sure { "" } else { "-about" }, wording)
}

fn phrase(at: Timestamp, about: &str, wording: &Wording<'_>) -> String {
    let at = local(at, &wording.zone);
    let time = FluentValue::from(wall_clock(&at));
    if at.date() == local(wording.now, &wording.zone).date() {
        say(wording.language, &format!("at-time{about}"), &[("time", time)])
    } else {
        let date = FluentValue::from(date_of(&at, wording));
        say(wording.language, &format!("at-date-time{about}"), &[("date", date), ("time", time)])
    }
}

/// Date and time as a value.
pub fn moment(at: Timestamp, wording: &Wording<'_>) -> String {
    let at = local(at, &wording.zone);
    let (date, time) = (date_of(&at, wording), wall_clock(&at));
    say(wording.language, "moment", &[("date", date.into()), ("time", time.into())])
}

/// Date, time and zone for somebody who may be elsewhere: "12/11/2026, 10:05 (America/Sao_Paulo)".
pub fn moment_in(at: Timestamp, zone: &str, language: Language) -> String {
    let at = local(at, &super::zone(zone));
    let form = match language {
        Language::English => "%b %-d, %Y",
        Language::Portuguese | Language::Spanish => "%d/%m/%Y",
        Language::Romanian => "%d.%m.%Y",
    };
    let (date, time) = (at.strftime(form).to_string(), wall_clock(&at));
    let moment = say(language, "moment", &[("date", date.into()), ("time", time.into())]);
    format!("{moment} ({zone})")
}

/// "14:00–15:00", with its date when it is not today.
pub fn window(window: Window, wording: &Wording<'_>) -> String {
    let (start, end) = (local(window.start, &wording.zone), local(window.end, &wording.zone));
    let is_today = start.date() == local(wording.now, &wording.zone).date();
    let hours = [("start", wall_clock(&start).into()), ("end", wall_clock(&end).into())];
    if start.date() != end.date() {
        let (start, end) = (moment(window.start, wording), moment(window.end, wording));
        return say(wording.language, "window", &[("start", start.into()), ("end", end.into())]);
    }
    if is_today {
        return say(wording.language, "window", &hours);
    }
    let [start_hour, end_hour] = hours;
    let date = ("date", date_of(&start, wording).into());
    say(wording.language, "window-on-date", &[date, start_hour, end_hour])
}

/// "25 min", "3 h" or "2 days", rounded down to what matters.
pub fn span(span_ms: i64, wording: &Wording<'_>) -> String {
    let span_ms = span_ms.saturating_abs();
    let (key, unit_ms) = match span_ms {
        0..HOUR_MS => ("minutes", MINUTE_MS),
        HOUR_MS..HOURS_BELOW_MS => ("hours", HOUR_MS),
        _ => ("days", DAY_MS),
    };
    say(wording.language, key, &[("count", (span_ms / unit_ms).into())])
}

/// "45 min" or "1 h 30 min".
pub fn duration(minutes: i64, wording: &Wording<'_>) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => say(wording.language, "minutes", &[("count", minutes.into())]),
        (hours, 0) => say(wording.language, "hours", &[("count", hours.into())]),
        (hours, minutes) => {
            let variables = [("hours", hours.into()), ("minutes", minutes.into())];
            say(wording.language, "hours-minutes", &variables)
        }
    }
}

/// "340 m" or "2.1 km".
pub fn distance(metres: i64, wording: &Wording<'_>) -> String {
    if metres < METRES_BELOW {
        return say(wording.language, "metres", &[("number", metres.to_string().into())]);
    }
    let tenths = metres.saturating_add(50) / 100;
    let kilometres = decimal(&format!("{}.{}", tenths / 10, tenths % 10), wording.language);
    say(wording.language, "kilometres", &[("number", kilometres.into())])
}
