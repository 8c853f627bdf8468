//! `campo-demo`: a believable company and its day without network, against the real server. Never touches existing data.

mod phone;
mod server_process;
mod story;
mod telling;

use std::process::ExitCode;

use clap::Parser;

use campo_demo_company::failed::Failed;
use campo_demo_company::seed::Company;
use campo_demo_company::{clock, seed};
use server_process::ServerProcess;

/// Starts a server on a fresh data directory, fills it with a company and plays a day in which the network is cut.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Ends after the story instead of leaving the server running
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the reason the demo failed is its last line")]
fn fail(error: &Failed) -> ExitCode {
    eprintln!("\ncampo-demo failed:\n{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let data = tempfile::tempdir().map_err(|error| Failed::during("making a data directory", &error))?;
    telling::chapter("Campo: a company, its server and a day with bad reception");
    let server = ServerProcess::start(data.path()).await?;
    telling::event("Server", format!("campo serve, SQLite, empty data directory, {}", server.url));
    let company = seed::seed(&server.url, &server.setup_token, clock::now()).await?;
    tell_company(&company);
    story::play(&server, &company, &data.path().join("phones")).await?;
    if !arguments.once {
        stay(&server, &company).await?;
    }
    server.stop().await
}

fn tell_company(company: &Company) {
    let Company { name, technicians, customers, materials, services, orders_by_state, .. } = company;
    telling::event(
        "Set-up",
        format!("{name}, Curitiba: one admin, one dispatcher, {} technicians,", technicians.len()),
    );
    let orders: usize = orders_by_state.values().sum();
    let items = materials.len() + services.len();
    telling::detail(format!(
        "{} customers, {items} catalogue items, {orders} orders in {} states.",
        customers.len(),
        orders_by_state.len()
    ));
}

/// Leaves the server running until somebody ends it from the keyboard.
async fn stay(server: &ServerProcess, company: &Company) -> Result<(), Failed> {
    telling::chapter("The server stays; Ctrl-C ends it and removes its data");
    telling::say(&format!("  {}    password for everybody: {}", server.url, seed::PASSWORD));
    let (name, email) = seed::ADMIN;
    telling::say(&format!("  {email:<28} {name}, admin"));
    telling::say(&format!("  {:<28} {}, dispatcher", company.dispatcher.email, company.dispatcher.name));
    for technician in &company.technicians {
        telling::say(&format!("  {:<28} {}, technician", technician.email, technician.name));
    }
    tokio::signal::ctrl_c().await.map_err(|error| Failed::during("waiting for Ctrl-C", &error))
}
