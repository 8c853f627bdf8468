//! `cargo xtask wasm`: the core gives the same snapshot hashes as WebAssembly and as native code. Not a step of `ci`: it
//! downloads a target of the compiler and needs Node.js.

use std::process::Command;

use crate::failure::Failure;
use crate::steps::Steps;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-wasip1";
const EXAMPLE: &str = "snapshot_hashes";
const RUNNER: &str = include_str!("wasm/run.mjs");

pub fn run(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    let build = ["build", "--package", "sync-core", "--example", EXAMPLE];
    steps.take_program("install the target", Command::new("rustup").args(["target", "add", TARGET]))?;
    steps.take_program("build native", &mut workspace.cargo(&build))?;
    let for_wasm = [build.as_slice(), &["--target", TARGET]].concat();
    steps.take_program("build WebAssembly", &mut workspace.cargo(&for_wasm))?;
    steps.take("compare", || {
        let examples = format!("{TARGET}/debug/examples");
        let program = workspace.built_binary(&examples, &format!("{EXAMPLE}.wasm"))?;
        let mut node = Command::new("node");
        node.args(["--no-warnings", "--input-type=module", "--eval", RUNNER]).arg(program);
        let as_wasm = said_by(&mut node)?;
        let native = said_by(&mut Command::new(workspace.built_binary("debug/examples", EXAMPLE)?))?;
        if as_wasm != native {
            return Err(Failure::new(format!("WebAssembly says {as_wasm}, native code {native}")));
        }
        eprintln!("both: {native}");
        Ok(())
    })
}

fn said_by(program: &mut Command) -> Result<String, Failure> {
    let name = program.get_program().to_string_lossy().into_owned();
    let output =
        program.output().map_err(|error| Failure::new(format!("`{name}` does not start: {error}")))?;
    if !output.status.success() || output.stdout.is_empty() {
        return Err(Failure::new(format!("`{name}`: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
