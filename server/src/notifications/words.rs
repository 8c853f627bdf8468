//! Fills the messages of `locales/<language>/notices.ftl`. Never holds a word of any language itself.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use campo_locale::{Language, Messages, Variable};
use fluent_bundle::FluentValue;

const fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[include_str!("../../../locales/en/notices.ftl")],
        Language::Portuguese => &[include_str!("../../../locales/pt-BR/notices.ftl")],
        Language::Spanish => &[include_str!("../../../locales/es/notices.ftl")],
        Language::Romanian => &[include_str!("../../../locales/ro/notices.ftl")],
    }
}

fn messages() -> &'static Messages {
    static MESSAGES: OnceLock<Messages> = OnceLock::new();
    MESSAGES.get_or_init(|| Messages::read(sources))
}

/// Every name that sentences about events and orders use.
const NAMES: [&str; 13] = [
    "about", "company", "customer", "date", "device", "kind", "name", "number", "person", "record", "state",
    "url", "window",
];

/// The message of a key, filled with facts; what is not known is told as a dash.
pub fn tell(language: Language, key: &str, facts: &BTreeMap<String, String>) -> String {
    let fact = |name: &'static str| -> Variable<'_> {
        let text = facts.get(name).map_or("–", String::as_str);
        (name, FluentValue::from(text))
    };
    messages().say(language, key, &NAMES.map(fact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_exists_in_each_language_and_uses_known_names() {
        let english = messages().keys(Language::English);
        for language in Language::ALL {
            assert_eq!(messages().keys(language), english, "{language:?}");
            for key in &english {
                let text = tell(language, key, &BTreeMap::new());
                assert!(!text.is_empty() && !text.contains('{'), "{language:?} {key}: {text}");
            }
        }
    }
}
