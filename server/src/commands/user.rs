//! `campo user`: adds people, changes who may sign in, and gives a password to whoever lost theirs.

use std::sync::Arc;

use campo::accounts::{NewUser, Principal, User, UserChange, create_user, list_users, update_user};
use campo::app::App;
use campo::config::Config;
use campo::messages::Language;
use campo::reference::{ListQuery, PageAnchor};
use clap::{Args, Subcommand};
use sync_core::workflow::Role;

use super::password::read_new_password;
use super::{Failed, Outcome, open, operator, read_language, worded};

#[derive(Subcommand)]
pub enum UserCommand {
    /// Adds a person. The password is asked for, or is the first line of standard input.
    Add(AddUser),
    /// Lists everybody, with their roles.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Gives a person another password and ends their sessions. It is asked for, or is the first line of standard input.
    Password(Whom),
    /// Ends a person's access within a second. What their phone has not sent may still be deposited.
    Disable(Whom),
    /// Lets a person sign in again.
    Enable(Whom),
}

/// Which organization.
#[derive(Args)]
pub struct Of {
    /// Name or id of the organization; needed only where there are several.
    #[arg(long)]
    pub organization: Option<String>,
}

#[derive(Args)]
pub struct AddUser {
    email: String,
    #[arg(long)]
    name: String,
    /// admin, dispatcher, technician or viewer.
    #[arg(long, value_parser = read_role)]
    role: Role,
    /// en, pt-BR, es or ro; the organization's when absent.
    #[arg(long, value_parser = read_language)]
    language: Option<Language>,
    /// With country code: +5511987654321.
    #[arg(long, default_value = "")]
    phone: String,
    #[command(flatten)]
    of: Of,
}

#[derive(Args)]
pub struct Whom {
    email: String,
    #[command(flatten)]
    of: Of,
}

pub fn read_role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| "admin, dispatcher, technician or viewer".to_owned())
}

#[expect(clippy::print_stdout, reason = "people are the command's output")]
pub async fn run(config: Config, command: UserCommand) -> Outcome {
    let app = open(config).await?;
    match command {
        UserCommand::Add(AddUser { email, name, role, language, phone, of }) => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            let password = Some(read_new_password()?);
            let new = NewUser { email, name, role, password, language, phone };
            let user = create_user(&app, &operator, new).await.map_err(worded)?;
            println!("{}", line(&user));
        }
        UserCommand::List { of } => {
            let operator = operator(&app, of.organization.as_deref()).await?;
            everybody(&app, &operator).await?.iter().for_each(|user| println!("{}", line(user)));
        }
        UserCommand::Password(whom) => {
            let (operator, user) = find(&app, &whom).await?;
            let password = Some(read_new_password()?);
            change(&app, &operator, user, |change| UserChange { password, ..change }).await?;
        }
        UserCommand::Disable(whom) => {
            let (operator, user) = find(&app, &whom).await?;
            change(&app, &operator, user, |change| UserChange { disabled: true, ..change }).await?;
        }
        UserCommand::Enable(whom) => {
            let (operator, user) = find(&app, &whom).await?;
            change(&app, &operator, user, |change| UserChange { disabled: false, ..change }).await?;
        }
    }
    Ok(())
}

fn line(user: &User) -> String {
    let state = if user.disabled { ", disabled" } else { "" };
    format!("{} {} <{}> {}{state}", user.id, user.name, user.email, user.role.as_str())
}

async fn everybody(app: &App, operator: &Principal) -> Result<Vec<User>, Failed> {
    let mut everybody = Vec::new();
    let mut query = ListQuery { with_archived: true, ..ListQuery::default() };
    loop {
        let (users, next) = list_users(app, operator, &query).await.map_err(worded)?;
        everybody.extend(users);
        match next {
            Some(next) => {
                let anchor = PageAnchor::decode(&next);
                query.page = Some(anchor.ok_or_else(|| Failed::new("a page of people cannot be read"))?);
            }
            None => return Ok(everybody),
        }
    }
}

async fn find(app: &App, whom: &Whom) -> Result<(Principal, User), Failed> {
    let operator = operator(app, whom.of.organization.as_deref()).await?;
    let email = whom.email.trim().to_lowercase();
    let found = everybody(app, &operator).await?.into_iter().find(|user| user.email == email);
    let user = found.ok_or_else(|| Failed::new(format!("nobody here signs in as {email}")))?;
    Ok((operator, user))
}

#[expect(clippy::print_stdout, reason = "the person is the command's output")]
async fn change(
    app: &Arc<App>,
    operator: &Principal,
    user: User,
    with: impl FnOnce(UserChange) -> UserChange,
) -> Outcome {
    let User { id, version, email, name, role, language, phone, disabled, .. } = user;
    let now = UserChange { email, name, role, language, phone, disabled, password: None };
    let changed = update_user(app, operator, id, version, with(now)).await.map_err(worded)?;
    println!("{}", line(&changed));
    Ok(())
}
