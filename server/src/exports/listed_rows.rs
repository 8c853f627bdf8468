//! The rows of a list, as a file: every field of each, by its name. Never a list that the caller may not read.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sync_core::time::Timestamp;
use tokio::sync::mpsc::{Sender, channel};

use super::budget::{self, Export};
use super::cells::{Cell, Style};
use super::{ExportBroken, ExportBytes, ExportStyle, WAITING_MAX, write_columns};
use crate::accounts::Principal;
use crate::app::App;
use crate::refusal::Refusal;
use crate::sentences;
use crate::store::{StoreError, organizations};

/// A list that is read page after page, each in a transaction of its own. A copy begins where its original stands.
pub(crate) trait PagedList: Clone + Send + 'static {
    type Row: Serialize + JsonSchema + Send + Sync;

    /// What the audit calls one of its rows: `customer`.
    fn subject(&self) -> &'static str;

    /// The next rows; none at the end.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Self::Row>, StoreError>> + Send;

    /// The names of the columns, of which each is a field of a row.
    fn columns() -> Vec<String> {
        fields_of::<Self::Row>()
    }
}

/// The fields of a type, in their order.
pub(super) fn fields_of<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T).to_value();
    let fields = schema["properties"].as_object().map(|fields| fields.keys().cloned().collect());
    fields.unwrap_or_default()
}

/// Begins the file of a list. `asked` is what narrows it, for the audit.
pub(crate) async fn export_list<L: PagedList>(
    app: &Arc<App>,
    principal: &Principal,
    list: L,
    asked: Value,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    let (subject, rows) = (list.subject(), count(list.clone()).await?);
    let mut tx = app.store.begin_read(principal.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    let details = json!({ "format": style.format.as_str(), "filter": asked });
    budget::take(app, principal, Export { subject, rows, details }).await?;
    let (sender, receiver) = channel(WAITING_MAX);
    tokio::spawn(send(list, sender));
    let zone = sentences::zone(&profile.zone);
    let written = Style { language: style.language, zone, headers: style.headers };
    Ok(write_columns(L::columns(), receiver, written, style.format))
}

async fn count<L: PagedList>(mut list: L) -> Result<i64, StoreError> {
    let mut count = 0;
    loop {
        let rows = list.next().await?;
        if rows.is_empty() {
            return Ok(count);
        }
        count += i64::try_from(rows.len()).unwrap_or(i64::MAX);
    }
}

async fn send<L: PagedList>(mut list: L, pages: Sender<Result<Vec<Vec<Cell>>, ExportBroken>>) {
    let columns = L::columns();
    loop {
        let page = list.next().await.map_err(|error| {
            tracing::error!(%error, "an export could not be read");
            ExportBroken
        });
        let is_last = page.as_ref().map_or(true, Vec::is_empty);
        let cells = page.map(|page| page.iter().map(|row| cells_of(row, &columns)).collect());
        if pages.send(cells).await.is_err() || is_last {
            return;
        }
    }
}

fn cells_of(row: &impl Serialize, columns: &[String]) -> Vec<Cell> {
    let Ok(Value::Object(fields)) = serde_json::to_value(row) else { return Vec::new() };
    columns.iter().map(|column| cell_of(&fields, column)).collect()
}

fn cell_of(fields: &Map<String, Value>, column: &str) -> Cell {
    match fields.get(column) {
        None | Some(Value::Null) => Cell::Empty,
        Some(Value::Bool(flag)) => Cell::Flag(*flag),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(millis) if is_time(column) => Cell::Time(Timestamp(millis)),
            Some(minor) if column.ends_with("_minor") => Cell::amount(Some(minor)),
            Some(_) | None => Cell::Number(number.to_string()),
        },
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(composite @ (Value::Array(_) | Value::Object(_))) => Cell::Text(composite.to_string()),
    }
}

fn is_time(column: &str) -> bool {
    column == "at" || column.ends_with("_at")
}
