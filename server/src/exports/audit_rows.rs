//! The rows of the audit, for a file: newest first. Never for others than admins.

use std::sync::Arc;

use serde_json::json;
use sync_core::ids::OrganizationId;

use super::listed_rows::{PagedList, export_list};
use super::{ExportBytes, ExportStyle, PAGE_ROWS};
use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{AuditRecord, ListAudit, page_before};
use crate::refusal::Refusal;
use crate::store::audit_rows::AuditFilter;
use crate::store::{Store, StoreError};

/// Begins the file.
pub async fn export_audit_entries(
    app: &Arc<App>,
    principal: &Principal,
    asked: ListAudit,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    principal.require_admin()?;
    let narrowed = json!(asked.filter);
    let list = Pages {
        store: app.store.clone(),
        organization: principal.organization,
        filter: asked.filter,
        before: None,
        is_over: false,
    };
    export_list(app, principal, list, narrowed, style).await
}

#[derive(Clone)]
struct Pages {
    store: Store,
    organization: OrganizationId,
    filter: AuditFilter,
    before: Option<i64>,
    is_over: bool,
}

impl PagedList for Pages {
    type Row = AuditRecord;

    fn subject(&self) -> &'static str {
        "audit"
    }

    async fn next(&mut self) -> Result<Vec<AuditRecord>, StoreError> {
        while !self.is_over {
            let mut tx = self.store.begin_read(self.organization).await?;
            let (rows, next) = page_before(&mut tx, &self.filter, self.before, i64::from(PAGE_ROWS)).await?;
            tx.commit().await?;
            self.before = next;
            self.is_over = next.is_none();
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }
}
