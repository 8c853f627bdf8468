//! What `campo` can be told to do, and its words for it. Never decides anything itself: each command calls the library.

mod backup;
mod demo;
mod doctor;
mod export;
mod import;
mod maintenance;
mod migrate;
mod password;
mod person;
mod proof;
mod serve;
mod setup;
mod token;
mod user;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use campo::accounts::Principal;
use campo::app::App;
use campo::clock::Clock;
use campo::config::{Config, LogFormat, Settings};
use campo::documents;
use campo::evidence::image_worker;
use campo::http::error::Problem;
use campo::messages::Language;
use campo::refusal::Refusal;
use campo::store::{Store, organizations};
use clap::{Parser, Subcommand};
use sync_core::ids::OrganizationId;
use tracing_subscriber::EnvFilter;

/// Campo: service orders that work offline.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Arguments {
    /// The TOML file of settings; environment variables go before it. CAMPO_CONFIG may name it too.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is told to stop.
    Serve {
        /// Print what it would serve with, where each setting comes from, secrets hidden, and end.
        #[arg(long)]
        print_config: bool,
    },
    /// Makes the first organization and its admin without a browser.
    Init(setup::Init),
    /// Serves a believable company to look at Campo with; only where there is no organization yet.
    Demo,
    /// People of an organization.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Tokens for other software.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Writes a whole list to a file.
    Export(export::Export),
    /// Takes records from a CSV file of other software. The same file again makes nothing new.
    Import(import::ImportArguments),
    /// What is kept of one person: for a request by LGPD or GDPR.
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Copies of everything, and the way back.
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// The schema of the database.
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    /// Looks whether everything a server needs is in order, and says what to do about what is not.
    Doctor,
    /// Makes heads, saved documents, lists and digests again from the raw changes. Stop every node before.
    RebuildProjections {
        /// Change nothing; fail with the first difference.
        #[arg(long)]
        check: bool,
    },
    /// Evidence about orders.
    #[command(subcommand)]
    Evidence(proof::EvidenceCommand),
    /// Checks an evidence file, without a server or a database, and names the line of everything that does not fit.
    Verify(proof::Verify),
    /// Checks the audit chain of every organization.
    VerifyAudit,
    /// Begins another epoch after a database was restored by other means than `backup restore`.
    BeginEpoch,
    /// Decodes one image for the server; no person calls it.
    #[command(hide = true)]
    ImageWorker,
    /// Renders the one document on standard input; the server starts this by itself.
    #[command(name = documents::PRINT_VERB, hide = true)]
    PrintDocument,
}

/// Why a command failed, as one sentence for whoever typed it.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

type Outcome = Result<(), Failed>;

/// Does what the arguments say.
pub fn run(arguments: Arguments) -> ExitCode {
    if matches!(arguments.command, Command::ImageWorker) {
        return image_worker::run();
    }
    if matches!(arguments.command, Command::PrintDocument) {
        return documents::serve_as_child().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let outcome = tokio::runtime::Runtime::new()
        .map_err(Failed::from)
        .and_then(|runtime| runtime.block_on(perform(arguments.command, arguments.config.as_deref())));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(sentence)) => {
            eprintln!("campo: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(command: Command, file: Option<&Path>) -> Outcome {
    if let Command::Verify(verify) = command {
        return proof::verify(&verify);
    }
    let variables: BTreeMap<String, String> = std::env::vars().collect();
    let settings = Settings::gather(file, variables)?;
    let config = Config::from_settings(&settings)?;
    start_log(&config);
    let _fail_points = fail::FailScenario::setup();
    match command {
        Command::Serve { print_config: true } => serve::print_config(&settings),
        Command::Serve { print_config: false } => serve::serve(config).await,
        Command::Demo => demo::demo(config).await,
        Command::Init(init) => setup::init(config, init).await,
        Command::User(command) => user::run(config, command).await,
        Command::Token(command) => token::run(config, command).await,
        Command::Export(export) => export::export(config, export).await,
        Command::Import(arguments) => import::import(config, arguments).await,
        Command::Person(command) => person::run(config, command).await,
        Command::Backup(command) => backup::run(config, command).await,
        Command::Migrate(migrate::MigrateCommand::Status) => migrate::status(&config).await,
        Command::Doctor => doctor::doctor(config).await,
        Command::RebuildProjections { check } => maintenance::rebuild_projections(&config, check).await,
        Command::BeginEpoch => maintenance::begin_epoch(&config).await,
        Command::Evidence(command) => proof::export(config, command).await,
        Command::VerifyAudit => proof::verify_audit(&config).await,
        Command::Verify(_) | Command::ImageWorker | Command::PrintDocument => Ok(()),
    }
}

/// Logs go to standard error; standard output carries what people and programs wait for.
fn start_log(config: &Config) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log_filter))
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

async fn open(config: Config) -> Result<Arc<App>, Failed> {
    let store = Store::open(&config.database).await?;
    Ok(App::open(config, Clock::system(), store).await?)
}

/// The operator of the installation, in the organization that is meant: the only one, or the named one.
async fn operator(app: &App, meant: Option<&str>) -> Result<Principal, Failed> {
    let mut found = Vec::new();
    for id in organizations::all(&app.store).await? {
        let mut tx = app.store.begin_read(id).await?;
        let name = organizations::get(&mut tx).await?.map(|row| row.name).unwrap_or_default();
        tx.commit().await?;
        found.push((id, name));
    }
    let fits = |(id, name): &&(OrganizationId, String)| {
        meant.is_none_or(|meant| id.to_string() == meant || name.eq_ignore_ascii_case(meant))
    };
    let fitting: Vec<_> = found.iter().filter(fits).collect();
    match (fitting.as_slice(), found.is_empty()) {
        ([(id, _)], _) => Ok(Principal::operator(*id, Language::English)),
        (_, true) => Err(Failed::new("there is no organization yet: `campo init` makes one")),
        (several, false) => {
            let named =
                found.iter().map(|(id, name)| format!("{name} ({id})")).collect::<Vec<_>>().join(", ");
            let what =
                if several.is_empty() { "no organization is called that" } else { "say which organization" };
            Err(Failed::new(format!("{what}: --organization with one of {named}")))
        }
    }
}

/// A refusal as the interface would word it, or its cause when it is a fault.
fn worded(refusal: Refusal) -> Failed {
    let problem = Problem::from(refusal);
    Failed(problem.cause().map_or_else(|| problem.detail(Language::English), str::to_owned))
}

fn read_language(text: &str) -> Result<Language, String> {
    Language::from_name(text).ok_or_else(|| "en, pt-BR, es or ro".to_owned())
}
