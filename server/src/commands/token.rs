//! `campo token`: makes, lists and ends tokens for other software. A token is printed once, when it is made.

use campo::accounts::{ApiToken, NewApiToken, Scope, create_api_token, list_api_tokens, revoke_api_token};
use campo::config::Config;
use clap::{Args, Subcommand};
use sync_core::ids::RecordId;
use sync_core::workflow::Role;

use super::user::{Of, read_role};
use super::{Outcome, open, operator, worded};

const DAY_MS: i64 = 24 * 3_600_000;

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Makes a token and prints it; it is never shown again.
    Create(CreateToken),
    /// Lists tokens, newest first, without their secrets.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Ends a token at once.
    Revoke {
        id: RecordId,
        #[command(flatten)]
        of: Of,
    },
}

#[derive(Args)]
pub struct CreateToken {
    /// What it is for; lists and the audit name it.
    #[arg(long)]
    name: String,
    /// As what it acts: admin, dispatcher or viewer.
    #[arg(long, value_parser = read_role)]
    role: Role,
    /// What it may do of what the role may, for example orders:read; several times for several.
    #[arg(long = "scope", required = true, value_parser = read_scope)]
    scopes: Vec<Scope>,
    /// Days until it is refused; never when absent.
    #[arg(long)]
    expires_in_days: Option<u32>,
    #[command(flatten)]
    of: Of,
}

fn read_scope(text: &str) -> Result<Scope, String> {
    let all = || Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    Scope::from_name(text).ok_or_else(|| format!("one of {}", all()))
}

#[expect(clippy::print_stdout, reason = "tokens are the command's output")]
pub async fn run(config: Config, command: TokenCommand) -> Outcome {
    let app = open(config).await?;
    match command {
        TokenCommand::Create(CreateToken { name, role, scopes, expires_in_days, of }) => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            let now = app.clock.now();
            let expires_at = expires_in_days.map(|days| now.plus_millis(i64::from(days) * DAY_MS));
            let new = NewApiToken { name, role, scopes, expires_at };
            println!("{}", create_api_token(&app, &operator, new).await.map_err(worded)?.token);
        }
        TokenCommand::List { of } => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            let now = app.clock.now();
            for token in list_api_tokens(&app, &operator).await.map_err(worded)? {
                let is_over = token.revoked_at.is_some() || token.expires_at.is_some_and(|at| at <= now);
                println!("{}", line(&token, is_over));
            }
        }
        TokenCommand::Revoke { id, of } => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            revoke_api_token(&app, &operator, id).await.map_err(worded)?;
            println!("{id} is refused from now on");
        }
    }
    Ok(())
}

fn line(token: &ApiToken, is_over: bool) -> String {
    let scopes = token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    let state = if is_over { ", over" } else { "" };
    format!("{} {:?} {} {scopes}{state}", token.id, token.name, token.role.as_str())
}
