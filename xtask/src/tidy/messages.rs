//! Messages exist in all four languages. Never judges a translation.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{SourceFile, Tree};

const LANGUAGES: [&str; 4] = ["en", "pt-BR", "es", "ro"];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut keys_by_file: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for file in tree.under("locales").filter(|file| file.path.ends_with(".ftl")) {
        let mut parts = file.path.splitn(3, '/').skip(1);
        if let (Some(language), Some(name)) = (parts.next(), parts.next()) {
            keys_by_file.entry(name).or_default().insert(language, keys(file));
        }
    }
    keys_by_file.iter().flat_map(|(name, by_language)| missing(name, by_language)).collect()
}

fn missing(name: &str, by_language: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let all: BTreeSet<&str> = by_language.values().flatten().copied().collect();
    let none = BTreeSet::new();
    let missing_in = |language: &'static str| {
        let known = by_language.get(language).unwrap_or(&none);
        all.difference(known)
            .map(move |key| format!("locales/{language}/{name}: lacks `{key}`"))
            .collect::<Vec<_>>()
    };
    LANGUAGES.into_iter().flat_map(missing_in).collect()
}

/// The identifiers of messages and terms: what stands before `=` on a line that is not indented.
fn keys(file: &SourceFile) -> BTreeSet<&str> {
    let lines = file.text.lines().filter(|line| !line.starts_with([' ', '\t', '#', '.', '}']));
    lines.filter_map(|line| Some(line.split_once('=')?.0.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_one_language_lacks_is_refused() {
        let tree = Tree::of(&[
            ("locales/en/problems.ftl", "# A = b\nstale = Changed meanwhile.\n    .hint = x\ngone = Gone."),
            ("locales/pt-BR/problems.ftl", "stale = a\ngone = b"),
            ("locales/es/problems.ftl", "stale = a\ngone = b"),
            ("locales/ro/problems.ftl", "stale = a"),
        ]);

        assert_eq!(check(&tree), ["locales/ro/problems.ftl: lacks `gone`"]);
    }

    #[test]
    fn a_file_that_one_language_lacks_is_refused() {
        let tree = Tree::of(&[
            ("locales/en/a.ftl", "k = 1"),
            ("locales/es/a.ftl", "k = 1"),
            ("locales/ro/a.ftl", "k = 1"),
        ]);

        assert_eq!(check(&tree), ["locales/pt-BR/a.ftl: lacks `k`"]);
    }
}
