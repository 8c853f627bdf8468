//! Versions are pinned once, in the root manifest. Never judges which version.

use super::tree::{SourceFile, Tree};

/// A workspace of its own, so it cannot inherit versions from ours.
const APART: &str = "tests/fuzz/";

pub fn check(tree: &Tree) -> Vec<String> {
    let members =
        tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with(APART));
    let mut complaints: Vec<String> = members.flat_map(own_versions).collect();
    complaints.extend(tree.file("Cargo.toml").into_iter().flat_map(inexact_crdt_pins));
    complaints
}

fn own_versions(manifest: &SourceFile) -> Vec<String> {
    let mut in_dependencies = false;
    let mut complaints = Vec::new();
    for (index, line) in manifest.text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            in_dependencies = line.trim_end_matches(']').ends_with("dependencies");
        } else if in_dependencies && line.contains('=') && !line.starts_with('#') && !is_inherited(line) {
            complaints.push(format!(
                "{}:{}: say `workspace = true`; versions live in the root manifest",
                manifest.path,
                index + 1
            ));
        }
    }
    complaints
}

fn is_inherited(line: &str) -> bool {
    line.contains("workspace = true") || line.contains(".workspace=true")
}

/// An upgrade of the CRDT is a reviewed change (docs/decisions/0002).
fn inexact_crdt_pins(manifest: &SourceFile) -> Vec<String> {
    let inexact = |name: &&str| !manifest.text.lines().any(|line| line.starts_with(&format!("{name} = \"=")));
    let complaint = |name| format!("Cargo.toml: `{name}` is pinned exactly, as in `{name} = \"=1.2.3\"`");
    ["automerge", "hexane"]
        .iter()
        .filter(|name| manifest.text.contains(&format!("\n{name} = ")) && inexact(name))
        .map(complaint)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_in_a_member_is_refused() {
        let manifest = "[package]\nversion = \"1\"\n[dependencies]\nserde.workspace = true\nuuid = \"1\"\n\
                        [dev-dependencies]\nproptest = { version = \"1\" }\n[lints]\nworkspace = true";

        let complaints = check(&Tree::of(&[("server/Cargo.toml", manifest)]));

        assert_eq!(
            complaints,
            [
                "server/Cargo.toml:5: say `workspace = true`; versions live in the root manifest",
                "server/Cargo.toml:7: say `workspace = true`; versions live in the root manifest"
            ]
        );
    }

    #[test]
    fn a_loose_version_of_the_crdt_is_refused() {
        let complaints =
            check(&Tree::of(&[("Cargo.toml", "[workspace.dependencies]\nautomerge = \"0.12\"")]));

        assert_eq!(complaints, ["Cargo.toml: `automerge` is pinned exactly, as in `automerge = \"=1.2.3\"`"]);
    }
}
