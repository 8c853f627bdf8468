//! The one command: demo, test, ci and their parts. Never does what a step of it does not print.

mod bench;
mod check;
mod ci;
mod demo;
mod failure;
mod new;
mod postgres;
mod schemathesis;
mod steps;
mod test;
mod tidy;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Campo's one command
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Builds Campo, seeds an organization, plays an offline day and leaves the server running
    Demo(demo::Arguments),
    /// Passes every test, installing PostgreSQL first where that is possible
    Test(test::Arguments),
    /// What continuous integration runs: check, test, demo, bench
    Ci,
    /// Formatting, lints and the rules of the tree
    Check,
    /// The rules of the tree alone
    Tidy(tidy::Arguments),
    /// Runs benchmarks; without a name lists them
    Bench(bench::Arguments),
    /// Lets schemathesis try the described interface on both databases; needs Python and PyPI
    Schemathesis(schemathesis::Arguments),
    /// Compares the core as WebAssembly with the core as native code; needs rustup and Node.js
    Wasm,
    /// Creates the files of something that comes with a number
    #[command(subcommand)]
    New(new::What),
}

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<(), Failure> {
    let workspace = Workspace::of_this_source()?;
    let mut steps = Steps::default();
    match verb {
        Verb::Demo(arguments) => demo::run(&workspace, &mut steps, &arguments),
        Verb::Test(arguments) => test::run(&workspace, &mut steps, &arguments),
        Verb::Ci => ci::run(&workspace.with_shared_target_directory(), &mut steps),
        Verb::Check => check::run(&workspace, &mut steps),
        Verb::Tidy(arguments) => tidy::run(&workspace, &arguments),
        Verb::Bench(arguments) => bench::run(&workspace, &mut steps, &arguments),
        Verb::Schemathesis(arguments) => schemathesis::run(&workspace, &mut steps, &arguments),
        Verb::Wasm => wasm::run(&workspace, &mut steps),
        Verb::New(what) => new::run(&workspace, &what),
    }
}
