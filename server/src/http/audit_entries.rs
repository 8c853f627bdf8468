//! `/v1/audit-entries`: who did what. Never writes.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::audit::{self, ListAudit};
use crate::http::error::Problem;
use crate::http::list::ListResponse;
use crate::http::node::Node;
use crate::refusal::{FieldProblem, Refusal, optional_text};
use crate::store::audit_rows::AuditFilter;
use crate::store::order_search::TimeRange;

const NAME_LENGTH_MAX: usize = 200;

#[derive(Debug, Deserialize, JsonSchema)]
pub struct AuditListRequest {
    /// Lists what this person did.
    #[schemars(with = "Option<UserId>")]
    user: Option<String>,
    /// Lists what was done to this: an identifier.
    #[schemars(length(max = 200))]
    subject: Option<String>,
    /// Lists deeds with this name, `customer.update`, or of this kind, `customer`.
    #[schemars(length(max = 200))]
    action: Option<String>,
    /// Lists what was done from this moment on, in milliseconds since 1970.
    from: Option<i64>,
    /// Lists what was done before this moment, in milliseconds since 1970.
    until: Option<i64>,
    /// The `next_page` of the page before.
    page: Option<String>,
    #[schemars(range(min = 1, max = 200))]
    limit: Option<i64>,
}

impl AuditListRequest {
    pub fn read(self) -> Result<ListAudit, Problem> {
        let wrong = |field| Problem::from(Refusal::invalid(field, FieldProblem::Format));
        let user = self.user.map(|id| id.parse::<UserId>().map_err(|_| wrong("user"))).transpose()?;
        let page = self.page.map(|page| page.parse::<i64>().map_err(|_| wrong("page"))).transpose()?;
        let named = |field, text: Option<String>| -> Result<Option<String>, Problem> {
            text.map(|text| Ok(optional_text(field, &text, NAME_LENGTH_MAX)?)).transpose()
        };
        let filter = AuditFilter {
            user,
            subject: named("subject", self.subject)?,
            action: named("action", self.action)?,
            range: TimeRange { from: self.from.map(Timestamp), until: self.until.map(Timestamp) },
        };
        Ok(ListAudit { filter, before: page, rows_max: self.limit })
    }
}

pub async fn list_audit_entries(
    node: Node,
    principal: Principal,
    query: web::Query<AuditListRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, asked) = (node.0.clone(), query.into_inner().read()?);
    let page = node.run(async move { audit::list_audit_entries(&app, &principal, &asked).await }).await?;
    Ok(HttpResponse::Ok().json(ListResponse::from(page)))
}
