//! Adds a person to an organization. Never the first one: set-up does that.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::accounts::list_users::publish_user;
use crate::accounts::{PasswordLinkCause, Principal, User, mail_password_link};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::clock::fresh_id;
use crate::messages::Language;
use crate::refusal::{FieldProblem, Refusal, optional_email, optional_phone, require_text};
use crate::store::users::UserRow;
use crate::store::{StoreError, Tx, users};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Without one, a mail invites the person to choose it.
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub language: Option<Language>,
    #[serde(default)]
    pub phone: String,
}

/// Adds a person; dispatchers may add technicians, admins anybody.
pub async fn create_user(app: &App, principal: &Principal, request: NewUser) -> Result<User, Refusal> {
    require_may_manage(principal, request.role)?;
    let now = app.clock.now();
    let row = new_row(&request, principal.language, now)?;
    let password_hash = match &request.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None if app.mailer.is_none() => return Err(Refusal::invalid("password", FieldProblem::Required)),
        None => None,
    };
    let mut tx = app.store.begin_write(principal.organization).await?;
    save_user(&mut tx, &row).await?;
    match &password_hash {
        Some(password_hash) => users::set_password(&mut tx, row.id, password_hash).await?,
        None => mail_password_link(app, &mut tx, &row, PasswordLinkCause::Invited).await?,
    }
    let details = json!({ "role": row.role });
    let entry = AuditEntry { action: "user.create".to_owned(), subject: row.id.to_string(), details };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    publish_user(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// Whether the caller may create or change people of this role.
pub(crate) fn require_may_manage(principal: &Principal, role: Role) -> Result<(), Refusal> {
    match role {
        Role::Technician => principal.require_office(),
        Role::Admin | Role::Dispatcher | Role::Viewer => principal.require_admin(),
        // Nobody signs in as these.
        Role::Customer | Role::System => Err(Refusal::invalid("role", FieldProblem::Unknown)),
    }
}

pub(crate) fn new_row(request: &NewUser, language: Language, now: Timestamp) -> Result<UserRow, Refusal> {
    let email = optional_email("email", &request.email)?;
    if email.is_empty() {
        return Err(Refusal::invalid("email", FieldProblem::Required));
    }
    Ok(UserRow {
        id: UserId::from_bytes(fresh_id()),
        email,
        name: require_text("name", &request.name, 200)?,
        role: request.role,
        language: request.language.unwrap_or(language),
        phone: optional_phone("phone", &request.phone)?,
        disabled_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

pub(crate) async fn save_user(tx: &mut Tx, row: &UserRow) -> Result<(), Refusal> {
    match users::save(tx, row).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::Unavailable("a concurrent write came first".into()).into()),
        Err(StoreError::Conflict("users_email_key")) => Err(Refusal::invalid("email", FieldProblem::Taken)),
        Err(error) => Err(error.into()),
    }
}
