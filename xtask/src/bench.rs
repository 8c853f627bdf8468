//! `cargo xtask bench`: runs benchmarks by name. Never reports a figure that was not measured in this run.

use std::process::Command;

use crate::failure::Failure;
use crate::postgres;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The binary that holds every benchmark, in `tests/bench`.
const BINARY: &str = "campo-bench";
const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "reconcile",
        measures: "a phone comes back: our exchange against the stock Automerge protocol",
    },
    Benchmark { name: "cold-start", measures: "the first synchronization of an empty phone" },
    Benchmark {
        name: "push",
        measures: "pushes of many devices at once against raw inserts, on both databases",
    },
    Benchmark { name: "live", measures: "from one device's push until another one has it" },
    Benchmark { name: "guard", measures: "what the ingest guard costs for honest and for hostile changes" },
    Benchmark { name: "simulation", measures: "how many simulated worlds a second the fleet lives through" },
    Benchmark { name: "upload", measures: "how fast a photo gets in against a plain write with fsync" },
    Benchmark { name: "thumbnails", measures: "how fast photos become pictures against the decoder alone" },
    Benchmark { name: "crowd", measures: "how good clients fare among idle, slow and guessing ones" },
    Benchmark { name: "import", measures: "files of 100,000 rows, and what others wait meanwhile" },
    Benchmark { name: "pdf", measures: "pages of service orders, in this process and in a child" },
    Benchmark {
        name: "lists",
        measures: "lists of 100,000 orders: every filter with every sort, and the server's memory",
    },
];

#[derive(Debug)]
struct Benchmark {
    name: &'static str,
    measures: &'static str,
}

#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Runs only this benchmark; without a name all run, which takes an hour
    name: Option<String>,
    /// Ends with one line of JSON: {"name": …, "runs": […]}
    #[arg(long)]
    json: bool,
    /// Runs every benchmark with tiny sizes in the dev profile, only to see that it still works
    #[arg(long)]
    smoke: bool,
}

impl Arguments {
    pub fn smoke() -> Self {
        Self { smoke: true, ..Self::default() }
    }
}

pub fn run(workspace: &Workspace, steps: &mut Steps, arguments: &Arguments) -> Result<(), Failure> {
    let chosen = chosen(arguments)?;
    postgres::ensure_installed()?;
    let mut build = workspace.cargo(&["build", "--workspace", "--bin", BINARY]);
    build.args((!arguments.smoke).then_some("--release"));
    steps.take_program("build the benchmarks", &mut build)?;

    let profile = if arguments.smoke { "debug" } else { "release" };
    let binary = workspace.built_binary(profile, BINARY)?;
    for benchmark in chosen {
        let mut program = Command::new(&binary);
        program.arg(benchmark.name).args(arguments.smoke.then_some("--smoke"));
        program.args(arguments.json.then_some("--json"));
        let Benchmark { name, measures } = benchmark;
        steps.take_program(&format!("bench {name}: {measures}"), &mut program)?;
    }
    Ok(())
}

/// The named benchmark, or all of them.
fn chosen(arguments: &Arguments) -> Result<Vec<&'static Benchmark>, Failure> {
    let Some(name) = &arguments.name else {
        return Ok(BENCHMARKS.iter().collect());
    };
    let found = BENCHMARKS.iter().find(|benchmark| benchmark.name == name);
    found.map(|benchmark| vec![benchmark]).ok_or_else(|| {
        let known: Vec<_> = BENCHMARKS.iter().map(|benchmark| benchmark.name).collect();
        Failure::new(format!("no benchmark is called `{name}`; there are {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_chooses_one_benchmark() {
        let arguments = Arguments { name: Some("push".to_owned()), ..Arguments::default() };

        let chosen = chosen(&arguments).expect("push is registered");

        assert_eq!(chosen.iter().map(|benchmark| benchmark.name).collect::<Vec<_>>(), ["push"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let arguments = Arguments { name: Some("fast".to_owned()), ..Arguments::default() };

        let failure = chosen(&arguments).expect_err("nothing is called fast");

        assert_eq!(
            failure.to_string(),
            "no benchmark is called `fast`; there are reconcile, cold-start, push, live, guard, simulation, upload, thumbnails, crowd, import, pdf, lists"
        );
    }

    #[test]
    fn without_a_name_none_is_left_out() {
        for arguments in [Arguments::smoke(), Arguments::default()] {
            assert_eq!(chosen(&arguments).expect("needs no name").len(), BENCHMARKS.len());
        }
    }
}
