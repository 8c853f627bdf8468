//! The flat row derived from one order, for lists, search, board and reports. Rebuildable; never the truth.

use crate::evidence::Signing;
use crate::ids::{RecordId, UserId};
use crate::order::entry::{Expense, Line, Note, Photo};
use crate::order::plan::{CrewRole, Place, Plan};
use crate::order::visit::VisitState;
use crate::order::{Order, Workflows};
use crate::time::Timestamp;
use crate::workflow::StatusCategory;

/// One order as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// The number, once the server gave one.
    pub number: Option<String>,
    /// The kind of order.
    pub kind: Option<String>,
    /// The workflow and its version.
    pub workflow: String,
    /// The state's key.
    pub state: String,
    /// The state's category.
    pub category: StatusCategory,
    /// `normal`, `high` or `urgent`.
    pub priority: &'static str,
    /// Why the customer asked.
    pub reason: Option<String>,
    /// The customer.
    pub customer: Option<RecordId>,
    /// Name of a customer not yet in the records.
    pub draft_customer: Option<String>,
    /// Telephone number and tax id of that customer, as far as they are known.
    pub draft_numbers: Vec<String>,
    /// Where.
    pub site: Option<RecordId>,
    /// On site, in the shop or remote.
    pub place: Place,
    /// What it is about, sorted.
    pub equipment: Vec<RecordId>,
    /// Since when it stands in its state, as estimated; nothing while it stands where every order begins.
    pub status_since: Option<Timestamp>,
    /// Start of the arrival window.
    pub window_start: Option<Timestamp>,
    /// End of the arrival window.
    pub window_end: Option<Timestamp>,
    /// Until when the work is promised.
    pub promised: Option<Timestamp>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Sum of the priced lines in minor units.
    pub total_minor: Option<i64>,
    /// What was received in the order's currency less what was given back, in minor units.
    pub paid_minor: i64,
    /// Whether at least what the lines come to is paid.
    pub is_paid: bool,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// When, as estimated.
    pub created_at: Option<Timestamp>,
    /// Who does it, sorted.
    pub assignees: Vec<(UserId, CrewRole)>,
    /// Who may take it from the shared pool, sorted; nobody while somebody does it.
    pub offered_to: Vec<UserId>,
    /// Open attention items.
    pub attention_count: usize,
    /// Open disagreements.
    pub conflict_count: usize,
    /// Visits that have a check-in and no check-out.
    pub running_visit_count: usize,
    /// Active material and service lines.
    pub line_count: usize,
    /// Remarks that were not taken back.
    pub note_count: usize,
    /// Photos that were not taken back.
    pub photo_count: usize,
    /// Expenses that were not taken back.
    pub expense_count: usize,
    /// Whether somebody signed.
    pub is_signed: bool,
}

impl OrderSummary {
    /// Derives the row of an order.
    pub fn of(order: &Order, workflows: &Workflows) -> Self {
        let plan = &order.plan;
        let lines = order.materials.values().chain(order.services.values());
        Self {
            number: plan.number.clone(),
            kind: plan.kind.clone(),
            workflow: workflows.of(plan).reference(),
            state: order.status.state.as_str().to_owned(),
            category: order.status.category,
            priority: plan.priority.as_str(),
            reason: plan.reason.clone(),
            customer: plan.customer,
            draft_customer: plan.draft_customer.as_ref().map(|draft| draft.name.clone()),
            draft_numbers: draft_numbers(plan),
            site: plan.site,
            place: plan.place,
            equipment: plan.equipment.iter().copied().collect(),
            status_since: order.status.since.map(|since| since.estimated),
            window_start: plan.window.map(|window| window.start),
            window_end: plan.window.map(|window| window.end),
            promised: plan.promised,
            currency: plan.currency.clone(),
            total_minor: order.total_minor(),
            paid_minor: order.paid_minor().unwrap_or_default(),
            is_paid: order.is_paid(),
            created_by: plan.created_by,
            created_at: plan.created_at,
            assignees: order.assignees.iter().map(|(user, role)| (*user, *role)).collect(),
            offered_to: order.offered_to.iter().copied().filter(|user| order.is_offered(*user)).collect(),
            attention_count: order.attention.len(),
            conflict_count: order.conflicts.len(),
            running_visit_count: order
                .visits
                .values()
                .filter(|visit| matches!(visit.state, VisitState::OnSite | VisitState::Paused))
                .count(),
            line_count: lines.filter(|line| Line::is_active(line)).count(),
            note_count: order.notes.values().filter(|Note { removed, .. }| removed.is_none()).count(),
            photo_count: order.photos.values().filter(|Photo { removed, .. }| removed.is_none()).count(),
            expense_count: order
                .expenses
                .values()
                .filter(|Expense { removed, .. }| removed.is_none())
                .count(),
            is_signed: matches!(order.signing, Signing::Signed { .. }),
        }
    }
}

fn draft_numbers(plan: &Plan) -> Vec<String> {
    let draft = plan.draft_customer.iter();
    draft.flat_map(|draft| [&draft.phone, &draft.tax_id]).flatten().cloned().collect()
}
