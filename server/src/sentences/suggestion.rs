//! Tells why somebody is suggested for an order. Never ranks anybody.

use campo_locale::decimal;

use super::words::say;
use crate::messages::Language;
use crate::orders::suggest_technicians::{ComesFrom, SuggestionReason};

/// One reason as a sentence.
pub fn suggestion(reason: SuggestionReason, language: Language) -> String {
    match reason {
        SuggestionReason::Near { metres, from } => {
            let key = match from {
                ComesFrom::PreviousVisit => "suggestion-near-visit",
                ComesFrom::Base => "suggestion-near-base",
            };
            let tenths = (metres + 50) / 100;
            let km = decimal(&format!("{}.{}", tenths / 10, tenths % 10), language);
            say(language, key, &[("km", km.into())])
        }
        SuggestionReason::DistanceUnknown => say(language, "suggestion-distance-unknown", &[]),
        SuggestionReason::Works { minutes } => {
            let hours = format!("{}:{:02}", minutes / 60, minutes % 60);
            say(language, "suggestion-works", &[("hours", hours.into())])
        }
        SuggestionReason::HoursUnknown => say(language, "suggestion-hours-unknown", &[]),
        SuggestionReason::Away => say(language, "suggestion-away", &[]),
        SuggestionReason::Skills { needed, missing: 0 } => {
            say(language, "suggestion-skills", &[("count", needed.into())])
        }
        SuggestionReason::Skills { needed, missing } => say(
            language,
            "suggestion-skills-missing",
            &[("count", needed.into()), ("missing", missing.into())],
        ),
        SuggestionReason::Load { orders } => say(language, "suggestion-load", &[("count", orders.into())]),
        SuggestionReason::Assigned => say(language, "suggestion-assigned", &[]),
    }
}
