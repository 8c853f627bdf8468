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
use crate::events::{self, Event};
use crate::refusal::Refusal;
use crate::store::sessions::{self, Ending, FamilyRow};
use crate::store::users::UserRow;
use crate::store::{StoreError, Tx, devices, users};

/// Trades `token` for a new pair. The request must be sealed when the session is bound to a device.
///
/// `request` names the parts of the request as the device sealed them; its organization is taken from the token. Where the disk
/// is full, the token stays the one it is: whoever is signed in reads on.
pub async fn refresh_session(
    app: &App,
    token: &str,
    request: SealedRequest<'_>,
    seal: Option<&Seal>,
) -> Result<SessionGrant, Refusal> {
    let token = RefreshToken::decode(token).ok_or(Refusal::TokenInvalid)?;
    let request = SealedRequest { organization: token.organization, ..request };
    let offered = Offered { app, token, request, seal };
    match offered.trade().await {
        Err(Refusal::Store(StoreError::StorageFull)) => offered.go_on().await,
        traded => traded,
    }
}

/// A token and how it was brought.
struct Offered<'a> {
    app: &'a App,
    token: RefreshToken,
    request: SealedRequest<'a>,
    seal: Option<&'a Seal>,
}

/// How a session stands to the token.
enum Standing {
    GoesOn(FamilyRow, UserRow),
    /// The token is one of the past.
    Stolen(FamilyRow),
}

impl Offered<'_> {
    async fn trade(&self) -> Result<SessionGrant, Refusal> {
        let (now, token) = (self.app.clock.now(), self.token);
        let mut tx = self.app.store.begin_write(token.organization).await?;
        let family = sessions::lock_family(&mut tx, token.family, now).await?;
        let (family, user) = match self.standing(&mut tx, family).await? {
            Standing::GoesOn(family, user) => (family, user),
            Standing::Stolen(family) => return end_stolen_session(self.app, tx, &family).await,
        };
        let expires_at = now.plus_millis(SESSION_IDLE_MS);
        sessions::advance_family(&mut tx, family.id, token.hash(), expires_at).await?;
        let next = RefreshToken::make(token.organization, family.id);
        sessions::insert_token(&mut tx, family.id, next.hash(), token.hash(), now).await?;
        if let Some(device) = family.device {
            devices::mark_seen(&mut tx, device, now).await?;
        }
        tx.commit().await?;
        self.grant(&family, &user, next)
    }

    /// The same checks, and the same token again.
    async fn go_on(&self) -> Result<SessionGrant, Refusal> {
        let mut tx = self.app.store.begin_read(self.token.organization).await?;
        let family = sessions::get_family(&mut tx, self.token.family).await?;
        let standing = self.standing(&mut tx, family).await?;
        tx.commit().await?;
        match standing {
            Standing::GoesOn(family, user) => self.grant(&family, &user, self.token),
            Standing::Stolen(_) => Err(Refusal::SessionRevoked),
        }
    }

    async fn standing(&self, tx: &mut Tx, family: Option<FamilyRow>) -> Result<Standing, Refusal> {
        let family = family.ok_or(Refusal::TokenInvalid)?;
        let hash = self.token.hash();
        let parent = sessions::find_parent(tx, family.id, hash).await?.ok_or(Refusal::TokenInvalid)?;
        if family.revoked_at.is_some() {
            return Err(Refusal::SessionRevoked);
        }
        if family.expires_at <= self.app.clock.now() {
            return Err(Refusal::TokenInvalid);
        }
        if hash != family.grace_hash && parent != family.grace_hash {
            return Ok(Standing::Stolen(family));
        }
        prove_device(tx, &family, &self.request, self.seal).await?;
        let user = users::get(tx, family.user).await?.ok_or(Refusal::TokenInvalid)?;
        if user.disabled_at.is_some() {
            return Err(Refusal::SessionRevoked);
        }
        Ok(Standing::GoesOn(family, user))
    }

    fn grant(
        &self,
        family: &FamilyRow,
        user: &UserRow,
        token: RefreshToken,
    ) -> Result<SessionGrant, Refusal> {
        let principal = Principal {
            organization: token.organization,
            user: user.id,
            device: family.device,
            role: user.role,
            language: user.language,
            session: family.id,
        };
        SessionGrant::new(self.app, &principal, token.encode())
    }
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
    let device = match family.device {
        Some(device) => devices::get(&mut tx, device).await?.map(|row| row.name),
        None => None,
    };
    let event = Event::token_reused(family.user, family.id, device.as_deref().unwrap_or("—"), now);
    events::announce(&mut tx, vec![event]).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    tracing::warn!(user.id = %family.user, "a refresh token was used twice; its session was ended");
    Err(Refusal::SessionRevoked)
}
