//! Fills the messages of `locales/<language>/orders.ftl` and `verification.ftl`. Never holds a word of any language itself.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::messages::Language;

type Bundle = FluentBundle<FluentResource>;

/// A variable of a message: its name and a text or a number.
pub type Variable<'a> = (&'static str, FluentValue<'a>);

/// The texts of a language, one for each file.
pub const fn sources(language: Language) -> [&'static str; 2] {
    match language {
        Language::English => [
            include_str!("../../../locales/en/orders.ftl"),
            include_str!("../../../locales/en/verification.ftl"),
        ],
        Language::Portuguese => [
            include_str!("../../../locales/pt-BR/orders.ftl"),
            include_str!("../../../locales/pt-BR/verification.ftl"),
        ],
        Language::Spanish => [
            include_str!("../../../locales/es/orders.ftl"),
            include_str!("../../../locales/es/verification.ftl"),
        ],
        Language::Romanian => [
            include_str!("../../../locales/ro/orders.ftl"),
            include_str!("../../../locales/ro/verification.ftl"),
        ],
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
    for source in sources(language) {
        let resource = FluentResource::try_new(source.to_owned()).expect("a test reads every file");
        bundle.add_resource(resource).expect("a test finds no key twice");
    }
    bundle
}

/// The message of a key with its variables filled in; `None` when there is no such message.
pub fn find(language: Language, key: &str, variables: &[Variable<'_>]) -> Option<String> {
    let bundle = bundles().get(&language)?;
    let pattern = bundle.get_message(key)?.value()?;
    let arguments: FluentArgs<'_> = variables.iter().cloned().collect();
    Some(bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
}

/// The message of a key that every language has.
pub fn say(language: Language, key: &str, variables: &[Variable<'_>]) -> String {
    let text = find(language, key, variables);
    debug_assert!(text.is_some(), "no message is called {key}");
    text.unwrap_or_default()
}

/// The sentence with its first letter in upper case.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
