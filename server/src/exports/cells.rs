//! What stands in a table, and how a reader writes it. Never something that a spreadsheet would run.

use campo_locale::decimal;
use jiff::tz::TimeZone;
use sync_core::time::Timestamp;

use crate::exports::Headers;
use crate::messages::Language;
use crate::sentences::{find, say};

/// Digits behind the mark of an amount.
const MINOR_DIGITS: usize = 2;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// With a point, whatever the language.
    Number(String),
    Time(Timestamp),
    Flag(bool),
}

/// How a reader writes.
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub language: Language,
    pub zone: TimeZone,
    pub headers: Headers,
}

impl Cell {
    pub(super) fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    pub(super) fn time(time: Option<Timestamp>) -> Self {
        time.map_or(Self::Empty, Self::Time)
    }

    /// An amount in minor units.
    pub(super) fn amount(minor: Option<i64>) -> Self {
        let Some(minor) = minor else { return Self::Empty };
        let digits = format!("{:0width$}", minor.unsigned_abs(), width = MINOR_DIGITS + 1);
        let (whole, rest) = digits.split_at(digits.len() - MINOR_DIGITS);
        Self::Number(format!("{}{whole}.{rest}", if minor < 0 { "-" } else { "" }))
    }

    /// As a reader writes it.
    pub(super) fn shown(&self, style: &Style) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => decimal(number, style.language),
            Self::Time(at) => style.time(*at),
            Self::Flag(flag) => say(style.language, if *flag { "answer-yes" } else { "answer-no" }, &[]),
        }
    }

    /// As a reader writes it, with an apostrophe before a text that spreadsheets take for a formula.
    pub(super) fn harmless(&self, style: &Style) -> String {
        let shown = self.shown(style);
        if matches!(self, Self::Text(_)) { harmless_text(&shown) } else { shown }
    }
}

/// A text that no spreadsheet takes for a formula.
pub(crate) fn harmless_text(text: &str) -> String {
    if text.starts_with(FORMULA_MARKS) { format!("'{text}") } else { text.to_owned() }
}

/// The same text again.
pub(crate) fn without_guard(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA_MARKS)).unwrap_or(text)
}

const FORMULA_MARKS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

impl Style {
    fn time(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// What stands above a column.
    pub(super) fn header(&self, column: &str) -> String {
        match self.headers {
            Headers::Stable => column.to_owned(),
            Headers::Local => {
                find(self.language, &format!("column-{column}"), &[]).unwrap_or_else(|| column.to_owned())
            }
        }
    }

    /// What stands between two cells: where a comma parts decimals, it cannot part cells.
    pub(super) const fn delimiter(&self) -> u8 {
        match self.language {
            Language::English => b',',
            Language::Portuguese | Language::Spanish | Language::Romanian => b';',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(language: Language) -> Style {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap_or(TimeZone::UTC);
        Style { language, zone, headers: Headers::Local }
    }

    #[test]
    fn formulas_become_texts_and_numbers_stay_numbers() {
        let style = style(Language::English);

        for text in ["=1+1", "+55 11", "-x", "@home", "\tx", "\rx"] {
            assert_eq!(Cell::Text(text.to_owned()).harmless(&style), format!("'{text}"));
        }
        assert_eq!(Cell::amount(Some(-1_205)).harmless(&style), "-12.05");
        assert_eq!(Cell::Text("a=b".to_owned()).harmless(&style), "a=b");
    }

    #[test]
    fn amounts_and_times_are_written_as_their_readers_do() {
        let style = style(Language::Portuguese);

        assert_eq!(Cell::amount(Some(5)).shown(&style), "0,05");
        assert_eq!(Cell::Time(Timestamp(1_790_000_000_000)).shown(&style), "2026-09-21 11:13");
        assert_eq!(style.delimiter(), b';');
    }
}
