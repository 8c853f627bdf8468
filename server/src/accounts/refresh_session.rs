//! Trades a refresh token for fresh ones. A token of the past ends its whole session; other devices are spared.
//!
//! Good are the token used last and those given for it, until one of these is used in turn: a device that lost a reply
//! asks again with what it has, while a copied token and its original cannot both go on.

use serde_json::json;

use crate::accounts::device_seal::{Seal, SealedRequest, is_sealed_by};
use crate::accounts::session::{RefreshToken, SESSION_IDLE_MS};
use crate::accounts::{Principal, SessionGrant};
use crate::app::App;
use crate::audit::{self, AuditEntry, Author};
use crate::refusal::Refusal;
use crate::store::sessions::{self, Ending, FamilyRow};
use crate::store::{Tx, devices, users};

/// Trades `token` for a new pair. The request must be sealed when the session is bound to a device.
///
/// `request` names the parts of the request as the device sealed them; its organization is taken from the token.
pub async fn refresh_session(
    app: &App,
    token: &str,
    request: SealedRequest<'_>,
    seal: Option<&Seal>,
) -> Result<SessionGrant, Refusal> {
    let now = app.clock.now();
    let token = RefreshToken::decode(token).ok_or(Refusal::TokenInvalid)?;
    let request = SealedRequest { organization: token.organization, ..request };
    let mut tx = app.store.begin_write(token.organization).await?;
    let family = sessions::lock_family(&mut tx, token.family, now).await?.ok_or(Refusal::TokenInvalid)?;
    let parent =
        sessions::find_parent(&mut tx, family.id, token.hash()).await?.ok_or(Refusal::TokenInvalid)?;
    if family.revoked_at.is_some() {
        return Err(Refusal::SessionRevoked);
    }
    if family.expires_at <= now {
        return Err(Refusal::TokenInvalid);
    }
    let is_used_last = token.hash() == family.grace_hash;
    if !is_used_last && parent != family.grace_hash {
        return end_stolen_session(app, tx, &family).await;
    }
    prove_device(&mut tx, &family, &request, seal).await?;
    let user = users::get(&mut tx, family.user).await?.ok_or(Refusal::TokenInvalid)?;
    if user.disabled_at.is_some() {
        return Err(Refusal::SessionRevoked);
    }
    let expires_at = now.plus_millis(SESSION_IDLE_MS);
    sessions::advance_family(&mut tx, family.id, token.hash(), expires_at).await?;
    let next = RefreshToken::make(token.organization, family.id);
    sessions::insert_token(&mut tx, family.id, next.hash(), token.hash(), now).await?;
    if let Some(device) = family.device {
        devices::mark_seen(&mut tx, device, now).await?;
    }
    tx.commit().await?;
    let principal = Principal {
        organization: token.organization,
        user: user.id,
        device: family.device,
        role: user.role,
        language: user.language,
        session: family.id,
    };
    SessionGrant::new(app, &principal, next.encode())
}

async fn prove_device(
    tx: &mut Tx,
    family: &FamilyRow,
    request: &SealedRequest<'_>,
    seal: Option<&Seal>,
) -> Result<(), Refusal> {
    let Some(device) = family.device else { return Ok(()) };
    let seal = seal.filter(|seal| seal.device == device).ok_or(Refusal::TokenInvalid)?;
    let row = devices::get(tx, device).await?.ok_or(Refusal::TokenInvalid)?;
    if row.revoked_at.is_some() {
        return Err(Refusal::SessionRevoked);
    }
    if is_sealed_by(&row.public_key, request, seal) { Ok(()) } else { Err(Refusal::TokenInvalid) }
}

async fn end_stolen_session(app: &App, mut tx: Tx, family: &FamilyRow) -> Result<SessionGrant, Refusal> {
    let now = app.clock.now();
    let ended = sessions::revoke(&mut tx, Ending::Family(family.id), "token_reused", now).await?;
    let entry = AuditEntry {
        action: "session.reuse".to_owned(),
        subject: family.user.to_string(),
        details: json!({ "device": family.device }),
    };
    audit::append(&mut tx, Author { user: Some(family.user), device: family.device }, entry, now).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    tracing::warn!(user.id = %family.user, "a refresh token was used twice; its session was ended");
    Err(Refusal::SessionRevoked)
}
