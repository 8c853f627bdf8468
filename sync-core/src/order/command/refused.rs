//! Why a command was not performed, as data for a sentence. Never a failure of the software.

use crate::order::visit::VisitState;
use crate::workflow::{Guard, StateKey};

/// Why a command was not performed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The role may not do this.
    #[error("this role may not do this")]
    RoleForbidden,
    /// Only technicians assigned to the order may do this.
    #[error("the technician is not assigned to this order")]
    NotAssigned,
    /// The order is closed or cancelled.
    #[error("the order is closed")]
    OrderClosed,
    /// There is no such order yet, or it exists already.
    #[error("the order does not exist, or exists already")]
    WrongMoment,
    /// The entry named is not part of the order.
    #[error("the order has no such entry")]
    NoSuchEntry,
    /// A value is not acceptable.
    #[error("{field} is not acceptable")]
    InvalidValue {
        /// The field.
        field: &'static str,
    },
    /// The workflow has no such step from here for this role.
    #[error("no step leads from {from} to {to}")]
    NoTransition {
        /// Where the order stands.
        from: StateKey,
        /// Where it should go.
        to: StateKey,
    },
    /// The step needs a reason.
    #[error("a reason is required")]
    ReasonRequired,
    /// What must be done before the step.
    #[error("{} conditions are not met", .0.len())]
    GuardsUnmet(Vec<Guard>),
    /// The visit has come too far, or not far enough, for this.
    #[error("the visit does not allow this")]
    VisitStep {
        /// How far it has come.
        state: VisitState,
    },
    /// Signatures and stamps are never changed.
    #[error("this can never be changed")]
    Immutable,
}

impl Refused {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RoleForbidden => "role_forbidden",
            Self::NotAssigned => "not_assigned",
            Self::OrderClosed => "order_closed",
            Self::WrongMoment => "wrong_moment",
            Self::NoSuchEntry => "no_such_entry",
            Self::InvalidValue { .. } => "invalid_value",
            Self::NoTransition { .. } => "no_transition",
            Self::ReasonRequired => "reason_required",
            Self::GuardsUnmet(_) => "guards_unmet",
            Self::VisitStep { .. } => "visit_step",
            Self::Immutable => "immutable",
        }
    }
}
