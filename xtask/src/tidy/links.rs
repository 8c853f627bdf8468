//! Links between our documents lead somewhere. Never follows one to another site.

use std::path::{Component, Path, PathBuf};

use super::tree::{SourceFile, Tree};

pub fn check(tree: &Tree) -> Vec<String> {
    tree.with_extension("md").flat_map(|page| dead_links(tree, page)).collect()
}

fn dead_links(tree: &Tree, page: &SourceFile) -> Vec<String> {
    let dead = links(&page.text).filter(|link| !exists(tree, &target(page, link)));
    dead.map(|link| format!("{}: the link to {link} leads nowhere", page.path)).collect()
}

/// The targets of `[text](target)` that are files of ours, without the place inside the file.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets =
        text.match_indices("](").filter_map(|(at, opening)| text[at + opening.len()..].split(')').next());
    let ours = targets.filter(|target| !target.contains("://") && !target.starts_with(['#', '<']));
    ours.map(|target| target.split('#').next().unwrap_or(target))
}

fn target(page: &SourceFile, link: &str) -> PathBuf {
    let mut path = Path::new(&page.path).parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    path
}

/// A file of the tree or a directory that holds one; the licenses have no extension and are not in the tree.
fn exists(tree: &Tree, path: &Path) -> bool {
    path.extension().is_none() && path.to_string_lossy().starts_with("LICENSE-")
        || tree.files.iter().any(|file| Path::new(&file.path).starts_with(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_missing_page_is_refused() {
        let tree =
            Tree::of(&[("docs/a.md", "see [b](b.md), [c](../c.md#place) and [d](decisions)"), ("c.md", "")]);

        assert_eq!(
            check(&tree),
            ["docs/a.md: the link to b.md leads nowhere", "docs/a.md: the link to decisions leads nowhere"]
        );
    }

    #[test]
    fn links_to_pages_folders_places_and_other_sites_are_welcome() {
        let page =
            "[a](a.md#top) [d](docs/decisions) [site](https://example.org/x) [here](#below) [l](LICENSE-MIT)";
        let tree = Tree::of(&[("a.md", page), ("docs/decisions/0001-b.md", "")]);

        assert_eq!(check(&tree).len(), 0);
    }
}
