//! `cargo xtask test`: passes every test. Never skips one because something is not installed.

use crate::failure::Failure;
use crate::postgres;
use crate::steps::Steps;
use crate::workspace::Workspace;

#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Runs only the tests whose name contains this
    filter: Option<String>,
}

pub fn run(workspace: &Workspace, steps: &mut Steps, arguments: &Arguments) -> Result<(), Failure> {
    steps.take("PostgreSQL is installed", postgres::ensure_installed)?;
    // The fault tests start these binaries. Selecting the workspace keeps the dependencies' features, and with them
    // what is already compiled, the same as for the tests.
    steps.take_program(
        "build the server and the phone with fail points",
        &mut workspace.cargo(&[
            "build",
            "--workspace",
            "--bin=campo",
            "--bin=campo-phone",
            "--features=campo/fail-points,mobile-ffi/fail-points",
        ]),
    )?;
    let mut tests = workspace.cargo(&["test", "--workspace"]);
    tests.args(&arguments.filter);
    steps.take_program("tests", &mut tests)
}
