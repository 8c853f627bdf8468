//! The rows of a list of records, for a file. Never a kind that the caller may not read.

use std::sync::Arc;

use serde_json::json;
use sync_core::ids::OrganizationId;

use super::listed_rows::{PagedList, export_list, fields_of};
use super::{ExportBytes, ExportStyle, PAGE_ROWS};
use crate::accounts::Principal;
use crate::app::App;
use crate::reference::{ListQuery, PageAnchor, Record, ReferenceFields};
use crate::refusal::Refusal;
use crate::store::{ListPage, Store, StoreError};

/// Begins the file of a list.
pub async fn export_records<F: ReferenceFields>(
    app: &Arc<App>,
    principal: &Principal,
    query: &ListQuery,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    F::READERS.require(principal)?;
    let page = query.to_first_page(PAGE_ROWS)?;
    let kind = std::marker::PhantomData::<F>;
    let list = Pages { store: app.store.clone(), organization: principal.organization, page, kind };
    let asked = json!({ "q": query.text, "archived": query.with_archived });
    export_list(app, principal, list, asked, style).await
}

struct Pages<F> {
    store: Store,
    organization: OrganizationId,
    page: ListPage,
    kind: std::marker::PhantomData<F>,
}

impl<F> Clone for Pages<F> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            organization: self.organization,
            page: self.page.clone(),
            kind: self.kind,
        }
    }
}

impl<F: ReferenceFields> PagedList for Pages<F> {
    type Row = Record<F>;

    fn subject(&self) -> &'static str {
        F::KIND
    }

    async fn next(&mut self) -> Result<Vec<Record<F>>, StoreError> {
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

    /// The fields of the kind, then what Campo keeps about each record.
    fn columns() -> Vec<String> {
        let own = ["id", "archived", "created_at", "updated_at"].map(str::to_owned);
        fields_of::<F>().into_iter().chain(own).collect()
    }
}
