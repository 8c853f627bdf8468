//! What an order comes to, and what of it is paid. Never mixes currencies, and never takes a missing price for zero.

use super::Order;
use super::entry::{Line, Payment};

impl Order {
    /// Sum of the priced, active lines in minor units; `None` when an amount is out of range.
    pub fn total_minor(&self) -> Option<i64> {
        self.materials
            .values()
            .chain(self.services.values())
            .filter(|line| line.is_active())
            .filter_map(Line::total_minor)
            .try_fold(0_i64, i64::checked_add)
    }

    /// What was received in the order's currency less what was given back, in minor units; `None` out of range.
    pub fn paid_minor(&self) -> Option<i64> {
        let counts = |payment: &&Payment| {
            payment.removed.is_none()
                && self.plan.currency.as_ref().is_none_or(|currency| *currency == payment.currency)
        };
        self.payments
            .values()
            .filter(counts)
            .try_fold(0_i64, |paid, payment| paid.checked_add(payment.amount_minor))
    }

    /// Whether at least what the lines come to is paid. An order without prices is not paid.
    pub fn is_paid(&self) -> bool {
        let total = self.total_minor().filter(|total| *total > 0);
        total.zip(self.paid_minor()).is_some_and(|(total, paid)| paid >= total)
    }
}
