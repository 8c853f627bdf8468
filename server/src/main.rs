//! The program `campo`. Reads the arguments; `commands` does the rest.

mod commands;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    commands::run(commands::Arguments::parse())
}
