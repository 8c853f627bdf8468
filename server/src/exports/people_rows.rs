//! The rows of the lists of people and of their installed apps, for files. Never a password or a key.

use std::sync::Arc;

use serde_json::{Value, json};
use sync_core::ids::OrganizationId;

use super::listed_rows::{PagedList, export_list};
use super::{ExportBytes, ExportStyle, PAGE_ROWS};
use crate::accounts::{self, Device, Principal, User};
use crate::app::App;
use crate::reference::{ListQuery, PageAnchor};
use crate::refusal::Refusal;
use crate::store::{ListPage, Store, StoreError, users};

/// Begins the file of the people; for the office.
pub async fn export_users(
    app: &Arc<App>,
    principal: &Principal,
    query: &ListQuery,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    principal.require_office()?;
    let page = query.to_first_page(PAGE_ROWS)?;
    let list = UserPages { store: app.store.clone(), organization: principal.organization, page };
    let asked = json!({ "q": query.text, "archived": query.with_archived });
    export_list(app, principal, list, asked, style).await
}

/// Begins the file of everybody's installed apps; for admins.
pub async fn export_devices(
    app: &Arc<App>,
    principal: &Principal,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    let devices = accounts::list_devices(app, principal, true).await?;
    export_list(app, principal, DevicePages { rest: devices }, Value::Null, style).await
}

#[derive(Clone)]
struct UserPages {
    store: Store,
    organization: OrganizationId,
    page: ListPage,
}

impl PagedList for UserPages {
    type Row = User;

    fn subject(&self) -> &'static str {
        "user"
    }

    async fn next(&mut self) -> Result<Vec<User>, StoreError> {
        let mut tx = self.store.begin_read(self.organization).await?;
        let rows = users::list(&mut tx, &self.page, self.page.with_archived).await?;
        tx.commit().await?;
        if let Some(last) = rows.last() {
            let PageAnchor { name, id } = PageAnchor::after(&last.name, last.id.as_bytes());
            self.page.after_name = name;
            self.page.after_id = id;
        }
        Ok(rows.into_iter().map(User::from).collect())
    }
}

/// All of them at once: a person has a few.
#[derive(Clone)]
struct DevicePages {
    rest: Vec<Device>,
}

impl PagedList for DevicePages {
    type Row = Device;

    fn subject(&self) -> &'static str {
        "device"
    }

    async fn next(&mut self) -> Result<Vec<Device>, StoreError> {
        Ok(std::mem::take(&mut self.rest))
    }
}
