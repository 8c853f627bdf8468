//! The benchmarks: `campo-bench NAME [--smoke] [--json]`, run by `cargo xtask bench`. Never asserts a figure.

mod cold_start;
mod crowd;
mod device;
mod guard;
mod import;
mod lists;
mod live;
mod orders;
mod pdf;
mod phone;
mod process;
mod push;
mod raw_inserts;
mod reconcile;
mod report;
mod server;
mod simulation;
mod size;
mod stock;
mod thumbnails;
mod upload;

use std::process::ExitCode;

use report::Report;
use size::Size;

struct Arguments {
    name: String,
    size: Size,
    with_json: bool,
}

fn main() -> ExitCode {
    // The decoder is this program, as in production it is the server.
    if std::env::args().nth(1).is_some_and(|word| word == "image-worker") {
        return campo::evidence::image_worker::run();
    }
    if std::env::args().nth(1).as_deref() == Some(campo::documents::PRINT_VERB) {
        return campo::documents::serve_as_child().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    // Crowds of connections; the server that is started inherits it.
    campo::startup::allow_many_connections()
        .expect("a process may raise its limit up to what the system allows");
    let runtime = tokio::runtime::Runtime::new().expect("the machine has threads");
    if std::env::args().nth(1).as_deref() == Some(process::SERVE) {
        return runtime.block_on(process::serve());
    }
    runtime.block_on(bench())
}

async fn bench() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!(
            "usage: campo-bench reconcile|cold-start|push|live|guard|simulation|upload|thumbnails|pdf|crowd|lists|import [--smoke] [--json]"
        );
        return ExitCode::FAILURE;
    };
    let Some(report) = measure(&arguments.name, arguments.size).await else {
        eprintln!("no benchmark is called `{}`", arguments.name);
        return ExitCode::FAILURE;
    };
    match report.print(arguments.with_json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn measure(name: &str, size: Size) -> Option<Report> {
    match name {
        "reconcile" => Some(reconcile::run(size).await),
        "cold-start" => Some(cold_start::run(size).await),
        "push" => Some(push::run(size).await),
        "live" => Some(live::run(size).await),
        "import" => Some(import::run(size).await),
        "lists" => Some(lists::run(size).await),
        "guard" => Some(guard::run(size)),
        "pdf" => Some(pdf::run(size).await),
        "simulation" => Some(simulation::run(size)),
        "upload" => Some(upload::run(size).await),
        "crowd" => Some(crowd::run(size).await),
        "thumbnails" => Some(thumbnails::run(size).await),
        _ => None,
    }
}

fn arguments() -> Option<Arguments> {
    let mut arguments = Arguments { name: String::new(), size: Size::Full, with_json: false };
    for word in std::env::args().skip(1) {
        match word.as_str() {
            "--smoke" => arguments.size = Size::Smoke,
            "--json" => arguments.with_json = true,
            name if arguments.name.is_empty() && !name.starts_with('-') => {
                name.clone_into(&mut arguments.name)
            }
            _ => return None,
        }
    }
    (!arguments.name.is_empty()).then_some(arguments)
}
