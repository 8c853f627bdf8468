//! Lists of orders under names: filter, sort and columns. Never another person's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::clock::fresh_id;
use crate::refusal::{FieldProblem, Refusal, require_text};
use crate::store::order_search::OrderSort;
use crate::store::saved_views::{self, SavedViewRow};
use crate::store::{StoreError, Tx};

/// Views one person sees.
const VIEWS_MAX: usize = 200;
const COLUMNS_MAX: usize = 40;

/// What a person says about a view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedViewFields {
    pub name: String,
    /// Whether everybody sees it; only the office shares.
    #[serde(default)]
    pub is_shared: bool,
    /// The parameters of `GET /v1/orders` by name, but for sort, page and limit.
    #[serde(default)]
    pub filter: Map<String, Value>,
    /// As `GET /v1/orders` takes it; empty for the newest first.
    #[serde(default)]
    pub sort: String,
    /// The columns that are shown, in this order; empty for the usual ones.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SavedView {
    pub id: RecordId,
    /// Who made it.
    pub user: UserId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub fields: SavedViewFields,
}

impl SavedViewFields {
    fn check(&mut self) -> Result<(), Refusal> {
        self.name = require_text("name", &self.name, 100)?;
        if !self.sort.is_empty() && OrderSort::parse(&self.sort).is_none() {
            return Err(Refusal::invalid("sort", FieldProblem::Unknown));
        }
        if self.columns.len() > COLUMNS_MAX {
            return Err(Refusal::invalid("columns", FieldProblem::TooLong));
        }
        for column in &mut self.columns {
            *column = require_text("columns", column, 60)?;
        }
        Ok(())
    }
}

fn view_of(row: SavedViewRow) -> Result<SavedView, StoreError> {
    let stored = |error: serde_json::Error| StoreError::internal(&format!("a stored view: {error}"));
    let SavedViewRow { id, user, is_shared, name, filter, sort, columns, version, created_at, updated_at } =
        row;
    let filter = serde_json::from_str(&filter).map_err(stored)?;
    let columns = serde_json::from_str(&columns).map_err(stored)?;
    let fields = SavedViewFields { name, is_shared, filter, sort, columns };
    Ok(SavedView { id, user, version, created_at, updated_at, fields })
}

fn row_of(view: &SavedView) -> Result<SavedViewRow, Refusal> {
    let written = |error: serde_json::Error| Refusal::internal(&error.to_string());
    let SavedViewFields { name, is_shared, filter, sort, columns } = view.fields.clone();
    Ok(SavedViewRow {
        id: view.id,
        user: view.user,
        is_shared,
        name,
        filter: serde_json::to_string(&filter).map_err(written)?,
        sort,
        columns: serde_json::to_string(&columns).map_err(written)?,
        version: view.version,
        created_at: view.created_at,
        updated_at: view.updated_at,
    })
}

/// The views the caller sees, by name.
pub async fn list_views(app: &App, principal: &Principal) -> Result<Vec<SavedView>, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    let rows = saved_views::list(&mut tx, principal.user).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(view_of).collect::<Result<_, _>>()?)
}

/// The views that a person made.
pub(crate) async fn views_of(tx: &mut Tx, user: UserId) -> Result<Vec<SavedView>, StoreError> {
    let rows = saved_views::list(tx, user).await?;
    rows.into_iter().filter(|row| row.user == user).map(view_of).collect()
}

/// Adds a view of the caller's.
pub async fn create_view(
    app: &App,
    principal: &Principal,
    mut fields: SavedViewFields,
) -> Result<SavedView, Refusal> {
    fields.check()?;
    require_may_share(principal, fields.is_shared)?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    if saved_views::list(&mut tx, principal.user).await?.len() >= VIEWS_MAX {
        return Err(Refusal::invalid("name", FieldProblem::Range));
    }
    let id = RecordId::from_bytes(fresh_id());
    let view = SavedView { id, user: principal.user, version: 1, created_at: now, updated_at: now, fields };
    saved_views::save(&mut tx, &row_of(&view)?).await?;
    tx.commit().await?;
    Ok(view)
}

/// Writes every field of a view that the caller may change.
pub async fn update_view(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
    mut fields: SavedViewFields,
) -> Result<SavedView, Refusal> {
    fields.check()?;
    require_may_share(principal, fields.is_shared)?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    let current = changeable(&mut tx, principal, id).await?;
    if current.version != version {
        tx.commit().await?;
        let current =
            serde_json::to_value(&current).map_err(|error| Refusal::internal(&error.to_string()))?;
        return Err(Refusal::Stale { current });
    }
    let view = SavedView { version: version + 1, updated_at: app.clock.now(), fields, ..current };
    if !saved_views::save(&mut tx, &row_of(&view)?).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    tx.commit().await?;
    Ok(view)
}

/// Takes away a view that the caller may change.
pub async fn delete_view(app: &App, principal: &Principal, id: RecordId) -> Result<(), Refusal> {
    let mut tx = app.store.begin_write(principal.organization).await?;
    let view = changeable(&mut tx, principal, id).await?;
    saved_views::delete(&mut tx, view.id).await?;
    tx.commit().await?;
    Ok(())
}

/// A view the caller made, or a shared one that the office looks after.
async fn changeable(tx: &mut Tx, principal: &Principal, id: RecordId) -> Result<SavedView, Refusal> {
    let rows = saved_views::list(tx, principal.user).await?;
    let row = rows.into_iter().find(|row| row.id == id).ok_or(Refusal::NotFound)?;
    if row.user != principal.user {
        principal.require_office()?;
    }
    Ok(view_of(row)?)
}

fn require_may_share(principal: &Principal, is_shared: bool) -> Result<(), Refusal> {
    if is_shared { principal.require_office() } else { Ok(()) }
}
