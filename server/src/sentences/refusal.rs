//! Tells why something was not accepted or has to wait. Never blames, and never says that work is lost.

use fluent_bundle::FluentValue;
use sync_core::message::{HeldReason, RejectCode};
use sync_core::order::Refused;
use sync_core::order::visit::VisitState;
use sync_core::workflow::{Guard, Workflow};

use super::Wording;
use super::fields::named_field;
use super::steps::state_name;
use super::words::{Variable, say};

/// Tells why a command was not performed.
pub fn refused(refused: &Refused, workflow: &Workflow, wording: &Wording<'_>) -> String {
    let reason =
        |variables: &[Variable<'_>]| say(wording.language, &format!("reason-{}", refused.code()), variables);
    let state = |key| FluentValue::from(state_name(key, workflow, wording));
    let reason = match refused {
        Refused::RoleForbidden
        | Refused::NotAssigned
        | Refused::OrderClosed
        | Refused::WrongMoment
        | Refused::NoSuchEntry
        | Refused::ReasonRequired
        | Refused::Immutable => reason(&[]),
        Refused::InvalidValue { field } => reason(&[("label", named_field(field, wording).into())]),
        Refused::NoTransition { from, to } => reason(&[("from", state(from)), ("to", state(to))]),
        Refused::GuardsUnmet(guards) => {
            let list: Vec<_> = guards.iter().map(|guard| guard_name(*guard, wording)).collect();
            reason(&[("list", list.join(", ").into())])
        }
        Refused::VisitStep { state } => {
            let state = say(wording.language, visit_key(*state), &[]);
            reason(&[("state", state.into())])
        }
    };
    say(wording.language, "refused", &[("reason", reason.into())])
}

fn guard_name(guard: Guard, wording: &Wording<'_>) -> String {
    let (key, count) = match guard {
        Guard::ChecklistComplete => ("guard-checklist_complete", 0),
        Guard::Signed => ("guard-signed", 0),
        Guard::MinimumPhotos(count) => ("guard-minimum_photos", count),
        Guard::QuoteApproved => ("guard-quote_approved", 0),
        Guard::CheckedOut => ("guard-checked_out", 0),
        Guard::ReportText => ("guard-report_text", 0),
        Guard::Paid => ("guard-paid", 0),
        Guard::HasAssignee => ("guard-has_assignee", 0),
        Guard::HasWindow => ("guard-has_window", 0),
    };
    say(wording.language, key, &[("count", count.into())])
}

const fn visit_key(state: VisitState) -> &'static str {
    match state {
        VisitState::Planned => "visit-planned",
        VisitState::Traveling => "visit-traveling",
        VisitState::OnSite => "visit-on_site",
        VisitState::Paused => "visit-paused",
        VisitState::Done => "visit-done",
    }
}

/// Tells why the server did not accept a change; the device keeps it.
pub fn rejected(code: &RejectCode, wording: &Wording<'_>) -> String {
    let key = match code {
        RejectCode::HashMismatch | RejectCode::Checksum => "reason-damaged",
        RejectCode::TooManyOps | RejectCode::TooLarge => "reason-too-large",
        RejectCode::ChunkType
        | RejectCode::NotCanonical
        | RejectCode::Structure
        | RejectCode::StartOp
        | RejectCode::Unloadable => "reason-unreadable",
        RejectCode::ActorNotYours => "reason-actor_not_yours",
        RejectCode::NotAssigned => "reason-not_assigned",
        RejectCode::UnknownOrder => "reason-unknown_order",
        RejectCode::ForbiddenField => "reason-forbidden_field",
        RejectCode::Immutable => "reason-immutable",
        RejectCode::DependsOnRefused => "reason-depends_on_refused",
        RejectCode::DiscardedByOffice => "reason-discarded_by_office",
        RejectCode::Other(_) => "reason-other",
    };
    let reason = say(wording.language, key, &[("code", code.as_str().into())]);
    say(wording.language, "rejected", &[("reason", reason.into())])
}

/// Tells why a change is kept by the server without being merged.
pub fn held(why: &HeldReason, wording: &Wording<'_>) -> String {
    let key = match why {
        HeldReason::AuthorDisabled => "held-author_disabled",
        HeldReason::OrderDeleted => "held-order_deleted",
        HeldReason::OrderFull => "held-order_full",
        HeldReason::OrderQuarantined => "held-order_quarantined",
        HeldReason::Unsupported => "held-unsupported",
        HeldReason::DependsOnHeld => "held-depends_on_held",
        HeldReason::Other(_) => "held-other",
    };
    let reason = say(wording.language, key, &[("code", why.as_str().into())]);
    say(wording.language, "held", &[("reason", reason.into())])
}
