//! The program `campo`. Reads the arguments; `commands` does the rest.

mod commands;

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

/// Many threads allocate without waiting for each other, and what a burst took goes back to the system.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    commands::run(commands::Arguments::parse())
}
