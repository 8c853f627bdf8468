//! Who is calling, for an app that has just been opened. Never anybody else.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::DeviceId;

use crate::accounts::{Organization, Principal, User, get_organization};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::users;

/// The caller and where they work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Me {
    pub user: User,
    pub organization: Organization,
    /// The installed app that asks, where it is one.
    pub device: Option<DeviceId>,
}

/// Reads who is calling.
///
/// # Errors
///
/// `NotFound` for a session whose person is gone.
pub async fn who_is_calling(app: &App, principal: &Principal) -> Result<Me, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    let user = users::get(&mut tx, principal.user).await?.ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    let organization = get_organization(app, principal).await?;
    Ok(Me { user: user.into(), organization, device: principal.device })
}
