//! Times of an order as documents carry them. Never reads a clock.

use campo_documents::data::{Moment, TimeTrust};
use sync_core::order::Order;
use sync_core::time::{self, TimeClaim};

pub fn moment(at: &TimeClaim) -> Moment {
    Moment {
        at_ms: at.estimated.0,
        trust: match at.trust {
            time::TimeTrust::Server => TimeTrust::Server,
            time::TimeTrust::Anchored => TimeTrust::Anchored,
            time::TimeTrust::Offset => TimeTrust::Offset,
            time::TimeTrust::DeviceOnly => TimeTrust::DeviceOnly,
        },
        uncertainty_ms: at.uncertainty_ms,
    }
}

/// The last thing that was recorded: the date of a paper that shows it.
pub fn latest_ms(order: &Order) -> i64 {
    let lines = order.materials.values().chain(order.services.values());
    let claims = order
        .stamps
        .values()
        .map(|stamp| stamp.at)
        .chain(order.status_events.values().map(|event| event.at))
        .chain(
            lines.flat_map(|line| [Some(line.at), line.removed.as_ref().map(|removal| removal.at)]).flatten(),
        )
        .chain(order.checklist.values().map(|answer| answer.at))
        .chain(order.notes.values().map(|note| note.at))
        .chain(order.expenses.values().map(|expense| expense.at))
        .chain(order.payments.values().map(|payment| payment.at))
        .chain(order.photos.values().map(|photo| photo.at))
        .chain(order.signatures.values().map(|signature| signature.at));
    let created = order.plan.created_at.map(|at| at.0);
    claims.map(|claim| claim.estimated.0).chain(created).max().unwrap_or_default()
}
