//! What the office does to orders over REST: the same commands, stored the same way as a device's. Knows no HTTP.

pub mod assign_orders;
pub mod cancel_order;
pub mod count_orders;
pub mod create_order;
pub mod decide_held_change;
pub mod execute_command;
pub mod list_orders;
pub mod order_history;
pub mod order_view;
pub mod past_order;
pub mod pool;
pub mod read_order;
pub mod saved_views;
pub mod suggest_technicians;
pub mod tell_order;

use sha2::{Digest as _, Sha256};
use sync_core::ids::{ChangeHash, OrderId, OrganizationId, UserId};
use sync_core::order::Refused;
use sync_core::workflow::Role;

use crate::accounts::Principal;
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::sync::order_state::StoredOrder;
use crate::sync::reads_every_order;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The organization.
    pub organization: OrganizationId,
    /// The person.
    pub user: UserId,
    /// In which role.
    pub role: Role,
}

impl Caller {
    /// Who is signed in, or whom a token speaks for.
    pub const fn of(principal: &Principal) -> Self {
        Self { organization: principal.organization, user: principal.user, role: principal.role }
    }
}

/// Why an operation on an order did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OrderRefusal {
    /// There is no such order for this caller.
    #[error("no such order is visible to the caller")]
    NotFound,
    /// The caller's role does not do this.
    #[error("the caller's role does not allow it")]
    RoleForbidden,
    /// The order has moved on since the caller read it.
    #[error("the order has moved on")]
    Stale(Box<order_view::OrderView>),
    /// The rules forbid the command.
    #[error("the rules forbid the command: {}", .0.code())]
    Refused(Refused),
    /// The order takes nothing more: full, deleted or quarantined.
    #[error("the order takes no more changes")]
    Stopped,
    /// Whoever is asked beside the orders refuses.
    #[error(transparent)]
    Other(#[from] Refusal),
    /// The page is not one of this list.
    #[error(transparent)]
    Page(#[from] list_orders::PageTokenError),
    /// The database, or our own code.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names a version of an order: equal for equal heads.
pub fn version_of(heads: &[ChangeHash]) -> String {
    let mut hash = Sha256::new();
    heads.iter().for_each(|head| hash.update(head.as_bytes()));
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Caller {
    /// Whether the caller sees every order of the organization.
    pub const fn is_office(&self) -> bool {
        reads_every_order(self.role)
    }

    /// Whether the caller decides for the organization.
    pub const fn is_dispatcher(&self) -> bool {
        matches!(self.role, Role::Admin | Role::Dispatcher)
    }

    /// The order, if it exists for this caller.
    fn require_visible(&self, stored: &StoredOrder) -> Result<(), OrderRefusal> {
        let is_visible = self.is_office() || stored.audience.contains_key(&self.user);
        if stored.head.is_some() && is_visible { Ok(()) } else { Err(OrderRefusal::NotFound) }
    }
}

/// Reads an order id made up by the server where the caller gave none.
pub fn fresh_order_id() -> OrderId {
    OrderId::from_bytes(*uuid::Uuid::new_v4().as_bytes())
}
