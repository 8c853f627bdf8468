//! Lets schemathesis try the described interface on a node of each database, as other software with a token and as a person
//! with a session; run by `cargo xtask schemathesis`. Never knows what a request means.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, ExitCode};

use campo::accounts::{self, NewApiToken, Principal, Scope, SetUp};
use campo::app::App;
use campo::clock::Clock;
use campo::config::Config;
use campo::messages::Language;
use campo::startup::Application;
use harness::databases::{TestDatabase, each_database};
use serde_json::json;
use sync_core::workflow::Role;

/// `campo-schemathesis PROGRAM [ARGUMENTS FOR IT]`
fn main() -> ExitCode {
    // The decoder and the printer are this program, as in production they are the server.
    if std::env::args().nth(1).is_some_and(|word| word == "image-worker") {
        return campo::evidence::image_worker::run();
    }
    if std::env::args().nth(1).as_deref() == Some(campo::documents::PRINT_VERB) {
        return campo::documents::serve_as_child().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Runtime::new().expect("the machine has threads");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((program, arguments)) = arguments.split_first() else {
        eprintln!("usage: campo-schemathesis PROGRAM [ARGUMENTS FOR IT]");
        return ExitCode::FAILURE;
    };
    for caller in [CallerKind::Token, CallerKind::Session] {
        for database in each_database() {
            eprintln!("{:?}, by {caller:?}", database.kind());
            if !runtime.block_on(try_interface(&database, caller, program, arguments)) {
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// As whom the program calls.
#[derive(Debug, Clone, Copy)]
enum CallerKind {
    /// Other software, which some operations refuse.
    Token,
    /// A person, whose session must not be ended by a try.
    Session,
}

/// Whether the program found nothing.
async fn try_interface(
    database: &TestDatabase,
    caller: CallerKind,
    program: &str,
    arguments: &[String],
) -> bool {
    let application =
        Application::build(config(database), Clock::system()).expect("loopback has a free port");
    let (address, stopper, opened) = (application.address(), application.stopper(), application.opened());
    let serving = tokio::spawn(application.run());
    let app = opened.wait().await.expect("the database can be opened");
    let token = make_token(&app, caller).await;
    let mut program = Command::new(program);
    program.args(arguments);
    if let CallerKind::Session = caller {
        program.args(ENDS_A_SESSION.iter().map(|id| format!("--exclude-operation-id={id}")));
    }
    program.arg(format!("--header=Authorization: Bearer {token}"));
    program.arg(format!("http://{address}/v1/openapi.json"));
    let status = tokio::task::spawn_blocking(move || program.status()).await.expect("waiting does not panic");
    stopper.stop().await;
    let stopped = serving.await;
    status.is_ok_and(|status| status.success()) && stopped.is_ok()
}

fn config(database: &TestDatabase) -> Config {
    let variables = [
        ("CAMPO_LISTEN", SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string()),
        ("CAMPO_SIGN_INS_PER_MINUTE", "100000".to_owned()),
        ("CAMPO_REQUESTS_PER_MINUTE", "0".to_owned()),
        ("CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS", "0".to_owned()),
        ("CAMPO_DATA", database.directory().to_string_lossy().into_owned()),
        ("DATABASE_URL", database.url().to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    Config::from_variables(variables.into()).expect("these are settings")
}

/// What may end the session that is tried with, or the person it is of.
const ENDS_A_SESSION: &[&str] = &["signOut", "updateUser", "eraseUser", "revokeDevice", "choosePassword"];

/// The access of an admin, who may do everything.
async fn make_token(app: &App, caller: CallerKind) -> String {
    let token = accounts::offer_set_up(app).await.expect("the database answers").expect("it is empty");
    let set_up: SetUp = serde_json::from_value(json!({
        "token": token,
        "organization": { "name": "Boa Vista", "currency": "BRL", "zone": "America/Sao_Paulo", "language": "pt-BR" },
        "admin": { "email": "ana@example.com", "name": "Ana", "password": "correct horse battery" },
    }))
    .expect("this is a set-up");
    let done = accounts::set_up(app, set_up).await.expect("an organization can be made");
    if let CallerKind::Session = caller {
        return done.session.access_token;
    }
    let principal = Principal {
        organization: done.session.organization_id,
        user: done.session.user_id,
        device: None,
        role: Role::Admin,
        language: Language::English,
        session: [0; 16],
    };
    let request = NewApiToken {
        name: "schemathesis".to_owned(),
        role: Role::Admin,
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
    };
    accounts::create_api_token(app, &principal, request).await.expect("a token can be made").token
}
