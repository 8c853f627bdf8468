//! Tokens that an admin makes for other software. A token is shown once; only the hash of its secret is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sync_core::ids::{OrganizationId, RecordId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::accounts::{Principal, Scope};
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::clock::{fresh_id, random_bytes};
use crate::messages::Language;
use crate::refusal::{FieldProblem, Refusal, require_text};
use crate::store::api_tokens::{self, ApiTokenRow};

/// How every token begins, so that leaked ones are found by those who look for them.
pub const API_TOKEN_PREFIX: &str = "campo_";

/// What a token is made of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    /// What it is for; lists and the audit name it.
    pub name: String,
    /// As what it acts: `admin`, `dispatcher` or `viewer`.
    pub role: Role,
    /// What it may do of what the role may.
    pub scopes: Vec<Scope>,
    /// After this instant it is refused; never when absent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A token as admins see it, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApiToken {
    pub id: RecordId,
    pub name: String,
    pub role: Role,
    pub scopes: Vec<Scope>,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A token with what is shown when it is made and never again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApiTokenWithSecret {
    #[serde(flatten)]
    pub api_token: ApiToken,
    /// What goes after `Bearer`.
    pub token: String,
}

impl From<ApiTokenRow> for ApiToken {
    fn from(row: ApiTokenRow) -> Self {
        let role = Role::from_name(&row.role).unwrap_or(Role::Viewer);
        let scopes = scopes_of(&row);
        let ApiTokenRow { id, name, created_by, created_at, expires_at, revoked_at, .. } = row;
        Self { id, name, role, scopes, created_by, created_at, expires_at, revoked_at }
    }
}

fn scopes_of(row: &ApiTokenRow) -> Vec<Scope> {
    row.scopes.split(' ').filter_map(Scope::from_name).collect()
}

pub async fn create_api_token(
    app: &App,
    principal: &Principal,
    request: NewApiToken,
) -> Result<ApiTokenWithSecret, Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let secret: [u8; 32] = random_bytes();
    let row = new_row(principal, request, &secret, now)?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    api_tokens::insert(&mut tx, &row).await?;
    let details = json!({ "name": row.name, "role": row.role, "scopes": row.scopes });
    let entry = AuditEntry { action: "api_token.create".to_owned(), subject: row.id.to_string(), details };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    let token = encode(principal.organization, row.id, &secret);
    Ok(ApiTokenWithSecret { api_token: row.into(), token })
}

fn new_row(
    principal: &Principal,
    request: NewApiToken,
    secret: &[u8; 32],
    now: Timestamp,
) -> Result<ApiTokenRow, Refusal> {
    match request.role {
        Role::Admin | Role::Dispatcher | Role::Viewer => {}
        // Nobody assigns orders to a program.
        Role::Technician | Role::Customer | Role::System => {
            return Err(Refusal::invalid("role", FieldProblem::Unknown));
        }
    }
    if request.scopes.is_empty() {
        return Err(Refusal::invalid("scopes", FieldProblem::Required));
    }
    if request.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::invalid("expires_at", FieldProblem::Range));
    }
    let mut scopes: Vec<&str> = request.scopes.iter().map(|scope| scope.as_str()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    Ok(ApiTokenRow {
        id: RecordId::from_bytes(fresh_id()),
        name: require_text("name", &request.name, 100)?,
        role: request.role.as_str().to_owned(),
        language: principal.language.as_str().to_owned(),
        scopes: scopes.join(" "),
        secret_hash: Sha256::digest(secret).into(),
        created_by: principal.user,
        created_at: now,
        expires_at: request.expires_at,
        revoked_at: None,
    })
}

/// Every token of the organization, newest first.
pub async fn list_api_tokens(app: &App, principal: &Principal) -> Result<Vec<ApiToken>, Refusal> {
    principal.require_admin()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    Ok(api_tokens::list(&mut tx).await?.into_iter().map(ApiToken::from).collect())
}

/// Ends a token: from the next request on it is refused, on every node.
pub async fn revoke_api_token(app: &App, principal: &Principal, id: RecordId) -> Result<(), Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = api_tokens::get(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    api_tokens::revoke(&mut tx, id, now).await?;
    let details = json!({ "name": row.name });
    let entry = AuditEntry { action: "api_token.revoke".to_owned(), subject: id.to_string(), details };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Who a token speaks for, and what it may do. Unknown, ended and expired tokens are one and the same refusal.
///
/// A token acts under its own id, which is no user's.
pub async fn authenticate_api_token(app: &App, token: &str) -> Result<(Principal, Vec<Scope>), Refusal> {
    let (organization, id, secret) = decode(token).ok_or(Refusal::TokenInvalid)?;
    let mut tx = app.store.begin_read(organization).await?;
    let row = api_tokens::get(&mut tx, id).await?.ok_or(Refusal::TokenInvalid)?;
    let is_over = row.expires_at.is_some_and(|at| at <= app.clock.now()) || row.revoked_at.is_some();
    let hash: [u8; 32] = Sha256::digest(secret).into();
    if is_over || hash != row.secret_hash {
        return Err(Refusal::TokenInvalid);
    }
    let principal = Principal {
        organization,
        user: UserId::from_bytes(*id.as_bytes()),
        device: None,
        role: Role::from_name(&row.role).ok_or(Refusal::TokenInvalid)?,
        language: Language::from_name(&row.language).unwrap_or_default(),
        session: *id.as_bytes(),
    };
    Ok((principal, scopes_of(&row)))
}

fn encode(organization: OrganizationId, id: RecordId, secret: &[u8; 32]) -> String {
    let bytes = [organization.as_bytes().as_slice(), id.as_bytes(), secret].concat();
    format!("{API_TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn decode(token: &str) -> Option<(OrganizationId, RecordId, [u8; 32])> {
    const BYTES: usize = 64;
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(API_TOKEN_PREFIX)?).ok()?;
    let bytes: [u8; BYTES] = bytes.try_into().ok()?;
    Some((
        OrganizationId::from_slice(&bytes[..16])?,
        RecordId::from_slice(&bytes[16..32])?,
        bytes[32..].try_into().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_anything_else_is_none() {
        let (organization, id) = (OrganizationId::from_bytes([1; 16]), RecordId::from_bytes([2; 16]));
        let token = encode(organization, id, &[3; 32]);

        assert_eq!(decode(&token), Some((organization, id, [3; 32])));
        for text in ["", "campo_", "campo_AAAA", &token[6..], &format!("{token}A")] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
