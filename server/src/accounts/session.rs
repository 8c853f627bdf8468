//! Opens sessions and writes their tokens. Never decides whether somebody may have one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sync_core::ids::{DeviceId, OrganizationId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::{ACCESS_TOKEN_SECONDS, Principal};
use crate::app::App;
use crate::clock::random_bytes;
use crate::refusal::Refusal;
use crate::store::Tx;
use crate::store::sessions::{self, FamilyId, FamilyRow, TokenHash};

/// A session that is not used for so long ends.
pub(crate) const SESSION_IDLE_MS: i64 = 90 * 24 * 3_600_000;
/// Stands where the token used last would be, before any was used.
const NO_TOKEN: TokenHash = [0; 32];

/// What a device or a browser receives when it signs in, enrolls or refreshes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionGrant {
    pub access_token: String,
    pub expires_in_s: i64,
    pub refresh_token: String,
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    pub device_id: Option<DeviceId>,
    pub role: sync_core::workflow::Role,
    /// Device seals name it.
    pub server_id: String,
}

impl SessionGrant {
    pub(crate) fn new(app: &App, principal: &Principal, refresh_token: String) -> Result<Self, Refusal> {
        Ok(Self {
            access_token: app.tokens.issue(principal, app.clock.now())?,
            expires_in_s: ACCESS_TOKEN_SECONDS,
            refresh_token,
            organization_id: principal.organization,
            user_id: principal.user,
            device_id: principal.device,
            role: principal.role,
            server_id: app.server_id.clone(),
        })
    }
}

/// A refresh token: which session, and a secret of which only the hash is stored.
#[derive(Clone, Copy)]
pub(crate) struct RefreshToken {
    pub(crate) organization: OrganizationId,
    pub(crate) family: FamilyId,
    secret: [u8; 32],
}

impl RefreshToken {
    pub(crate) fn make(organization: OrganizationId, family: FamilyId) -> Self {
        Self { organization, family, secret: random_bytes() }
    }

    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.organization.as_bytes(), &self.family[..], &self.secret].concat())
    }

    pub(crate) fn decode(text: &str) -> Option<Self> {
        const BYTES: usize = 64;
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(Self {
            organization: OrganizationId::from_slice(&bytes[..16])?,
            family: bytes[16..32].try_into().ok()?,
            secret: bytes[32..].try_into().ok()?,
        })
    }

    pub(crate) fn hash(&self) -> TokenHash {
        Sha256::digest(self.secret).into()
    }
}

/// Opens a session for a person, bound to a device if there is one, and returns its first refresh token.
pub(crate) async fn open_session(
    tx: &mut Tx,
    user: UserId,
    device: Option<DeviceId>,
    now: Timestamp,
) -> Result<(FamilyId, RefreshToken), Refusal> {
    let family: FamilyId = random_bytes();
    let row = FamilyRow {
        id: family,
        user,
        device,
        grace_hash: NO_TOKEN,
        expires_at: now.plus_millis(SESSION_IDLE_MS),
        revoked_at: None,
    };
    sessions::insert_family(tx, &row, now).await?;
    let token = RefreshToken::make(tx.organization(), family);
    sessions::insert_token(tx, family, token.hash(), NO_TOKEN, now).await?;
    Ok((family, token))
}
