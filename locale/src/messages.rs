//! Reads the same Fluent files in each language and fills its messages. Never builds a sentence in code.

use std::collections::BTreeMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::Language;

/// A variable of a message: its name and a text or a number.
pub type Variable<'a> = (&'static str, FluentValue<'a>);

type Bundle = FluentBundle<FluentResource>;

/// The texts of the files in a language.
pub type Sources = fn(Language) -> &'static [&'static str];

/// The messages of some files, in every language.
pub struct Messages {
    bundles: BTreeMap<Language, Bundle>,
    sources: Sources,
}

impl Messages {
    /// Reads the files of each language.
    ///
    /// # Panics
    ///
    /// When a file is not Fluent or has a key twice: the files are part of the program.
    pub fn read(sources: Sources) -> Self {
        let read = |language| (language, read_bundle(language, sources(language)));
        Self { bundles: Language::ALL.into_iter().map(read).collect(), sources }
    }

    /// The message of a key with its variables filled in; `None` when there is no such message.
    pub fn find(&self, language: Language, key: &str, variables: &[Variable<'_>]) -> Option<String> {
        let bundle = self.bundles.get(&language)?;
        let pattern = bundle.get_message(key)?.value()?;
        let arguments: FluentArgs<'_> = variables.iter().cloned().collect();
        Some(bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
    }

    /// The message of a key that every language has.
    pub fn say(&self, language: Language, key: &str, variables: &[Variable<'_>]) -> String {
        let text = self.find(language, key, variables);
        debug_assert!(text.is_some(), "no message is called {key}");
        text.unwrap_or_default()
    }

    /// The keys of a language, in the order of its files.
    pub fn keys(&self, language: Language) -> Vec<&'static str> {
        let lines = (self.sources)(language)
            .iter()
            .flat_map(|source| source.lines())
            .filter(|line| !line.starts_with(['#', ' ']));
        lines.filter_map(|line| line.split_once(" =").map(|(key, _)| key)).collect()
    }
}

fn read_bundle(language: Language, sources: &[&str]) -> Bundle {
    let locale = language.as_str().parse().expect("the four names are language tags");
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).expect("a test reads every file");
        bundle.add_resource(resource).expect("a test finds no key twice");
    }
    bundle
}
