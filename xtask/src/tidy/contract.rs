//! Every promise of the contract is named by a test or stands on the committed list. Never runs the tests.

use std::collections::BTreeSet;

use super::tree::{SourceFile, Tree};

const CONTRACT: &str = "docs/contract.md";
pub const UNCOVERED_LIST: &str = "docs/contract-uncovered.txt";
const MARK: &str = "// covers:";
/// The letters of the promises: faults A to F, regressions R, tests to absorb T.
const LETTERS: &str = "ABCDEFRT";

pub fn check(tree: &Tree) -> Vec<String> {
    let promised = promised_ids(tree);
    let known: BTreeSet<&str> = promised.iter().copied().collect();
    let mut complaints: Vec<String> = Vec::new();
    for file in covering_files(tree) {
        let unknown = covered_ids(file).into_iter().filter(|id| !known.contains(id));
        complaints.extend(
            unknown.map(|id| format!("{}: covers {id}, which {CONTRACT} does not promise", file.path)),
        );
    }
    let committed = tree.file(UNCOVERED_LIST).map(|file| file.text.as_str()).unwrap_or_default();
    let actual = uncovered_list(tree);
    complaints.extend(difference(committed, &actual, "is covered and still on the list"));
    complaints.extend(difference(&actual, committed, "is covered by no test and not on the list"));
    complaints
}

/// One line for each promise that no test names, in the order of the contract.
pub fn uncovered_list(tree: &Tree) -> String {
    let covered: BTreeSet<&str> = covering_files(tree).flat_map(covered_ids).collect();
    let uncovered = promised_ids(tree).into_iter().filter(|id| !covered.contains(id));
    uncovered.map(|id| format!("{id}\n")).collect()
}

fn difference(left: &str, right: &str, sentence: &str) -> Vec<String> {
    let right: BTreeSet<&str> = right.lines().collect();
    let only_left = left.lines().filter(|id| !right.contains(id));
    only_left.map(|id| format!("{UNCOVERED_LIST}: {id} {sentence}; run `cargo xtask tidy --bless`")).collect()
}

fn promised_ids(tree: &Tree) -> Vec<&str> {
    let rows = tree.file(CONTRACT).map(|file| file.text.lines()).into_iter().flatten();
    rows.filter_map(|row| Some(row.strip_prefix("| ")?.split_once(" |")?.0))
        .filter(|cell| is_id(cell))
        .collect()
}

/// The rules of this command speak of marks without making any.
fn covering_files(tree: &Tree) -> impl Iterator<Item = &SourceFile> {
    let source = |file: &&SourceFile| [".rs", ".ts"].iter().any(|ending| file.path.ends_with(ending));
    tree.files.iter().filter(source).filter(|file| !file.path.starts_with("xtask/"))
}

fn covered_ids(file: &SourceFile) -> Vec<&str> {
    let marks = file.text.lines().filter_map(|line| line.trim().strip_prefix(MARK));
    marks.flat_map(|ids| ids.split([',', ' '])).filter(|id| is_id(id)).collect()
}

fn is_id(cell: &str) -> bool {
    let mut letters = cell.chars();
    letters.next().is_some_and(|letter| LETTERS.contains(letter))
        && cell.len() > 1
        && letters.all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_PROMISES: &str = "| id | fault |\n|---|---|\n| A1 | killed |\n| B4 | reordered |\n";

    #[test]
    fn a_promise_without_a_test_has_to_be_on_the_list() {
        let tree = Tree::of(&[
            (CONTRACT, TWO_PROMISES),
            ("tests/kill.rs", "    // covers: A1\n    #[test]"),
            (UNCOVERED_LIST, ""),
        ]);

        assert_eq!(
            check(&tree),
            [
                "docs/contract-uncovered.txt: B4 is covered by no test and not on the list; run `cargo xtask tidy \
              --bless`"
            ]
        );
    }

    #[test]
    fn a_covered_promise_leaves_the_list() {
        let tree = Tree::of(&[
            (CONTRACT, TWO_PROMISES),
            ("tests/kill.rs", "// covers: A1, B4"),
            (UNCOVERED_LIST, "B4\n"),
        ]);

        assert_eq!(check(&tree).len(), 1);
    }

    #[test]
    fn a_test_cannot_cover_what_was_not_promised() {
        let tree = Tree::of(&[
            (CONTRACT, TWO_PROMISES),
            ("tests/kill.rs", "// covers: A1 B4 C9"),
            (UNCOVERED_LIST, ""),
        ]);

        assert_eq!(check(&tree), ["tests/kill.rs: covers C9, which docs/contract.md does not promise"]);
    }

    #[test]
    fn the_list_keeps_the_order_of_the_contract() {
        assert_eq!(uncovered_list(&Tree::of(&[(CONTRACT, TWO_PROMISES)])), "A1\nB4\n");
    }
}
