//! Reads the people of an organization. Never shows a password hash.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::accounts::Principal;
use crate::app::App;
use crate::messages::Language;
use crate::reference::{ListQuery, PageAnchor, publish_one};
use crate::refusal::Refusal;
use crate::store::users::UserRow;
use crate::store::{Tx, users};

/// A person as the office sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct User {
    pub id: UserId,
    pub version: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    pub phone: String,
    pub disabled: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow { id, email, name, role, language, phone, disabled_at, version, created_at, updated_at } =
            row;
        let disabled = disabled_at.is_some();
        Self { id, version, email, name, role, language, phone, disabled, created_at, updated_at }
    }
}

/// A person as every phone of the organization receives them: what names an assignee, and no address.
#[derive(Serialize)]
struct PublishedUser<'a> {
    id: UserId,
    name: &'a str,
    role: Role,
    disabled: bool,
}

pub(crate) async fn publish_user(tx: &mut Tx, row: &UserRow) -> Result<(), Refusal> {
    let disabled = row.disabled_at.is_some();
    let body = PublishedUser { id: row.id, name: &row.name, role: row.role, disabled };
    publish_one(tx, "user", RecordId::from_bytes(*row.id.as_bytes()), &body, false).await
}

/// A person; technicians and viewers see only themselves, and for them nobody else exists.
pub async fn get_user(app: &App, principal: &Principal, user: UserId) -> Result<User, Refusal> {
    if user != principal.user {
        principal.require_office().map_err(|_| Refusal::NotFound)?;
    }
    let mut tx = app.store.begin_read(principal.organization).await?;
    Ok(users::get(&mut tx, user).await?.ok_or(Refusal::NotFound)?.into())
}

/// One page of people by name and the name of the next page.
pub async fn list_users(
    app: &App,
    principal: &Principal,
    query: &ListQuery,
) -> Result<(Vec<User>, Option<String>), Refusal> {
    principal.require_office()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let mut rows = users::list(&mut tx, &query.to_page()?, query.with_archived).await?;
    let next = query.cut(&mut rows, |row| PageAnchor::after(&row.name, row.id.as_bytes()));
    Ok((rows.into_iter().map(User::from).collect(), next))
}
