//! The link by which a person chooses a password: mailed to who forgot theirs, and to who was invited. Works once.
//!
//! It names organization and person (16 bytes each) and its end (8 bytes). Its code is also made of the password that the person
//! has: a new one ends every link made before.

use std::net::IpAddr;

use serde_json::json;
use sync_core::ids::{OrganizationId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::sign_in::{ORGANIZATIONS_PER_EMAIL_MAX, wait_out};
use crate::app::App;
use crate::audit::{self, AuditEntry, Author};
use crate::clock::fresh_id;
use crate::notifications::{address_hash, queue_mail};
use crate::proof::{Bond, LinkToken, ProofKeys};
use crate::refusal::{Refusal, optional_text};
use crate::store::messages::MessageRow;
use crate::store::sessions::{self, Ending};
use crate::store::users::UserRow;
use crate::store::{StoreError, Tx, installation, organizations, users};

const NAMES_LENGTH: usize = 40;
/// A person gets one mail in so much time, however often it is asked for.
const ASKED_AGAIN_AFTER_MS: i64 = 5 * 60_000;
const EMAIL_LENGTH_MAX: usize = 254;

/// Why somebody is sent a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordLinkCause {
    Forgotten,
    Invited,
}

impl PasswordLinkCause {
    /// The event of its mail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forgotten => "user.password_forgotten",
            Self::Invited => "user.invited",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Forgotten, Self::Invited].into_iter().find(|cause| cause.as_str() == name)
    }

    /// How long a link works: a day, and a week for who does not wait for it.
    pub const fn works_for_ms(self) -> i64 {
        match self {
            Self::Forgotten => 24 * 3_600_000,
            Self::Invited => 7 * 24 * 3_600_000,
        }
    }
}

/// Whose password a link sets, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordLink {
    pub organization: OrganizationId,
    pub user: UserId,
    pub until: Timestamp,
}

/// Whom a link that works belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOwner {
    pub company: String,
    pub email: String,
}

impl PasswordLink {
    /// The token of this link, while the person has this password.
    pub fn to_token(&self, keys: &ProofKeys, password_hash: &str) -> String {
        let mut names = [0; NAMES_LENGTH];
        names[..16].copy_from_slice(self.organization.as_bytes());
        names[16..32].copy_from_slice(self.user.as_bytes());
        names[32..].copy_from_slice(&self.until.0.to_be_bytes());
        LinkToken::make(names, keys, bond(password_hash))
    }

    /// What a token names, whoever made it.
    fn named_by(token: &LinkToken<NAMES_LENGTH>) -> Option<Self> {
        let names = &token.names;
        Some(Self {
            organization: OrganizationId::from_slice(&names[..16])?,
            user: UserId::from_slice(&names[16..32])?,
            until: Timestamp(i64::from_be_bytes(names[32..].try_into().ok()?)),
        })
    }

    /// The person, in a transaction of their organization; nobody where the link does not work.
    async fn person(
        &self,
        tx: &mut Tx,
        (app, token): (&App, &LinkToken<NAMES_LENGTH>),
    ) -> Result<Option<UserRow>, StoreError> {
        let password_hash = users::password_hash(tx, self.user).await?.unwrap_or_default();
        if !token.is_ours(&app.proof, bond(&password_hash)) || app.clock.now() >= self.until {
            return Ok(None);
        }
        Ok(users::get(tx, self.user).await?.filter(|user| user.disabled_at.is_none()))
    }
}

const fn bond(password_hash: &str) -> Bond<'_> {
    Bond { purpose: b"password link", secret: password_hash.as_bytes() }
}

fn read(token: &str) -> Option<(LinkToken<NAMES_LENGTH>, PasswordLink)> {
    let token = LinkToken::read(token)?;
    Some((token, PasswordLink::named_by(&token)?))
}

/// Mails a link to whoever has this address. An address is asked about as often as it may fail to sign in; each time
/// something is written, so that neither the answer nor its time says whether anybody has it.
pub async fn ask_password_link(app: &App, email: &str, from: Option<IpAddr>) -> Result<(), Refusal> {
    app.sign_in_limiter.check(from)?;
    let now = app.clock.now();
    let email = optional_text("email", email, EMAIL_LENGTH_MAX)?.to_lowercase();
    let email_hash = address_hash(&email);
    let mut tx = app.store.begin_system_write().await?;
    let (failures, failed_at) = installation::failures(&mut tx, &email_hash).await?;
    wait_out(failures, failed_at, now)?;
    installation::add_failure(&mut tx, &email_hash, now).await?;
    for (organization, user) in users::find_addressed(&mut tx, &email, ORGANIZATIONS_PER_EMAIL_MAX).await? {
        tx.enter_organization(organization).await?;
        if let Some(user) = users::get(&mut tx, user).await? {
            mail_password_link(app, &mut tx, &user, PasswordLinkCause::Forgotten).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Writes a mail with a link into the log, to be sent; once for a cause and a while.
pub(crate) async fn mail_password_link(
    app: &App,
    tx: &mut Tx,
    user: &UserRow,
    cause: PasswordLinkCause,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let row = MessageRow {
        id: RecordId::from_bytes(fresh_id()),
        channel: "email".to_owned(),
        event: cause.as_str().to_owned(),
        cause: format!("{}/{}", user.id, now.0.div_euclid(ASKED_AGAIN_AFTER_MS)),
        order_id: None,
        customer_id: None,
        user_id: Some(user.id),
        address: user.email.clone(),
        language: user.language.as_str().to_owned(),
        facts: json!({ "name": user.name }).to_string(),
        state: "queued".to_owned(),
        reason: String::new(),
        attempts: 0,
        created_at: now,
        updated_at: now,
    };
    queue_mail(app, tx, row, now).await
}

/// Whose password the link of a token would set; nobody's where it does not work, or no more.
pub async fn owner_of_password_link(app: &App, token: &str) -> Result<Option<LinkOwner>, Refusal> {
    let Some((token, link)) = read(token) else { return Ok(None) };
    let mut tx = app.store.begin_read(link.organization).await?;
    let Some(profile) = organizations::get(&mut tx).await? else { return Ok(None) };
    let person = link.person(&mut tx, (app, &token)).await?;
    tx.commit().await?;
    Ok(person.map(|person| LinkOwner { company: profile.name, email: person.email }))
}

/// Sets the password of a link's person and ends their sessions; false where the link does not work, or no more.
pub async fn set_password_by_link(app: &App, token: &str, password: &str) -> Result<bool, Refusal> {
    let Some((token, link)) = read(token) else { return Ok(false) };
    let password_hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(link.organization).await?;
    let before = users::password_hash(&mut tx, link.user).await?;
    let Some(person) = link.person(&mut tx, (app, &token)).await? else { return Ok(false) };
    // Of two who use the link at the same time, one comes first.
    if !users::replace_password(&mut tx, person.id, before.as_deref(), &password_hash).await? {
        return Ok(false);
    }
    let ended = sessions::revoke(&mut tx, Ending::User(person.id), "password_set", now).await?;
    let author = Author { user: Some(person.id), device: None };
    let (action, subject) = ("user.set_password".to_owned(), person.id.to_string());
    audit::append(&mut tx, author, AuditEntry { action, subject, details: json!({}) }, now).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    let mut tx = app.store.begin_system_write().await?;
    installation::clear_failures(&mut tx, &address_hash(&person.email)).await?;
    tx.commit().await?;
    Ok(true)
}
