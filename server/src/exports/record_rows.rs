//! The rows of a list of records, as a file: every field of each. Never a kind that the caller may not read.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;
use tokio::sync::mpsc::{Sender, channel};

use super::budget::{self, Export};
use super::cells::{Cell, Style};
use super::{ExportBroken, ExportBytes, ExportStyle, PAGE_ROWS, WAITING_MAX, write_columns};
use crate::accounts::Principal;
use crate::app::App;
use crate::reference::{ListQuery, PageAnchor, Record, ReferenceFields};
use crate::refusal::Refusal;
use crate::sentences;
use crate::store::{ListPage, Store, StoreError, organizations};

/// Begins the file of a list.
pub async fn export_records<F: ReferenceFields>(
    app: &Arc<App>,
    principal: &Principal,
    query: &ListQuery,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    F::READERS.require(principal)?;
    let page = ListPage {
        count_max: i64::from(PAGE_ROWS),
        after_name: String::new(),
        after_id: Vec::new(),
        ..query.to_page()?
    };
    let pages = Pages { store: app.store.clone(), organization: principal.organization, page };
    let rows = pages.clone().count::<F>().await?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    let details =
        json!({ "format": style.format.as_str(), "q": query.text, "archived": query.with_archived });
    budget::take(app, principal, Export { subject: F::KIND, rows, details }).await?;
    let columns = columns_of::<F>();
    let (sender, receiver) = channel(WAITING_MAX);
    tokio::spawn(pages.send::<F>(sender, columns.clone()));
    let zone = sentences::zone(&profile.zone);
    let written = Style { language: style.language, zone, headers: style.headers };
    Ok(write_columns(columns, receiver, written, style.format))
}

/// Page after page, each in a transaction of its own.
#[derive(Clone)]
struct Pages {
    store: Store,
    organization: OrganizationId,
    page: ListPage,
}

impl Pages {
    async fn next<F: ReferenceFields>(&mut self) -> Result<Vec<Record<F>>, StoreError> {
        let mut tx = self.store.begin_read(self.organization).await?;
        let records = F::list(&mut tx, &self.page).await?;
        tx.commit().await?;
        if let Some(last) = records.last() {
            let PageAnchor { name, id } = PageAnchor::after(last.fields.title(), last.id.as_bytes());
            self.page.after_name = name;
            self.page.after_id = id;
        }
        Ok(records)
    }

    async fn count<F: ReferenceFields>(mut self) -> Result<i64, StoreError> {
        let mut count = 0;
        loop {
            let records = self.next::<F>().await?;
            if records.is_empty() {
                return Ok(count);
            }
            count += i64::try_from(records.len()).unwrap_or(i64::MAX);
        }
    }

    async fn send<F: ReferenceFields>(
        mut self,
        rows: Sender<Result<Vec<Vec<Cell>>, ExportBroken>>,
        columns: Vec<String>,
    ) {
        loop {
            let page = self.next::<F>().await.map_err(|error| {
                tracing::error!(%error, "an export could not be read");
                ExportBroken
            });
            let is_last = page.as_ref().map_or(true, Vec::is_empty);
            let cells = page.map(|page| page.iter().map(|record| cells_of(record, &columns)).collect());
            if rows.send(cells).await.is_err() || is_last {
                return;
            }
        }
    }
}

/// What Campo keeps about each record, then its fields by their names.
fn columns_of<F: ReferenceFields>() -> Vec<String> {
    let schema = schemars::schema_for!(F).to_value();
    let fields = schema["properties"].as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let own = ["id", "archived", "created_at", "updated_at"].map(str::to_owned);
    fields.unwrap_or_default().into_iter().chain(own).collect()
}

fn cells_of<F: ReferenceFields>(record: &Record<F>, columns: &[String]) -> Vec<Cell> {
    let Ok(Value::Object(fields)) = serde_json::to_value(record) else { return Vec::new() };
    columns.iter().map(|column| cell_of(&fields, column)).collect()
}

fn cell_of(fields: &Map<String, Value>, column: &str) -> Cell {
    match fields.get(column) {
        None | Some(Value::Null) => Cell::Empty,
        Some(Value::Bool(flag)) => Cell::Flag(*flag),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(millis) if matches!(column, "created_at" | "updated_at") => Cell::Time(Timestamp(millis)),
            Some(minor) if column.ends_with("_minor") => Cell::amount(Some(minor)),
            Some(_) | None => Cell::Number(number.to_string()),
        },
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(composite @ (Value::Array(_) | Value::Object(_))) => Cell::Text(composite.to_string()),
    }
}
