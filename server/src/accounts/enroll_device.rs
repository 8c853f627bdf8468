//! Makes an installed app known by its public key and binds a session to it. Never sees the private key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::ids::DeviceId;

use crate::accounts::session::open_session;
use crate::accounts::{Device, Principal, SessionGrant};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::events::{self, Event};
use crate::refusal::{FieldProblem, Refusal, optional_text, require_text};
use crate::store::devices::{self, DeviceRow};
use crate::store::sessions::{self, Ending};
use crate::store::{StoreError, Tx};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceEnrollment {
    /// Sixteen random bytes made by the device, as a UUID; asking again with the same key is the same enrollment.
    pub device_id: DeviceId,
    /// Ed25519, 32 bytes, base64.
    pub public_key: String,
    pub name: String,
    #[serde(default)]
    pub platform: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EnrolledDevice {
    pub device: Device,
    /// Replaces the session that asked; only this device's key can refresh it.
    pub session: SessionGrant,
}

pub async fn enroll_device(
    app: &App,
    principal: &Principal,
    request: DeviceEnrollment,
) -> Result<EnrolledDevice, Refusal> {
    let now = app.clock.now();
    let row = DeviceRow {
        id: request.device_id,
        user: principal.user,
        name: require_text("name", &request.name, 100)?,
        platform: optional_text("platform", &request.platform, 100)?,
        public_key: read_key(&request.public_key)?,
        enrolled_at: now,
        seen_at: now,
        revoked_at: None,
    };
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = settle_row(&mut tx, row).await?;
    let ended = sessions::revoke(&mut tx, Ending::Family(principal.session), "device_enrolled", now).await?;
    if ended.is_empty() {
        return Err(Refusal::SessionRevoked);
    }
    let (family, token) = open_session(&mut tx, principal.user, Some(row.id), now).await?;
    let details = json!({ "user": principal.user, "platform": row.platform });
    let entry = AuditEntry { action: "device.enroll".to_owned(), subject: row.id.to_string(), details };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    let event = Event::new_device(principal.user, row.id, &row.name, now);
    events::announce(&mut tx, vec![event]).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    let principal = Principal { device: Some(row.id), session: family, ..principal.clone() };
    Ok(EnrolledDevice { device: row.into(), session: SessionGrant::new(app, &principal, token.encode())? })
}

fn read_key(text: &str) -> Result<[u8; 32], Refusal> {
    let wrong = || Refusal::invalid("public_key", FieldProblem::Format);
    let bytes: [u8; 32] = STANDARD.decode(text).map_err(|_| wrong())?.try_into().map_err(|_| wrong())?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())?;
    if key.is_weak() { Err(wrong()) } else { Ok(bytes) }
}

/// Writes the device, or finds the same enrollment done before.
async fn settle_row(tx: &mut Tx, row: DeviceRow) -> Result<DeviceRow, Refusal> {
    let taken = || Refusal::invalid("device_id", FieldProblem::Taken);
    match devices::get(tx, row.id).await? {
        Some(known) => {
            let is_same = known.user == row.user && known.public_key == row.public_key;
            if is_same && known.revoked_at.is_none() { Ok(known) } else { Err(taken()) }
        }
        None => match devices::insert(tx, &row).await {
            Ok(()) => Ok(row),
            Err(StoreError::Conflict(_)) => Err(taken()),
            Err(error) => Err(error.into()),
        },
    }
}
