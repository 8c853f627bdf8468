//! What must hold before a person may take a step. Never looks at an order: the caller states the facts.

use serde::{Deserialize, Serialize};

/// A condition on a step, shown as a link to where it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Guard {
    /// Every required question is answered.
    ChecklistComplete,
    /// The person in charge signed what the order says.
    Signed,
    /// At least so many photos were taken.
    MinimumPhotos(u32),
    /// The customer approved the current quote.
    QuoteApproved,
    /// Nobody is still checked in.
    CheckedOut,
    /// The report says what was done.
    ReportText,
    /// Nothing is left to pay.
    Paid,
    /// Somebody is responsible.
    HasAssignee,
    /// There is a time window.
    HasWindow,
}

/// What guards ask of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuardFacts {
    /// Every required question of the checklist is answered; also true without a checklist.
    pub is_checklist_complete: bool,
    /// A signature covers the order as it stands.
    pub is_signed: bool,
    /// Photos taken, of any stage.
    pub photo_count: u32,
    /// The current version of the quote is approved.
    pub is_quote_approved: bool,
    /// No visit is checked in without being checked out.
    pub is_checked_out: bool,
    /// The report text is not empty.
    pub has_report_text: bool,
    /// Receipts cover the total.
    pub is_paid: bool,
    /// At least one technician is assigned.
    pub has_assignee: bool,
    /// A time window is set.
    pub has_window: bool,
}

impl Guard {
    /// Whether the condition holds.
    pub const fn is_met_by(self, facts: &GuardFacts) -> bool {
        match self {
            Self::ChecklistComplete => facts.is_checklist_complete,
            Self::Signed => facts.is_signed,
            Self::MinimumPhotos(photo_count_min) => facts.photo_count >= photo_count_min,
            Self::QuoteApproved => facts.is_quote_approved,
            Self::CheckedOut => facts.is_checked_out,
            Self::ReportText => facts.has_report_text,
            Self::Paid => facts.is_paid,
            Self::HasAssignee => facts.has_assignee,
            Self::HasWindow => facts.has_window,
        }
    }
}
