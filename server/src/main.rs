//! The command `campo`. Reads the environment and the arguments; everything else is in the library.

mod proof_commands;

use std::path::PathBuf;
use std::process::ExitCode;

use campo::clock::Clock;
use campo::config::{Config, LogFormat};
use campo::documents;
use campo::evidence::image_worker;
use campo::projection::rebuild::{RebuildMode, rebuild_all};
use campo::proof::export_evidence::Photos;
use campo::startup::{Application, StartError, set_up_link};
use campo::store::{Store, exchange_state};
use clap::{Parser, Subcommand};
use sync_core::ids::{BlobHash, OrderId};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Campo: service orders that work offline.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is told to stop. Settings are environment variables: CAMPO_DATA, CAMPO_LISTEN, DATABASE_URL.
    Serve,
    /// Makes heads, saved documents, lists and digests again from the raw changes. Stop every node before.
    RebuildProjections {
        /// Change nothing; fail with the first difference.
        #[arg(long)]
        check: bool,
    },
    /// Decodes one image for the server; no person calls it.
    #[command(hide = true)]
    ImageWorker,
    /// Evidence about orders.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Checks an evidence file, without a server or a database, and names the line of everything that does not fit.
    Verify {
        /// The file.
        file: PathBuf,
        /// The key the file has to be signed with, as the server's operator tells it; any key when absent.
        #[arg(long)]
        key: Option<BlobHash>,
    },
    /// Checks the audit chain of every organization.
    VerifyAudit,
    /// Begins another epoch after a backup was restored and before serving it: devices offer again what they hold.
    BeginEpoch,
    /// Renders the one document on standard input; the server starts this by itself.
    #[command(name = documents::PRINT_VERB, hide = true)]
    PrintDocument,
}

#[derive(Subcommand)]
enum EvidenceCommand {
    /// Writes the evidence file of an order, for `campo verify`.
    Export {
        /// The order's id.
        order: OrderId,
        /// Where to write; standard output when absent.
        #[arg(long)]
        out: Option<PathBuf>,
        /// With the bytes of photos and papers, not their hashes alone.
        #[arg(long)]
        with_photos: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::ImageWorker) {
        return image_worker::run();
    }
    if matches!(arguments.command, Command::PrintDocument) {
        return documents::serve_as_child().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => fail(&error.to_string()),
    }
}

async fn run(arguments: Arguments) -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    start_log(config.log_format);
    let _fail_points = fail::FailScenario::setup();
    let outcome = match arguments.command {
        Command::Serve => serve(config).await.map_err(|error| error.to_string()),
        Command::RebuildProjections { check } => rebuild_projections(&config, check).await,
        Command::BeginEpoch => begin_epoch(&config).await,
        Command::ImageWorker | Command::PrintDocument => return ExitCode::FAILURE,
        Command::Evidence(EvidenceCommand::Export { order, out, with_photos }) => {
            let photos = if with_photos { Photos::Whole } else { Photos::ByName };
            proof_commands::export(config, order, photos, out.as_deref()).await
        }
        Command::Verify { file, key } => proof_commands::verify(&file, key),
        Command::VerifyAudit => proof_commands::verify_audit(&config).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => fail(&reason),
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("campo: {reason}");
    ExitCode::FAILURE
}

/// Logs go to standard error; standard output carries what people and programs wait for.
fn start_log(format: LogFormat) {
    let filter = std::env::var("CAMPO_LOG").unwrap_or_else(|_| "info,sqlx=warn".to_owned());
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

#[expect(clippy::print_stdout, reason = "the address and the set-up link are the command's output")]
async fn serve(config: Config) -> Result<(), StartError> {
    let application = Application::build(config, Clock::system())?;
    let address = application.address();
    let (opened, stopper) = (application.opened(), application.stopper());
    println!("listening on http://{address}");
    tokio::spawn(async move {
        wait_for_signal().await;
        stopper.stop().await;
    });
    tokio::spawn(async move {
        let Some(app) = opened.wait().await else { return };
        match set_up_link(&app, address).await {
            Ok(Some(link)) => println!("set up your organization: {link}"),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the set-up link could not be made"),
        }
        println!("ready");
    });
    application.run().await
}

#[expect(clippy::print_stdout, reason = "what was gone through is the command's output")]
async fn rebuild_projections(config: &Config, check: bool) -> Result<(), String> {
    let store = Store::open(&config.database).await.map_err(|error| error.to_string())?;
    let mode = if check { RebuildMode::Check } else { RebuildMode::Write };
    let report = rebuild_all(&store, mode).await.map_err(|error| error.to_string())?;
    match report.difference {
        Some(difference) => Err(difference.to_string()),
        None => {
            println!("{} orders follow from their changes", report.order_count);
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "the epoch is the command's output")]
async fn begin_epoch(config: &Config) -> Result<(), String> {
    let store = Store::open(&config.database).await.map_err(|error| error.to_string())?;
    let epoch = exchange_state::begin_epoch(&store, Clock::system().now()).await;
    println!("epoch {}", epoch.map_err(|error| error.to_string())?);
    Ok(())
}

async fn wait_for_signal() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
