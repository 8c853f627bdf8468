//! `campo person`: a copy of what is kept of a person, and its erasure, for a request by LGPD or GDPR.

use std::path::PathBuf;

use campo::config::Config;
use campo::privacy::{ErasureRequest, copy_of_customer, copy_of_user, erase_customer, erase_user};
use clap::{Args, Subcommand};
use serde_json::json;
use sync_core::ids::{RecordId, UserId};

use super::user::Of;
use super::{Failed, Outcome, open, operator, worded};

#[derive(Subcommand)]
pub enum PersonCommand {
    /// Gathers everything that is kept of a person, as JSON.
    Copy {
        #[command(flatten)]
        whom: Whom,
        /// Where to write; standard output when absent.
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(flatten)]
        of: Of,
    },
    /// Empties every record about a person. Orders stay, as evidence of work done. There is no way back.
    Erase(Erase),
}

#[derive(Args)]
pub struct Erase {
    #[command(flatten)]
    whom: Whom,
    /// Such as the request's date and number; the audit keeps it. Nothing about the person.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    of: Of,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Whom {
    /// The customer's id.
    #[arg(long)]
    customer: Option<RecordId>,
    /// The id of somebody who works here; before an erasure they are to be disabled.
    #[arg(long)]
    user: Option<UserId>,
}

#[expect(clippy::print_stdout, reason = "what was gathered or erased is the command's output")]
pub async fn run(config: Config, command: PersonCommand) -> Outcome {
    let app = open(config).await?;
    match command {
        PersonCommand::Copy { whom, out, of } => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            let copy = match (whom.customer, whom.user) {
                (Some(customer), _) => {
                    json!(copy_of_customer(&app, &operator, customer).await.map_err(worded)?)
                }
                (None, Some(user)) => json!(copy_of_user(&app, &operator, user).await.map_err(worded)?),
                (None, None) => return Err(Failed::new("say whom: --customer or --user")),
            };
            let text = serde_json::to_string_pretty(&copy)?;
            match out {
                Some(path) => std::fs::write(path, text)?,
                None => println!("{text}"),
            }
        }
        PersonCommand::Erase(Erase { whom, reason, of }) => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            let request = ErasureRequest { reason };
            if let Some(customer) = whom.customer {
                let report = erase_customer(&app, &operator, customer, &request).await.map_err(worded)?;
                println!("{}: {} records erased", report.name, report.records_erased);
                println!("{} orders stay, as evidence of work done", report.orders_kept.len());
            }
            if let Some(user) = whom.user {
                let report = erase_user(&app, &operator, user, &request).await.map_err(worded)?;
                println!("{}: what they did stays under this name", report.user.name);
            }
        }
    }
    Ok(())
}
