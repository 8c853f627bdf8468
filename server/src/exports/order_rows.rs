//! The rows of the list of orders, as a file. Never an order the caller does not see.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use sync_core::ids::UserId;
use sync_core::order::{Named, Workflows};
use tokio::sync::mpsc::{Sender, channel};

use super::budget::{self, Export};
use super::cells::{Cell, Style};
use super::geo_file::{self, Placed};
use super::{ExportBroken, ExportBytes, ExportFormat, ExportStyle, PAGE_ROWS, WAITING_MAX, write_table};
use crate::accounts::Principal;
use crate::app::App;
use crate::orders::list_orders::{ListOrders, ListedOrder, rows_of, to_query};
use crate::orders::{Caller, OrderRefusal};
use crate::sentences::{self, find};
use crate::store::order_search::{self, OrderQuery};
use crate::store::{StoreError, organizations, sites, users};

const COLUMNS: &[&str] = &[
    "number",
    "state",
    "kind",
    "priority",
    "place",
    "customer",
    "reason",
    "window_start",
    "window_end",
    "promised",
    "created",
    "technicians",
    "late",
    "attention",
    "total",
    "paid",
    "currency",
    "id",
];

/// Begins the file; what a caller does not see is not in it.
pub async fn export_orders(
    app: &Arc<App>,
    principal: &Principal,
    asked: ListOrders,
    style: ExportStyle,
) -> Result<ExportBytes, OrderRefusal> {
    let caller = Caller::of(principal);
    let query = to_query(caller, ListOrders { page: None, ..asked }, PAGE_ROWS)?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let rows = order_search::count(&mut tx, &query.filter).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(StoreError::NotFound)?;
    tx.commit().await?;
    let details = json!({ "format": style.format.as_str(), "filter": query.filter });
    budget::take(app, principal, Export { subject: "order", rows, details }).await?;
    let pages = Pages { app: Arc::clone(app), caller, query };
    if style.format == ExportFormat::Geojson {
        let (sender, receiver) = channel(WAITING_MAX);
        tokio::spawn(pages.send_placed(sender));
        return Ok(geo_file::write(receiver));
    }
    let zone = sentences::zone(&profile.zone);
    let written = Style { language: style.language, zone, headers: style.headers };
    let (sender, receiver) = channel(WAITING_MAX);
    tokio::spawn(pages.send_rows(sender, written.clone()));
    Ok(write_table(COLUMNS, receiver, written, style.format))
}

/// Page after page of the list, each in a transaction of its own.
struct Pages {
    app: Arc<App>,
    caller: Caller,
    query: OrderQuery,
}

impl Pages {
    async fn next(&mut self) -> Result<Vec<ListedOrder>, StoreError> {
        Ok(self.next_with_workflows().await?.0)
    }

    async fn next_with_workflows(&mut self) -> Result<(Vec<ListedOrder>, Arc<Workflows>), StoreError> {
        let mut tx = self.app.store.begin_read(self.caller.organization).await?;
        let places = order_search::page(&mut tx, &self.query).await?;
        let ids: Vec<_> = places.iter().map(|place| place.order).collect();
        let rows = rows_of(&mut tx, &ids, self.app.clock.now()).await?;
        let named =
            |row: &ListedOrder| Named { workflow: Some(row.summary.workflow.clone()), checklist: None };
        let named: Vec<_> = rows.iter().map(named).collect();
        let workflows = self.app.orders.definitions().within(&mut tx, &named).await?;
        tx.commit().await?;
        if let Some(last) = places.last() {
            self.query.after = Some(last.clone());
        }
        Ok((rows, workflows))
    }

    async fn send_rows(mut self, rows: Sender<Result<Vec<Vec<Cell>>, ExportBroken>>, style: Style) {
        let mut people = BTreeMap::new();
        loop {
            let page = match self.next_with_workflows().await {
                Ok((page, _)) if page.is_empty() => return,
                Ok((page, workflows)) => {
                    self.name_people(&page, &mut people).await.map(|()| (page, workflows))
                }
                Err(error) => Err(error),
            };
            let cells = page.map_err(broken).map(|(page, workflows)| {
                page.iter().map(|order| cells_of(order, &people, &workflows, &style)).collect()
            });
            let is_broken = cells.is_err();
            if rows.send(cells).await.is_err() || is_broken {
                return;
            }
        }
    }

    async fn send_placed(mut self, rows: Sender<Result<Vec<Placed>, ExportBroken>>) {
        loop {
            let page = match self.next().await {
                Ok(page) if page.is_empty() => return,
                Ok(page) => self.place(page).await,
                Err(error) => Err(error),
            };
            let is_broken = page.is_err();
            if rows.send(page.map_err(broken)).await.is_err() || is_broken {
                return;
            }
        }
    }

    async fn place(&self, page: Vec<ListedOrder>) -> Result<Vec<Placed>, StoreError> {
        let ids: Vec<_> = page.iter().filter_map(|order| order.summary.site).collect();
        let mut tx = self.app.store.begin_read(self.caller.organization).await?;
        let positions = sites::positions(&mut tx, &ids).await?;
        tx.commit().await?;
        let placed = page.into_iter().filter_map(|order| {
            let position = *positions.get(&order.summary.site?)?;
            Some((order, position))
        });
        Ok(placed.collect())
    }

    /// Learns the names of people on a page that were not met before.
    async fn name_people(
        &self,
        page: &[ListedOrder],
        people: &mut BTreeMap<UserId, String>,
    ) -> Result<(), StoreError> {
        let mut tx = self.app.store.begin_read(self.caller.organization).await?;
        for user in page.iter().flat_map(|order| order.assignees.keys()) {
            if !people.contains_key(user) {
                let name = users::get(&mut tx, *user).await?.map_or_else(String::new, |user| user.name);
                people.insert(*user, name);
            }
        }
        tx.commit().await
    }
}

fn broken(error: StoreError) -> ExportBroken {
    tracing::error!(%error, "an export could not be read");
    ExportBroken
}

fn cells_of(
    order: &ListedOrder,
    people: &BTreeMap<UserId, String>,
    workflows: &Workflows,
    style: &Style,
) -> Vec<Cell> {
    let summary = &order.summary;
    let word = |name: &str, key: &str| {
        Cell::Text(find(style.language, &format!("{name}-{key}"), &[]).unwrap_or_else(|| key.to_owned()))
    };
    let states = workflows.get(&summary.workflow).map(|workflow| workflow.states.as_slice());
    let state = states.unwrap_or_default().iter().find(|state| state.key.as_str() == summary.state);
    let state = state.map_or(summary.state.as_str(), |state| state.name.in_language(style.language.as_str()));
    let technicians: Vec<&str> =
        order.assignees.keys().filter_map(|user| people.get(user).map(String::as_str)).collect();
    vec![
        Cell::text(summary.number.as_deref()),
        Cell::Text(state.to_owned()),
        Cell::text(summary.kind.as_deref()),
        word("priority", &summary.priority),
        word("place", &summary.place),
        Cell::text(order.customer_name.as_deref()),
        Cell::text(summary.reason.as_deref()),
        Cell::time(summary.window_start),
        Cell::time(summary.window_end),
        Cell::time(summary.promised),
        Cell::time(summary.created_at),
        Cell::Text(technicians.join(", ")),
        Cell::Flag(order.is_late),
        Cell::Number((summary.attention_count + summary.conflict_count).to_string()),
        Cell::amount(summary.total_minor),
        Cell::amount(Some(summary.paid_minor)),
        Cell::text(summary.currency.as_deref()),
        Cell::Text(summary.order.to_string()),
    ]
}
