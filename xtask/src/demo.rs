//! `cargo xtask demo`: builds the server and the demo and runs the demo. Never seeds a database that exists.

use std::process::Command;

use crate::failure::Failure;
use crate::steps::{Steps, run_program};
use crate::workspace::Workspace;

#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Ends after the story instead of leaving the server running
    #[arg(long)]
    pub once: bool,
}

pub fn run(workspace: &Workspace, steps: &mut Steps, arguments: &Arguments) -> Result<(), Failure> {
    steps.take_program(
        "build the server and the demo",
        &mut workspace.cargo(&["build", "--workspace", "--bin", "campo", "--bin", "campo-demo"]),
    )?;
    let mut demo = Command::new(workspace.built_binary("debug", "campo-demo")?);
    demo.current_dir(workspace.root());
    if arguments.once {
        demo.arg("--once");
        return steps.take_program("demo", &mut demo);
    }
    run_program(&mut demo)
}
