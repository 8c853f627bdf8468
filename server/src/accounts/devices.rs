//! Lists and revokes installed apps. Revoking ends their sessions at once; their unsent work may still be deposited.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::refusal::Refusal;
use crate::store::devices::{self, DeviceRow};
use crate::store::sessions::{self, Ending};

/// An installed app as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Device {
    pub id: DeviceId,
    pub user_id: UserId,
    pub name: String,
    pub platform: String,
    pub enrolled_at: Timestamp,
    pub seen_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl From<DeviceRow> for Device {
    fn from(row: DeviceRow) -> Self {
        let DeviceRow { id, user, name, platform, public_key: _, enrolled_at, seen_at, revoked_at } = row;
        Self { id, user_id: user, name, platform, enrolled_at, seen_at, revoked_at }
    }
}

/// The caller's devices; with `everybody`, those of the whole organization, for admins.
pub async fn list_devices(app: &App, principal: &Principal, everybody: bool) -> Result<Vec<Device>, Refusal> {
    if everybody {
        principal.require_admin()?;
    }
    let mut tx = app.store.begin_read(principal.organization).await?;
    let rows = devices::list(&mut tx, (!everybody).then_some(principal.user)).await?;
    Ok(rows.into_iter().map(Device::from).collect())
}

/// Ends a device; its owner may, and admins.
pub async fn revoke_device(app: &App, principal: &Principal, device: DeviceId) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = devices::get(&mut tx, device).await?.ok_or(Refusal::NotFound)?;
    if row.user != principal.user {
        principal.require_admin().map_err(|_| Refusal::NotFound)?;
    }
    devices::revoke(&mut tx, device, now).await?;
    let ended = sessions::revoke(&mut tx, Ending::Device(device), "device_revoked", now).await?;
    let details = json!({ "user": row.user });
    let entry = AuditEntry { action: "device.revoke".to_owned(), subject: device.to_string(), details };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    Ok(())
}
