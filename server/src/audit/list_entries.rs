//! Reads the audit back, newest first, for admins. Never changes it.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::{BlobHash, DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::refusal::{FieldProblem, Refusal};
use crate::store::audit_rows::{self, AuditFilter, AuditRow};
use crate::store::{StoreError, Tx};

pub const AUDIT_ROWS_DEFAULT: i64 = 50;
pub const AUDIT_ROWS_MAX: i64 = 200;
/// So many links are looked through for one page; the next page goes on behind them.
const LOOKED_THROUGH_MAX: i64 = 20_000;

/// One deed, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditRecord {
    /// The position in the chain, from 1.
    pub seq: i64,
    pub at: Timestamp,
    /// Nobody for what the server does by itself.
    pub user_id: Option<UserId>,
    pub user_name: Option<String>,
    pub device_id: Option<DeviceId>,
    /// What was done: `customer.update`.
    pub action: String,
    /// To what: an identifier.
    pub subject: String,
    pub details: serde_json::Value,
    /// The link's own hash; the next link contains it.
    pub hash: BlobHash,
}

/// Which deeds are asked for, and where their page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAudit {
    pub filter: AuditFilter,
    /// Only links before this position.
    pub before: Option<i64>,
    pub rows_max: Option<i64>,
}

/// Deeds, newest first, and where the next page begins; a page may be short, or empty, and not be the last.
pub async fn list_audit_entries(
    app: &App,
    principal: &Principal,
    asked: &ListAudit,
) -> Result<(Vec<AuditRecord>, Option<String>), Refusal> {
    principal.require_admin()?;
    let rows_max = asked.rows_max.unwrap_or(AUDIT_ROWS_DEFAULT);
    if !(1..=AUDIT_ROWS_MAX).contains(&rows_max) {
        return Err(Refusal::invalid("limit", FieldProblem::Range));
    }
    let mut tx = app.store.begin_read(principal.organization).await?;
    let (rows, next) = page_before(&mut tx, &asked.filter, asked.before, rows_max).await?;
    tx.commit().await?;
    Ok((rows, next.map(|next| next.to_string())))
}

/// The newest deeds before a position, and the position before which the next page begins.
pub(crate) async fn page_before(
    tx: &mut Tx,
    filter: &AuditFilter,
    before: Option<i64>,
    rows_max: i64,
) -> Result<(Vec<AuditRecord>, Option<i64>), StoreError> {
    let before = match before {
        Some(before) => before,
        None => audit_rows::head(tx).await?.map_or(1, |(seq, _)| seq + 1),
    };
    let floor = before.saturating_sub(LOOKED_THROUGH_MAX).max(1);
    let rows = audit_rows::list_between(tx, filter, floor..before, rows_max).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == rows_max);
    let reached = rows.last().filter(|_| is_full).map_or(floor, |(row, _)| row.seq);
    let records = rows.into_iter().map(record).collect();
    Ok((records, (reached > 1).then_some(reached)))
}

fn record((row, user_name): (AuditRow, Option<String>)) -> AuditRecord {
    AuditRecord {
        seq: row.seq,
        at: row.at,
        user_id: row.user,
        user_name,
        device_id: row.device,
        action: row.action,
        subject: row.subject,
        details: serde_json::from_str(&row.details).unwrap_or(serde_json::Value::String(row.details)),
        hash: BlobHash::from_bytes(row.hash),
    }
}
