//! The first run: one link, used once, makes an organization and its admin. Never works once an organization exists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use sync_core::ids::OrganizationId;
use sync_core::workflow::Role;

use crate::accounts::create_user::{NewUser, new_row, save_user};
use crate::accounts::list_users::publish_user;
use crate::accounts::organization_profile::{publish_organization, save_organization};
use crate::accounts::session::open_session;
use crate::accounts::{Organization, OrganizationFields, Principal, SessionGrant, User};
use crate::app::App;
use crate::audit::{self, AuditEntry, Author};
use crate::clock::{fresh_id, random_bytes};
use crate::messages::Language;
use crate::refusal::Refusal;
use crate::store::{installation, listeners, organizations, users};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    pub token: String,
    pub organization: OrganizationFields,
    pub admin: FirstAdmin,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstAdmin {
    pub email: String,
    pub name: String,
    pub password: String,
    #[serde(default)]
    pub language: Option<Language>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetUpDone {
    pub organization: Organization,
    pub admin: User,
    pub session: SessionGrant,
}

/// A fresh one-time token when no organization exists yet; it replaces the one offered before.
pub async fn offer_set_up(app: &App) -> Result<Option<String>, Refusal> {
    let mut tx = app.store.begin_system_write().await?;
    if !organizations::list_ids(&mut tx).await?.is_empty() {
        return Ok(None);
    }
    let token = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
    installation::offer_setup(&mut tx, &token_hash(&token), app.clock.now()).await?;
    tx.commit().await?;
    Ok(Some(token))
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Makes the organization and its admin; an unknown or used token is simply not found.
pub async fn set_up(app: &App, mut request: SetUp) -> Result<SetUpDone, Refusal> {
    request.organization.check()?;
    let now = app.clock.now();
    let FirstAdmin { email, name, password, language } = request.admin;
    let password_hash = app.passwords.hash(&password).await?;
    let (role, phone) = (Role::Admin, String::new());
    let new_admin = NewUser { email, name, role, password: Some(password), language, phone };
    let admin = new_row(&new_admin, request.organization.language, now)?;
    let id = OrganizationId::from_bytes(fresh_id());
    let organization =
        Organization { id, version: 1, created_at: now, updated_at: now, fields: request.organization };

    let mut tx = app.store.begin_system_write().await?;
    if !installation::use_setup(&mut tx, &token_hash(&request.token), now).await? {
        return Err(Refusal::NotFound);
    }
    tx.enter_organization(id).await?;
    save_organization(&mut tx, &organization).await?;
    save_user(&mut tx, &admin).await?;
    users::set_password(&mut tx, admin.id, &password_hash).await?;
    let (session, token) = open_session(&mut tx, admin.id, None, now).await?;
    let author = Author { user: Some(admin.id), device: None };
    let entry =
        AuditEntry { action: "organization.set_up".to_owned(), subject: id.to_string(), details: json!({}) };
    audit::append(&mut tx, author, entry, now).await?;
    listeners::advance(&mut tx, now).await?;
    publish_organization(&mut tx, &organization).await?;
    publish_user(&mut tx, &admin).await?;
    tx.commit().await?;

    let (user, role, language) = (admin.id, admin.role, admin.language);
    let principal = Principal { organization: id, user, device: None, role, language, session };
    let session = SessionGrant::new(app, &principal, token.encode())?;
    Ok(SetUpDone { organization, admin: admin.into(), session })
}
