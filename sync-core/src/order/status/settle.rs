//! The written rules that settle concurrent steps. Never asks when a step was taken or which arrived first.

use std::cmp::Reverse;

use crate::workflow::{State, StatusCategory};

/// What kind of claim a state makes about the order; the greater claim is settled on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// The order is on its way.
    Open,
    /// Somebody gave it up.
    Cancelled,
    /// The work has been done, which nobody can undo by not knowing it.
    WorkDone,
}

impl Claim {
    pub const fn of(category: StatusCategory) -> Self {
        match category {
            StatusCategory::Done | StatusCategory::Closed => Self::WorkDone,
            StatusCategory::Cancelled => Self::Cancelled,
            StatusCategory::New
            | StatusCategory::Scheduled
            | StatusCategory::Traveling
            | StatusCategory::Working
            | StatusCategory::Waiting => Self::Open,
        }
    }
}

/// A status event that counts.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Where it leads.
    pub state: &'a State,
    /// The claim that state makes.
    pub claim: Claim,
    /// The first step of the unbroken run of steps that make the same claim, up to this one.
    pub claimed_first_by: usize,
    /// Whether it turns back on the road.
    pub is_back: bool,
    /// Whether the author said why.
    pub has_reason: bool,
    /// Whether Campo itself took it.
    pub is_by_system: bool,
}

impl Step<'_> {
    /// How the step compares with a concurrent one; the greatest is settled on.
    ///
    /// Done work beats a cancel and a cancel beats an open order; then the state further along the road; then the
    /// smaller id, which only chooses between steps to the same state as long as ranks are unique.
    pub fn precedence(&self, position: usize) -> (Claim, u32, Reverse<usize>) {
        (self.claim, self.state.rank, Reverse(position))
    }
}
