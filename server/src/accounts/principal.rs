//! Who is calling, from an access token. Never decides about one order: `sync_core::rules` does.

use sync_core::ids::{DeviceId, OrganizationId, UserId};
use sync_core::order::SYSTEM_USER;
use sync_core::workflow::Role;

use crate::app::App;
use crate::audit::Author;
use crate::messages::Language;
use crate::refusal::Refusal;
use crate::store::sessions::FamilyId;

/// The authenticated caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub organization: OrganizationId,
    pub user: UserId,
    pub device: Option<DeviceId>,
    pub role: Role,
    pub language: Language,
    pub session: FamilyId,
}

impl Principal {
    /// Whoever runs the server and its commands: an admin of every organization, who is no user of any.
    pub const fn operator(organization: OrganizationId, language: Language) -> Self {
        let session = *SYSTEM_USER.as_bytes();
        Self { organization, user: SYSTEM_USER, device: None, role: Role::Admin, language, session }
    }

    /// Admins and dispatchers only.
    pub fn require_office(&self) -> Result<(), Refusal> {
        if matches!(self.role, Role::Admin | Role::Dispatcher) { Ok(()) } else { Err(Refusal::RoleForbidden) }
    }

    /// Admins only.
    pub fn require_admin(&self) -> Result<(), Refusal> {
        if self.role == Role::Admin { Ok(()) } else { Err(Refusal::RoleForbidden) }
    }

    /// The caller as the audit chain names them.
    pub fn author(&self) -> Author {
        Author { user: Some(self.user), device: self.device }
    }
}

/// Checks an access token and whether its session was ended since.
pub fn authenticate(app: &App, token: &str) -> Result<Principal, Refusal> {
    let principal = app.tokens.verify(token, app.clock.now())?.into_principal()?;
    if app.revocations.contains(&principal.session) {
        return Err(Refusal::SessionRevoked);
    }
    Ok(principal)
}
