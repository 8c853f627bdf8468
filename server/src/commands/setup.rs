//! `campo init`: the first organization and its admin, as the set-up page would make them.

use campo::accounts::{FirstAdmin, OrganizationFields, SetUp, offer_set_up, set_up};
use campo::config::Config;
use campo::messages::Language;
use clap::Args;

use super::password::read_new_password;
use super::{Failed, Outcome, open, read_language, worded};

/// What the first organization and its admin are called. The password is asked for, or is the first line of standard input.
#[derive(Args)]
pub struct Init {
    /// What the organization is called.
    #[arg(long)]
    organization: String,
    /// The admin's email, with which they sign in.
    #[arg(long)]
    email: String,
    /// What the admin is called.
    #[arg(long)]
    name: String,
    /// The language of the organization and its admin: en, pt-BR, es or ro.
    #[arg(long, default_value = "en", value_parser = read_language)]
    language: Language,
    /// Three letters, ISO 4217.
    #[arg(long)]
    currency: String,
    /// A name of the IANA time zone database, for example America/Sao_Paulo.
    #[arg(long)]
    zone: String,
}

#[expect(clippy::print_stdout, reason = "what was made is the command's output")]
pub async fn init(config: Config, init: Init) -> Outcome {
    let app = open(config).await?;
    let token = offer_set_up(&app).await.map_err(worded)?;
    let token =
        token.ok_or_else(|| Failed::new("there is an organization already; `campo user add` adds people"))?;
    let organization = OrganizationFields {
        name: init.organization,
        legal_name: String::new(),
        tax_id: String::new(),
        tax_id_kind: None,
        address: String::new(),
        phone: String::new(),
        email: String::new(),
        logo: None,
        language: init.language,
        currency: init.currency,
        zone: init.zone,
    };
    let password = read_new_password()?;
    let admin = FirstAdmin { email: init.email, name: init.name, password, language: None };
    let done = set_up(&app, SetUp { token, organization, admin }).await.map_err(worded)?;
    println!("organization {} ({})", done.organization.fields.name, done.organization.id);
    println!("admin {} ({})", done.admin.email, done.admin.id);
    Ok(())
}
