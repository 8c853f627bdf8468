//! Every setting of the server stands in the readme, and the readme names no other. Never judges a default.

use std::collections::BTreeSet;

use super::tree::Tree;

const CONFIG: &str = "server/src/config.rs";
const README: &str = "README.md";
const LIST: &str = "const SETTINGS: &[&str] = &[";

pub fn check(tree: &Tree) -> Vec<String> {
    let (Some(config), Some(readme)) = (tree.file(CONFIG), tree.file(README)) else { return Vec::new() };
    let known = settings_in(&config.text);
    let documented: BTreeSet<&str> = readme.text.lines().filter_map(documented_setting).collect();
    let missing =
        known.difference(&documented).map(|name| format!("{README}: does not explain the setting {name}"));
    let foreign =
        documented.difference(&known).map(|name| format!("{README}: {name} is not a setting in {CONFIG}"));
    missing.chain(foreign).collect()
}

fn settings_in(config: &str) -> BTreeSet<&str> {
    let list = config.split_once(LIST).and_then(|(_, rest)| rest.split_once(']')).map(|(list, _)| list);
    list.into_iter().flat_map(|list| list.split('"')).filter(|word| word.starts_with("CAMPO_")).collect()
}

/// The name in a row of the table: "| `CAMPO_DATA` | …".
fn documented_setting(line: &str) -> Option<&str> {
    let name = line.strip_prefix("| `")?.split('`').next()?;
    name.starts_with("CAMPO_").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_their_table_are_the_same() {
        let config =
            "const SETTINGS: &[&str] = &[\n    \"CAMPO_DATA\",\n    \"CAMPO_LOG\",\n];\n\"CAMPO_TYPO\"";
        let readme = "| variable | means |\n| `CAMPO_DATA` | files |\n| `CAMPO_PORT` | port |";

        let complaints = check(&Tree::of(&[(CONFIG, config), (README, readme)]));

        assert_eq!(
            complaints,
            [
                "README.md: does not explain the setting CAMPO_LOG",
                "README.md: CAMPO_PORT is not a setting in server/src/config.rs"
            ]
        );
    }
}
