//! Opens a session with email and password. Unknown people, disabled people and wrong passwords look alike.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde_json::json;
use sync_core::ids::{DeviceId, OrganizationId};
use sync_core::time::Timestamp;

use crate::accounts::device_seal::{Seal, SealedRequest, is_sealed_by};
use crate::accounts::session::open_session;
use crate::accounts::{Principal, SessionGrant};
use crate::app::App;
use crate::audit::{self, AuditEntry, Author};
use crate::notifications::address_hash;
use crate::refusal::{FieldProblem, Refusal};
use crate::store::devices::DeviceRow;
use crate::store::users::Candidate;
use crate::store::{StoreError, devices, installation, users};

/// From this failure on an address waits before it may try again.
const FREE_FAILURES: i64 = 5;
const DELAY_SECONDS_MAX: i64 = 60;
pub(super) const ORGANIZATIONS_PER_EMAIL_MAX: i64 = 4;

/// One attempt to sign in.
pub struct SignIn<'a> {
    pub email: &'a str,
    pub password: &'a str,
    /// Needed only by people who belong to several organizations with one password.
    pub organization: Option<OrganizationId>,
    pub from: Option<IpAddr>,
    /// The seal of an enrolled device, which binds the session to it and spares it the delay.
    pub seal: Option<(&'a Seal, SealedRequest<'a>)>,
}

/// How many attempts one address on the network may make.
pub struct SignInLimiter {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
}

impl SignInLimiter {
    pub fn per_minute(count: u32) -> Self {
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self { limiter: RateLimiter::keyed(Quota::per_minute(count)) }
    }

    pub fn forget_idle(&self) {
        self.limiter.retain_recent();
    }

    pub(super) fn check(&self, from: Option<IpAddr>) -> Result<(), Refusal> {
        const RETRY_AFTER_S: u32 = 10;
        let is_free = from.is_none_or(|from| self.limiter.check_key(&from).is_ok());
        if is_free { Ok(()) } else { Err(Refusal::RateLimited { retry_after_s: RETRY_AFTER_S }) }
    }
}

pub async fn sign_in(app: &App, attempt: SignIn<'_>) -> Result<SessionGrant, Refusal> {
    app.sign_in_limiter.check(attempt.from)?;
    let now = app.clock.now();
    let email = attempt.email.trim().to_lowercase();
    let email_hash = address_hash(&email);
    let known_device = match attempt.seal {
        Some((seal, request)) => find_device(app, seal, request).await?,
        None => None,
    };

    let mut tx = app.store.begin_system_read().await?;
    let (failures, failed_at) = installation::failures(&mut tx, &email_hash).await?;
    let candidates = users::find_candidates(&mut tx, &email, ORGANIZATIONS_PER_EMAIL_MAX).await?;
    drop(tx);
    let is_known = |candidate: &Candidate| {
        known_device.as_ref().is_some_and(|(_, device)| device.user == candidate.user)
    };
    if !candidates.iter().any(is_known) {
        wait_out(failures, failed_at, now)?;
    }

    let hashes = candidates.iter().map(|candidate| candidate.password_hash.clone()).collect();
    let fits = app.passwords.matches(attempt.password, hashes).await?;
    let fitting = candidates.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(candidate, _)| candidate);
    let mut fitting: Vec<Candidate> = fitting.collect();
    if let Some(organization) = attempt.organization {
        fitting.retain(|candidate| candidate.organization == organization);
    }
    if fitting.len() > 1 {
        return Err(Refusal::invalid("organization_id", FieldProblem::Required));
    }
    let Some(person) = fitting.pop() else {
        let mut tx = app.store.begin_system_write().await?;
        installation::add_failure(&mut tx, &email_hash, now).await?;
        tx.commit().await?;
        return Err(Refusal::SignInRefused);
    };
    let device = known_device
        .filter(|(organization, device)| *organization == person.organization && device.user == person.user);
    admit(app, &person, device.map(|(_, device)| device.id), &email_hash).await
}

/// Each further failure doubles the wait, up to a minute; nobody is ever locked out.
pub(super) fn wait_out(failures: i64, failed_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if failures < FREE_FAILURES {
        return Ok(());
    }
    let doublings = u32::try_from((failures - FREE_FAILURES).min(6)).unwrap_or_default();
    let delay_ms = (1_i64 << doublings).min(DELAY_SECONDS_MAX) * 1_000;
    let left_ms = delay_ms - now.millis_since(failed_at);
    match u32::try_from(left_ms) {
        Ok(left_ms @ 1..) => Err(Refusal::RateLimited { retry_after_s: left_ms.div_ceil(1_000) }),
        Ok(0) | Err(_) => Ok(()),
    }
}

/// The enrolled device whose key sealed this request, if it is one that may still be used.
async fn find_device(
    app: &App,
    seal: &Seal,
    request: SealedRequest<'_>,
) -> Result<Option<(OrganizationId, DeviceRow)>, StoreError> {
    let mut tx = app.store.begin_system_read().await?;
    let Some(organization) = devices::find_organization(&mut tx, seal.device).await? else { return Ok(None) };
    tx.enter_organization(organization).await?;
    let Some(device) = devices::get(&mut tx, seal.device).await? else { return Ok(None) };
    let request = SealedRequest { organization, ..request };
    let is_good = device.revoked_at.is_none() && is_sealed_by(&device.public_key, &request, seal);
    Ok(is_good.then_some((organization, device)))
}

async fn admit(
    app: &App,
    person: &Candidate,
    device: Option<DeviceId>,
    email_hash: &[u8],
) -> Result<SessionGrant, Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_system_write().await?;
    installation::clear_failures(&mut tx, email_hash).await?;
    tx.enter_organization(person.organization).await?;
    let user = users::get(&mut tx, person.user).await?.ok_or(Refusal::SignInRefused)?;
    if user.disabled_at.is_some() {
        return Err(Refusal::SignInRefused);
    }
    let (session, token) = open_session(&mut tx, user.id, device, now).await?;
    let author = Author { user: Some(user.id), device };
    let entry =
        AuditEntry { action: "session.sign_in".to_owned(), subject: user.id.to_string(), details: json!({}) };
    audit::append(&mut tx, author, entry, now).await?;
    tx.commit().await?;
    let principal = Principal {
        organization: person.organization,
        user: user.id,
        device,
        role: user.role,
        language: user.language,
        session,
    };
    SessionGrant::new(app, &principal, token.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_at_the_fifth_failure_doubles_and_stays_below_a_minute() {
        let wait = |failures| match wait_out(failures, Timestamp(0), Timestamp(0)) {
            Err(Refusal::RateLimited { retry_after_s }) => retry_after_s,
            _ => 0,
        };

        assert_eq!([1, 4, 5, 6, 10, 11, 1_000].map(wait), [0, 0, 1, 2, 32, 60, 60]);
        assert!(wait_out(1_000, Timestamp(0), Timestamp(60_000)).is_ok());
    }
}
