//! How many rows one person may take away in an hour, and the audit row of each export. Never lets one pass uncounted.

use serde_json::{Value, json};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::refusal::Refusal;
use crate::store::export_budgets;

/// Rows that one person may export in an hour of the clock.
pub const EXPORT_ROWS_PER_HOUR: i64 = 500_000;

const HOUR_MS: i64 = 3_600_000;

/// What is to be exported.
pub(super) struct Export {
    /// `order`, or the kind of a record.
    pub subject: &'static str,
    pub rows: i64,
    /// Format and filter, for the audit.
    pub details: Value,
}

/// Takes the rows from the person's hour and writes the audit row, or refuses and writes that.
pub(super) async fn take(app: &App, principal: &Principal, export: Export) -> Result<(), Refusal> {
    let now = app.clock.now();
    let hour = now.0.div_euclid(HOUR_MS);
    let mut tx = app.store.begin_write(principal.organization).await?;
    export_budgets::add(&mut tx, principal.user, hour, export.rows).await?;
    let taken = export_budgets::taken(&mut tx, principal.user, hour).await?;
    let is_within = taken <= EXPORT_ROWS_PER_HOUR;
    if !is_within {
        drop(tx);
        tx = app.store.begin_write(principal.organization).await?;
    }
    let action = if is_within { "export" } else { "export_refused" };
    let entry = AuditEntry {
        action: format!("{}.{action}", export.subject),
        subject: principal.user.to_string(),
        details: json!({ "rows": export.rows, "taken_this_hour": taken, "export": export.details }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    if is_within {
        return Ok(());
    }
    tracing::warn!(user.id = %principal.user, "an export was refused: the rows of this hour are used up");
    Err(Refusal::RateLimited { retry_after_s: seconds_left(now, hour) })
}

fn seconds_left(now: Timestamp, hour: i64) -> u32 {
    let left_ms = ((hour + 1) * HOUR_MS - now.0).max(1_000);
    u32::try_from(left_ms / 1_000).unwrap_or(3_600)
}
