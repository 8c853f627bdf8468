//! The sentences of refusals, in four languages, from `locales/<language>/problems.ftl`. Never builds one in code.

use std::sync::OnceLock;

use campo_locale::{Messages, Variable};

pub use campo_locale::Language;

const fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[include_str!("../../locales/en/problems.ftl")],
        Language::Portuguese => &[include_str!("../../locales/pt-BR/problems.ftl")],
        Language::Spanish => &[include_str!("../../locales/es/problems.ftl")],
        Language::Romanian => &[include_str!("../../locales/ro/problems.ftl")],
    }
}

fn messages() -> &'static Messages {
    static MESSAGES: OnceLock<Messages> = OnceLock::new();
    MESSAGES.get_or_init(|| Messages::read(sources))
}

/// The sentence named `key`, with its variables filled in; the key itself when there is no such sentence.
pub fn sentence(language: Language, key: &str, variables: &[Variable<'_>]) -> String {
    messages().find(language, key, variables).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_sentences_and_each_can_be_read() {
        let english = messages().keys(Language::English);
        for language in Language::ALL {
            assert_eq!(messages().keys(language), english, "{language:?}");
            for key in &english {
                let text = sentence(
                    language,
                    key,
                    &[
                        ("field", "name".into()),
                        ("line", 3.into()),
                        ("problem", "p".into()),
                        ("detail", "7".into()),
                    ],
                );
                assert!(text != *key && !text.contains('{'), "{language:?} {key}: {text}");
            }
        }
    }
}
