//! Tells times, numbers and amounts in the document's language and zone. Never reads a clock.

use campo_locale::{Language, Variable, decimal, money};
use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::data::{Moment, ServiceOrderDocument, TimeTrust};
use crate::words;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Words of more letters than this may be cut anywhere, so that nothing pushes a column off the page.
const WORD_LETTERS_MAX: usize = 24;
const ZERO_WIDTH_SPACE: char = '\u{200b}';
const NO_BREAK_SPACE: &str = "\u{a0}";

/// How one document tells its values.
pub struct Teller {
    pub language: Language,
    zone: TimeZone,
    currency: String,
}

impl Teller {
    pub fn of(document: &ServiceOrderDocument) -> Self {
        let zone = TimeZone::get(&document.zone).unwrap_or(TimeZone::UTC);
        Self { language: document.language, zone, currency: document.currency.clone() }
    }

    pub fn say(&self, key: &str, variables: &[Variable<'_>]) -> String {
        words::say(self.language, key, variables)
    }

    pub fn local(&self, at_ms: i64) -> Zoned {
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone())
    }

    pub fn date(&self, at_ms: i64) -> String {
        let form = match self.language {
            Language::English => "%b %-d, %Y",
            Language::Portuguese | Language::Spanish => "%d/%m/%Y",
            Language::Romanian => "%d.%m.%Y",
        };
        self.local(at_ms).strftime(form).to_string()
    }

    pub fn time(&self, at_ms: i64) -> String {
        let at = self.local(at_ms);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    pub fn moment(&self, at_ms: i64) -> String {
        self.say("moment", &[("date", self.date(at_ms).into()), ("time", self.time(at_ms).into())])
    }

    /// The time alone on the given day, with its date on any other.
    pub fn time_seen_from(&self, day_ms: i64, at_ms: i64) -> String {
        if self.local(day_ms).date() == self.local(at_ms).date() {
            self.time(at_ms)
        } else {
            self.moment(at_ms)
        }
    }

    pub fn window(&self, start_ms: i64, end_ms: i64) -> String {
        let (start, end) = (self.moment(start_ms), self.time_seen_from(start_ms, end_ms));
        self.say("window", &[("start", start.into()), ("end", end.into())])
    }

    /// How a time is known: "phone's clock alone, not checked".
    pub fn trust(&self, moment: &Moment) -> String {
        let how = self.say(
            match moment.trust {
                TimeTrust::Server => "time-server",
                TimeTrust::Anchored => "time-anchored",
                TimeTrust::Offset => "time-offset",
                TimeTrust::DeviceOnly => "time-device_only",
            },
            &[],
        );
        match moment.uncertainty_ms {
            Some(bound_ms) if bound_ms > 0 => {
                let span = self.span(bound_ms);
                self.say("plus-minus", &[("how", how.into()), ("span", span.into())])
            }
            _ => how,
        }
    }

    /// A bound, rounded up: "1 s", "6 min".
    fn span(&self, span_ms: i64) -> String {
        let (key, unit_ms) =
            if span_ms <= MINUTE_MS { ("seconds", SECOND_MS) } else { ("minutes", MINUTE_MS) };
        let count = span_ms.saturating_add(unit_ms - 1) / unit_ms;
        self.say(key, &[("count", count.into())])
    }

    /// A length of time in hours and minutes.
    pub fn duration(&self, duration_ms: i64) -> String {
        let minutes = duration_ms.max(0) / MINUTE_MS;
        match (minutes / 60, minutes % 60) {
            (0, minutes) => self.say("minutes", &[("count", minutes.into())]),
            (hours, 0) => self.say("hours", &[("hours", hours.into())]),
            (hours, minutes) => {
                self.say("hours-minutes", &[("hours", hours.into()), ("minutes", minutes.into())])
            }
        }
    }

    pub fn number(&self, number: &str) -> String {
        decimal(number, self.language)
    }

    pub fn amount(&self, amount_minor: i64) -> String {
        self.amount_in(amount_minor, &self.currency)
    }

    pub fn amount_in(&self, amount_minor: i64, currency: &str) -> String {
        money(amount_minor, currency, self.language).replace(' ', NO_BREAK_SPACE)
    }
}

/// What somebody wrote, with places to cut in words that are too long for any column.
pub fn text(written: &str) -> String {
    let mut told = String::with_capacity(written.len());
    let mut letters = 0;
    for letter in written.trim().chars() {
        letters = if letter.is_whitespace() { 0 } else { letters + 1 };
        if letters > WORD_LETTERS_MAX {
            told.push(ZERO_WIDTH_SPACE);
            letters = 1;
        }
        told.push(letter);
    }
    told
}

/// The same, or nothing when nothing was written.
pub fn some_text(written: &str) -> Option<String> {
    Some(text(written)).filter(|told| !told.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn teller(language: Language, zone: &str) -> Teller {
        Teller { language, zone: TimeZone::get(zone).unwrap(), currency: "RON".to_owned() }
    }

    #[test]
    fn wall_times_follow_the_zone_through_the_night_it_changes() {
        let bucharest = teller(Language::Romanian, "Europe/Bucharest");
        let before_ms = 1_774_742_400_000; // 2026-03-29T00:00:00Z
        let after_ms = before_ms + 3_600_000;

        assert_eq!(bucharest.moment(before_ms), "29.03.2026, 02:00");
        assert_eq!(bucharest.moment(after_ms), "29.03.2026, 04:00");
        assert_eq!(bucharest.time_seen_from(before_ms, after_ms), "04:00");
    }

    #[test]
    fn a_bound_is_told_rounded_up() {
        let told = |trust, uncertainty_ms| {
            teller(Language::English, "UTC").trust(&Moment { at_ms: 0, trust, uncertainty_ms })
        };

        assert_eq!(told(TimeTrust::Anchored, Some(400)), "checked against the server (± 1 s)");
        assert_eq!(told(TimeTrust::Offset, Some(300_040)), "corrected after a restart (± 6 min)");
        assert_eq!(told(TimeTrust::DeviceOnly, None), "phone's clock alone, not checked");
    }

    #[test]
    fn only_words_too_long_for_a_column_may_be_cut() {
        assert_eq!(text(" a filter of 20 cm "), "a filter of 20 cm");
        assert_eq!(text(&"x".repeat(50)).matches(ZERO_WIDTH_SPACE).count(), 2);
    }
}
