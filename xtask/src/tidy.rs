//! `cargo xtask tidy`: the rules of the tree that no compiler holds. Never judges taste.

mod contract;
mod dependencies;
mod layers;
mod links;
mod manifests;
mod messages;
mod migrations;
mod settings;
mod shape;
mod tree;
mod waiting;

use std::fs;

use crate::failure::Failure;
use crate::workspace::Workspace;
use dependencies::DependencyGraph;
use tree::Tree;

#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Rewrites the list of promises that no test names
    #[arg(long)]
    bless: bool,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Failure> {
    let tree = Tree::read(workspace.root())?;
    if arguments.bless {
        let path = workspace.root().join(contract::UNCOVERED_LIST);
        return fs::write(&path, contract::uncovered_list(&tree))
            .map_err(|error| Failure::at_path(&path, &error));
    }
    let complaints = complaints(&tree, &DependencyGraph::of(&workspace.metadata()?));
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{} rules broken:\n{}", complaints.len(), complaints.join("\n"))))
}

/// Every broken rule, one sentence each, beginning with the place.
fn complaints(tree: &Tree, graph: &DependencyGraph) -> Vec<String> {
    let rules_of_the_tree = [
        contract::check,
        layers::check,
        links::check,
        manifests::check,
        messages::check,
        migrations::check,
        settings::check,
        shape::check,
        waiting::check,
    ];
    let mut complaints: Vec<String> = rules_of_the_tree.iter().flat_map(|rule| rule(tree)).collect();
    complaints.extend(dependencies::check(graph));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_tree_is_tidy() {
        let workspace = Workspace::of_this_source().expect("xtask is in a workspace");

        let outcome = run(&workspace, &Arguments::default());

        assert!(outcome.is_ok(), "{}", outcome.expect_err("is not ok"));
    }
}
