//! Fills the messages of `locales/<language>/documents.ftl`. Never holds a word of any language itself.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use campo_locale::{Language, Messages, Variable};

/// Headings a template chooses from; whatever else is said, the data say.
const LABEL: &str = "label-";

const fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[include_str!("../../locales/en/documents.ftl")],
        Language::Portuguese => &[include_str!("../../locales/pt-BR/documents.ftl")],
        Language::Spanish => &[include_str!("../../locales/es/documents.ftl")],
        Language::Romanian => &[include_str!("../../locales/ro/documents.ftl")],
    }
}

fn messages() -> &'static Messages {
    static MESSAGES: OnceLock<Messages> = OnceLock::new();
    MESSAGES.get_or_init(|| Messages::read(sources))
}

pub fn say(language: Language, key: &str, variables: &[Variable<'_>]) -> String {
    messages().say(language, key, variables)
}

pub fn find(language: Language, key: &str) -> Option<String> {
    messages().find(language, key, &[])
}

/// Every heading by its name without `label-`.
pub fn labels(language: Language) -> BTreeMap<&'static str, String> {
    let keys = messages().keys(language).into_iter();
    let names = keys.filter_map(|key| Some((key.strip_prefix(LABEL)?, key)));
    names.map(|(name, key)| (name, say(language, key, &[]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_words_in_the_same_order() {
        for language in Language::ALL {
            assert_eq!(messages().keys(language), messages().keys(Language::English), "{language:?}");
        }
    }

    #[test]
    fn headings_have_no_blanks_to_fill() {
        for language in Language::ALL {
            assert!(labels(language).values().all(|text| !text.contains('{')), "{language:?}");
        }
    }
}
