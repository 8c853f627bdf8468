//! `cargo xtask check`: formatting, lints and the rules of the tree. Never changes a file.

use crate::failure::Failure;
use crate::steps::Steps;
use crate::tidy;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    steps.take_program("fmt", &mut workspace.cargo(&["fmt", "--all", "--check"]))?;
    steps.take("tidy", || tidy::run(workspace, &tidy::Arguments::default()))?;
    steps.take_program(
        "clippy",
        &mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    )
}
