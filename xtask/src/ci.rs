//! `cargo xtask ci`: what continuous integration runs, and nothing else. Never skips a step.

use crate::bench;
use crate::check;
use crate::demo;
use crate::failure::Failure;
use crate::steps::Steps;
use crate::test;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    check::run(workspace, steps)?;
    test::run(workspace, steps, &test::Arguments::default())?;
    demo::run(workspace, steps, &demo::Arguments { once: true })?;
    bench::run(workspace, steps, &bench::Arguments::smoke())?;
    steps.print_summary();
    Ok(())
}
