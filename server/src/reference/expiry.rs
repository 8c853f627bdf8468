//! When somebody has to be told that a record runs out. Never tells anybody: a job does.

use crate::refusal::{FieldProblem, Refusal};

const ALERTS_MAX: usize = 10;
/// Nobody plans further ahead.
pub const DAYS_BEFORE_MAX: u32 = 400;
pub const DAYS_BEFORE_DEFAULT: &[u32] = &[30];

/// For records that say nothing themselves.
pub fn usual_days() -> Vec<u32> {
    DAYS_BEFORE_DEFAULT.to_vec()
}

/// Days before the end, each once, the earliest warning first.
pub fn check_days(days: &mut Vec<u32>) -> Result<(), Refusal> {
    const FIELD: &str = "alert_days_before";
    days.sort_unstable_by(|one, other| other.cmp(one));
    days.dedup();
    if days.len() > ALERTS_MAX {
        return Err(Refusal::invalid(FIELD, FieldProblem::TooLong));
    }
    if days.iter().any(|days| *days > DAYS_BEFORE_MAX) {
        return Err(Refusal::invalid(FIELD, FieldProblem::Range));
    }
    Ok(())
}
