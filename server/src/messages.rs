//! The sentences people read, in four languages, from Fluent files. Never builds a sentence in code.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use serde::{Deserialize, Serialize};

/// A language Campo speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
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

type Bundle = FluentBundle<FluentResource>;

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../locales/en/problems.ftl"),
        Language::Portuguese => include_str!("../../locales/pt-BR/problems.ftl"),
        Language::Spanish => include_str!("../../locales/es/problems.ftl"),
        Language::Romanian => include_str!("../../locales/ro/problems.ftl"),
    }
}

fn bundles() -> &'static BTreeMap<Language, Bundle> {
    static BUNDLES: OnceLock<BTreeMap<Language, Bundle>> = OnceLock::new();
    BUNDLES
        .get_or_init(|| Language::ALL.into_iter().map(|language| (language, read_bundle(language))).collect())
}

fn read_bundle(language: Language) -> Bundle {
    let locale = language.as_str().parse().expect("the four names are language tags");
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source(language).to_owned()).expect("a test reads every file");
    bundle.add_resource(resource).expect("a test finds no key twice");
    bundle
}

/// The sentence named `key`, with its variables filled in; the key itself when there is no such sentence.
pub fn sentence(language: Language, key: &str, variables: &[(&'static str, &str)]) -> String {
    let bundle = &bundles()[&language];
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let arguments: FluentArgs<'_> = variables.iter().map(|(name, value)| (*name, *value)).collect();
    bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(language: Language) -> Vec<&'static str> {
        let lines = source(language).lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once(" = ").map(|(key, _)| key)).collect()
    }

    #[test]
    fn every_language_has_the_same_sentences_and_each_can_be_read() {
        let english = keys(Language::English);
        for language in Language::ALL {
            assert_eq!(keys(language), english, "{language:?}");
            for key in &english {
                let text = sentence(language, key, &[("field", "name")]);
                assert!(text != *key && !text.contains('{'), "{language:?} {key}: {text}");
            }
        }
    }

    #[test]
    fn the_heaviest_language_we_speak_wins() {
        assert_eq!(Language::negotiate("de, pt;q=0.4, ro-RO;q=0.9"), Some(Language::Romanian));
        assert_eq!(Language::negotiate("pt-PT"), Some(Language::Portuguese));
        assert_eq!(Language::negotiate("de, *"), None);
        assert_eq!(Language::negotiate("es;q=bad,,;;"), None);
    }
}
