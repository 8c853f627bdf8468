//! Which languages there are, and which of them a reader prefers. Never says anything.

use serde::{Deserialize, Serialize};

/// A language Campo speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "pt-BR")]
    Portuguese,
    #[serde(rename = "es")]
    Spanish,
    #[serde(rename = "ro")]
    Romanian,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::English, Self::Portuguese, Self::Spanish, Self::Romanian];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Portuguese => "pt-BR",
            Self::Spanish => "es",
            Self::Romanian => "ro",
        }
    }

    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Portuguese => "Português",
            Self::Spanish => "Español",
            Self::Romanian => "Română",
        }
    }

    /// Reads one of the four names exactly.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == name)
    }

    /// The best of the four for an `Accept-Language` header; `None` when it asks for none of them.
    pub fn negotiate(accepted: &str) -> Option<Self> {
        const RANGES_MAX: usize = 16;
        let mut best: Option<(Self, f32)> = None;
        for range in accepted.split(',').take(RANGES_MAX) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f32 = weight.trim().trim_start_matches("q=").parse().unwrap_or(0.0);
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = Self::ALL.into_iter().find(|language| {
                language.as_str().split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(primary))
            });
            if let Some(language) = language
                && weight > best.map_or(0.0, |(_, weight)| weight)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_we_speak_wins() {
        assert_eq!(Language::negotiate("de, pt;q=0.4, ro-RO;q=0.9"), Some(Language::Romanian));
        assert_eq!(Language::negotiate("pt-PT"), Some(Language::Portuguese));
        assert_eq!(Language::negotiate("de, *"), None);
        assert_eq!(Language::negotiate("es;q=bad,,;;"), None);
    }
}
