//! Lists over HTTP: `q`, `page`, `limit`, `archived`, `customer`, `due_before`, `barcode` in, `rows` and `next_page` out.

use actix_web::web;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::http::error::Problem;
use crate::reference::{ListQuery, PageAnchor};
use crate::refusal::{FieldProblem, Refusal, optional_date};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListRequest {
    /// Words that are all in the record.
    #[serde(default)]
    #[schemars(length(max = 200))]
    q: String,
    /// The `next_page` of the page before.
    page: Option<String>,
    #[schemars(range(min = 1, max = 200))]
    limit: Option<i64>,
    /// Lists what was archived too.
    #[serde(default)]
    archived: bool,
    /// Lists what belongs to this customer.
    #[schemars(with = "Option<RecordId>")]
    customer: Option<String>,
    /// Lists what somebody has to act on before this day, `YYYY-MM-DD`.
    due_before: Option<String>,
    /// Lists what has exactly this barcode.
    barcode: Option<String>,
}

impl ListRequest {
    pub fn read(request: web::Query<Self>) -> Result<ListQuery, Problem> {
        let Self { q, page, limit, archived, customer, due_before, barcode } = request.into_inner();
        let anchor = page.map(|page| PageAnchor::decode(&page).ok_or("page"));
        let customer = customer.map(|id| id.parse().map_err(|_| "customer"));
        let wrong = |field| Problem::from(Refusal::invalid(field, FieldProblem::Format));
        let due_before = optional_date("due_before", due_before.as_deref().unwrap_or_default())?;
        Ok(ListQuery {
            text: q,
            page: anchor.transpose().map_err(wrong)?,
            rows_max: limit,
            with_archived: archived,
            customer: customer.transpose().map_err(wrong)?,
            due_before: Some(due_before).filter(|day| !day.is_empty()),
            barcode: barcode.map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()),
        })
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub struct ListResponse<T> {
    pub rows: Vec<T>,
    /// Give it back as `page`; absent on the last page.
    pub next_page: Option<String>,
}

impl<T> From<(Vec<T>, Option<String>)> for ListResponse<T> {
    fn from((rows, next_page): (Vec<T>, Option<String>)) -> Self {
        Self { rows, next_page }
    }
}
