//! Erases what is kept of somebody who worked here. What they did stays, under an id that names nobody any more.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::ids::UserId;
use sync_core::workflow::Role;

use super::{ErasureRequest, holds_on_user, is_held};
use crate::accounts::{Principal, User};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::reference::{Record, RecordWriter, StaffProfileFields};
use crate::refusal::{Keeping, Refusal};
use crate::store::users::UserRow;
use crate::store::{StoreError, calendar_feeds, messages, notifications, records, users};

/// What a person is called from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UserErasure {
    pub user: User,
    /// Entries of their inbox that are gone.
    pub notifications_erased: u64,
    /// Addresses taken out of the log of messages.
    pub messages_erased: u64,
}

/// Erases a person who was disabled before: their access has ended, and their phone has had its time to deposit.
///
/// # Errors
///
/// Admins only; `Kept` for somebody who may still sign in.
pub async fn erase_user(
    app: &App,
    principal: &Principal,
    user: UserId,
    request: &ErasureRequest,
) -> Result<UserErasure, Refusal> {
    principal.require_admin()?;
    let reason = request.checked()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let before = users::get(&mut tx, user).await?.ok_or(Refusal::NotFound)?;
    if before.disabled_at.is_none() {
        return Err(Refusal::Kept(Keeping::Active));
    }
    if is_held(&holds_on_user(&mut tx, user).await?, now) {
        return Err(Refusal::Kept(Keeping::LegalHold));
    }
    let short = &user.to_string()[24..];
    let after = UserRow {
        email: format!("{user}@erased.invalid"),
        name: format!("Erased {short}"),
        phone: String::new(),
        // An erased admin is no admin that anybody counts on.
        role: if before.role == Role::Admin { Role::Viewer } else { before.role },
        version: before.version + 1,
        updated_at: now,
        ..before
    };
    if !users::save(&mut tx, &after).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    // No hash is of this text, so no password fits.
    users::set_password(&mut tx, user, "").await?;
    if let Some(profile) = records::find::<StaffProfileFields>(&mut tx, &user.to_string()).await? {
        let erase = |profile: &mut Record<StaffProfileFields>| {
            profile.fields = profile.fields.emptied(&after.name);
            profile.archived = true;
        };
        let mut writer = RecordWriter::new(app, principal);
        writer.change(&mut tx, (profile, "erase"), erase).await?;
        writer.settle(&mut tx).await?;
    }
    let notifications_erased = notifications::erase_of(&mut tx, user).await?;
    let messages_erased = messages::erase_of_user(&mut tx, user, now).await?;
    for feed in calendar_feeds::list(&mut tx).await?.into_iter().filter(|feed| feed.user == Some(user)) {
        calendar_feeds::revoke(&mut tx, feed.id, now).await?;
    }
    let entry = AuditEntry {
        action: "user.erase".to_owned(),
        subject: user.to_string(),
        details: json!({ "reason": reason }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    crate::accounts::publish_user(&mut tx, &after).await?;
    tx.commit().await?;
    Ok(UserErasure { user: after.into(), notifications_erased, messages_erased })
}
