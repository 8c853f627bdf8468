//! How a source file looks: its first line, its length, what is never in it. Never what it does.

use super::tree::{SourceFile, Tree};

const LINES_MAX: usize = 500;
const NEVER: &[&str] = &["todo!(", "unimplemented!(", "#[ignore"];
/// The rule's own words would break it.
const THIS_FILE: &str = "xtask/src/tidy/shape.rs";

pub fn check(tree: &Tree) -> Vec<String> {
    let rules = [no_mod_rs, opens_with_a_sentence, is_not_too_long, is_finished];
    tree.with_extension("rs").flat_map(|file| rules.iter().flat_map(|rule| rule(file))).collect()
}

fn no_mod_rs(file: &SourceFile) -> Vec<String> {
    if !file.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    vec![format!("{}: modules are `name.rs` beside `name/`, never `mod.rs`", file.path)]
}

fn opens_with_a_sentence(file: &SourceFile) -> Vec<String> {
    let first = file.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
    if first.is_some_and(|line| line.starts_with("//! ")) {
        return Vec::new();
    }
    vec![format!(
        "{}:1: a file begins with `//!` and one sentence: what it is for, then what it never does",
        file.path
    )]
}

fn is_not_too_long(file: &SourceFile) -> Vec<String> {
    let lines = file.text.lines().count();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines; split it, {LINES_MAX} are the most", file.path)]
}

fn is_finished(file: &SourceFile) -> Vec<String> {
    if file.path == THIS_FILE {
        return Vec::new();
    }
    let found = file.code_lines().flat_map(|(number, line)| {
        NEVER.iter().filter(move |word| line.contains(**word)).map(move |word| (number, word))
    });
    found.map(|(number, word)| format!("{}:{number}: `{word}…` is never committed", file.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)]))
    }

    #[test]
    fn a_mod_rs_is_refused() {
        assert_eq!(
            check_one("server/src/http/mod.rs", "//! Speaks HTTP."),
            ["server/src/http/mod.rs: modules are `name.rs` beside `name/`, never `mod.rs`"]
        );
    }

    #[test]
    fn a_file_without_its_sentence_is_refused() {
        assert_eq!(check_one("a.rs", "use std::fmt;").len(), 1);
        assert_eq!(check_one("a.rs", "").len(), 1);
    }

    #[test]
    fn an_attribute_may_stand_before_the_sentence() {
        assert_eq!(check_one("a.rs", "#![no_main]\n//! Feeds bytes to the guard.").len(), 0);
    }

    #[test]
    fn a_file_of_501_lines_is_refused() {
        let text = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));

        assert_eq!(check_one("a.rs", &text), ["a.rs: 501 lines; split it, 500 are the most"]);
    }

    #[test]
    fn unfinished_work_and_skipped_tests_are_refused() {
        assert_eq!(check_one("a.rs", "//! A.\ntodo!()\n#[ignore]\nunimplemented!()").len(), 3);
    }
}
