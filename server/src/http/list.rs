//! Lists over HTTP: `q`, `page`, `limit`, `archived`, `customer`, `due_before` in, `rows` and `next_page` out.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::http::error::Problem;
use crate::reference::{ListQuery, PageAnchor};
use crate::refusal::{FieldProblem, Refusal, optional_date};

#[derive(Debug, Deserialize)]
pub struct ListRequest {
    #[serde(default)]
    q: String,
    page: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    archived: bool,
    customer: Option<String>,
    due_before: Option<String>,
}

impl ListRequest {
    pub fn read(request: web::Query<Self>) -> Result<ListQuery, Problem> {
        let Self { q, page, limit, archived, customer, due_before } = request.into_inner();
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
        })
    }
}

#[derive(Debug, Serialize)]
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
