//! Fills the messages of `locales/<language>/orders.ftl` and `verification.ftl`. Never holds a word of any language itself.

use std::sync::OnceLock;

use campo_locale::{Language, Messages};

pub use campo_locale::Variable;

const fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            include_str!("../../../locales/en/orders.ftl"),
            include_str!("../../../locales/en/verification.ftl"),
        ],
        Language::Portuguese => &[
            include_str!("../../../locales/pt-BR/orders.ftl"),
            include_str!("../../../locales/pt-BR/verification.ftl"),
        ],
        Language::Spanish => &[
            include_str!("../../../locales/es/orders.ftl"),
            include_str!("../../../locales/es/verification.ftl"),
        ],
        Language::Romanian => &[
            include_str!("../../../locales/ro/orders.ftl"),
            include_str!("../../../locales/ro/verification.ftl"),
        ],
    }
}

fn messages() -> &'static Messages {
    static MESSAGES: OnceLock<Messages> = OnceLock::new();
    MESSAGES.get_or_init(|| Messages::read(sources))
}

/// The message of a key with its variables filled in; `None` when there is no such message.
pub fn find(language: Language, key: &str, variables: &[Variable<'_>]) -> Option<String> {
    messages().find(language, key, variables)
}

/// The message of a key that every language has.
pub fn say(language: Language, key: &str, variables: &[Variable<'_>]) -> String {
    messages().say(language, key, variables)
}

/// The keys of a language.
#[cfg(test)]
pub fn keys(language: Language) -> Vec<&'static str> {
    messages().keys(language)
}

/// The sentence with its first letter in upper case.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
