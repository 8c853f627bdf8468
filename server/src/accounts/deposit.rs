//! Knows a device by its key alone, so that work of somebody who may no longer sign in is not lost. Never lets it read.

use sync_core::ids::{DeviceId, OrganizationId, UserId};

use crate::accounts::device_seal::{Seal, SealedRequest, is_sealed_by};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{devices, users};

/// For so long after a person was disabled or a device revoked, its work is taken in.
const DEPOSIT_MS: i64 = 30 * 24 * 3_600_000;

/// Somebody who may leave work and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depositor {
    pub organization: OrganizationId,
    pub user: UserId,
    pub device: DeviceId,
}

/// Identifies a request without a valid token by its device seal; the organization is that of the device.
pub async fn identify_depositor(
    app: &App,
    request: SealedRequest<'_>,
    seal: &Seal,
) -> Result<Depositor, Refusal> {
    let mut tx = app.store.begin_system_read().await?;
    let organization =
        devices::find_organization(&mut tx, seal.device).await?.ok_or(Refusal::TokenInvalid)?;
    tx.enter_organization(organization).await?;
    let device = devices::get(&mut tx, seal.device).await?.ok_or(Refusal::TokenInvalid)?;
    let user = users::get(&mut tx, device.user).await?.ok_or(Refusal::TokenInvalid)?;
    let request = SealedRequest { organization, ..request };
    if !is_sealed_by(&device.public_key, &request, seal) {
        return Err(Refusal::TokenInvalid);
    }
    let ended_at = [device.revoked_at, user.disabled_at].into_iter().flatten().min();
    if ended_at.is_some_and(|ended_at| app.clock.now().millis_since(ended_at) > DEPOSIT_MS) {
        return Err(Refusal::TokenInvalid);
    }
    Ok(Depositor { organization, user: user.id, device: device.id })
}
