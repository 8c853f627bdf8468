//! Changes, disables and enables a person. Disabling ends every session at once; a role change does too.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::accounts::create_user::{require_may_manage, save_user};
use crate::accounts::list_users::publish_user;
use crate::accounts::{Principal, User};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::messages::Language;
use crate::refusal::{FieldProblem, Refusal, optional_email, optional_phone, require_text};
use crate::store::sessions::{self, Ending};
use crate::store::users::UserRow;
use crate::store::{Tx, users};

/// The whole state a person is to have; without a password the old one stays.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub disabled: bool,
    #[serde(default)]
    pub password: Option<String>,
}

pub async fn update_user(
    app: &App,
    principal: &Principal,
    user: UserId,
    version: i64,
    change: UserChange,
) -> Result<User, Refusal> {
    require_may_manage(principal, change.role)?;
    let password_hash = match &change.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let before = users::get(&mut tx, user).await?.ok_or(Refusal::NotFound)?;
    require_may_manage(principal, before.role)?;
    if before.version != version {
        tx.commit().await?;
        let current = serde_json::to_value(User::from(before));
        return Err(Refusal::Stale {
            current: current.map_err(|error| Refusal::internal(&error.to_string()))?,
        });
    }
    let after = changed_row(&before, &change, now)?;
    save_user(&mut tx, &after).await?;
    keep_one_admin(&mut tx, &before, &after).await?;
    if let Some(hash) = &password_hash {
        users::set_password(&mut tx, user, hash).await?;
    }
    let ends_sessions = after.disabled_at.is_some() || after.role != before.role || password_hash.is_some();
    let ended = match ends_sessions {
        true => sessions::revoke(&mut tx, Ending::User(user), "user_changed", now).await?,
        false => Vec::new(),
    };
    let entry = AuditEntry {
        action: action_of(&before, &after).to_owned(),
        subject: user.to_string(),
        details: json!({ "role": after.role, "version": after.version }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    publish_user(&mut tx, &after).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    Ok(after.into())
}

fn changed_row(before: &UserRow, change: &UserChange, now: Timestamp) -> Result<UserRow, Refusal> {
    let email = optional_email("email", &change.email)?;
    if email.is_empty() {
        return Err(Refusal::invalid("email", FieldProblem::Required));
    }
    Ok(UserRow {
        id: before.id,
        email,
        name: require_text("name", &change.name, 200)?,
        role: change.role,
        language: change.language,
        phone: optional_phone("phone", &change.phone)?,
        disabled_at: change.disabled.then(|| before.disabled_at.unwrap_or(now)),
        version: before.version + 1,
        created_at: before.created_at,
        updated_at: now,
    })
}

/// An organization whose last admin is gone could never be managed again.
async fn keep_one_admin(tx: &mut Tx, before: &UserRow, after: &UserRow) -> Result<(), Refusal> {
    let loses_an_admin =
        before.role == Role::Admin && (after.role != Role::Admin || after.disabled_at.is_some());
    if loses_an_admin && users::count_admins(tx).await? == 0 {
        let field = if after.role == Role::Admin { "disabled" } else { "role" };
        return Err(Refusal::invalid(field, FieldProblem::Range));
    }
    Ok(())
}

fn action_of(before: &UserRow, after: &UserRow) -> &'static str {
    match (before.disabled_at.is_some(), after.disabled_at.is_some()) {
        (false, true) => "user.disable",
        (true, false) => "user.enable",
        (true, true) | (false, false) => "user.update",
    }
}
