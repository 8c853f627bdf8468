//! The rows of every other list, for files: read by the list's own operation, with the caller's rights. Never health data,
//! which leaves one by one.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sync_core::ids::{ChangeHash, DeviceId, OrderId, RecordId, UserId};
use sync_core::time::Timestamp;

use super::listed_rows::{PagedList, export_list};
use super::{ExportBytes, ExportStyle};
use crate::accounts::{ApiToken, Principal, list_api_tokens};
use crate::app::App;
use crate::calendars::{CalendarFeed, list_feeds};
use crate::imports::{Import, list_imports};
use crate::jobs::list_jobs;
use crate::notifications::{
    Notification, list_messages_of_customer, list_messages_of_order, list_notifications,
};
use crate::orders::decide_held_change::list_held_changes;
use crate::orders::saved_views::{SavedView, list_views};
use crate::orders::{Caller, OrderRefusal};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::held_changes::HeldChangeRow;
use crate::store::job_rows::JobRow;
use crate::store::messages::MessageRow;
use crate::store::webhook_deliveries::DeliveryRow;
use crate::webhooks::{Webhook, list_deliveries, list_webhooks};

/// Which list.
#[derive(Debug, Clone)]
pub enum OtherList {
    ApiTokens,
    CalendarFeeds,
    Deliveries(RecordId),
    HeldChanges,
    Imports,
    Jobs,
    MessagesOfCustomer(RecordId),
    MessagesOfOrder(OrderId),
    Notifications,
    SavedViews,
    Webhooks,
}

/// Begins the file of a list.
///
/// # Errors
///
/// Those of the list.
pub async fn export_other(
    app: &Arc<App>,
    principal: &Principal,
    list: &OtherList,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    match list {
        OtherList::ApiTokens => {
            whole::<ApiToken>(app, principal, ("api_token", list_api_tokens(app, principal).await?), style)
                .await
        }
        OtherList::CalendarFeeds => {
            whole::<CalendarFeed>(app, principal, ("calendar_feed", list_feeds(app, principal).await?), style)
                .await
        }
        OtherList::Deliveries(webhook) => paged(app, principal, Deliveries(*webhook), style).await,
        OtherList::HeldChanges => {
            let rows = list_held_changes(&app.orders, Caller::of(principal)).await.map_err(refusal_of)?;
            let rows = rows.into_iter().map(HeldChange::from).collect();
            whole(app, principal, ("held_change", rows), style).await
        }
        OtherList::Imports => {
            whole::<Import>(app, principal, ("import", list_imports(app, principal).await?), style).await
        }
        OtherList::Jobs => paged(app, principal, Jobs, style).await,
        OtherList::MessagesOfCustomer(customer) => {
            let rows = list_messages_of_customer(app, principal, *customer).await?;
            whole::<MessageRow>(app, principal, ("message", rows), style).await
        }
        OtherList::MessagesOfOrder(order) => {
            let rows = list_messages_of_order(app, principal, *order).await?;
            whole::<MessageRow>(app, principal, ("message", rows), style).await
        }
        OtherList::Notifications => paged(app, principal, Notifications, style).await,
        OtherList::SavedViews => {
            whole::<SavedView>(app, principal, ("saved_view", list_views(app, principal).await?), style).await
        }
        OtherList::Webhooks => {
            whole::<Webhook>(app, principal, ("webhook", list_webhooks(app, principal).await?), style).await
        }
    }
}

/// What can go wrong when a list is read.
fn refusal_of(refusal: OrderRefusal) -> Refusal {
    match refusal {
        OrderRefusal::RoleForbidden => Refusal::RoleForbidden,
        OrderRefusal::Store(error) => error.into(),
        OrderRefusal::Other(refusal) => refusal,
        OrderRefusal::NotFound
        | OrderRefusal::Stale(_)
        | OrderRefusal::Refused(_)
        | OrderRefusal::Stopped
        | OrderRefusal::Page(_) => Refusal::internal(&refusal.to_string()),
    }
}

/// A held change, without its content.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct HeldChange {
    order_id: OrderId,
    hash: ChangeHash,
    reason: String,
    user_id: UserId,
    device_id: Option<DeviceId>,
    received_at: Timestamp,
    kept_until: Timestamp,
}

impl From<HeldChangeRow> for HeldChange {
    fn from(row: HeldChangeRow) -> Self {
        Self {
            order_id: row.order,
            hash: row.hash,
            reason: row.reason.as_str().to_owned(),
            user_id: row.user,
            device_id: row.device,
            received_at: row.received_at,
            kept_until: row.kept_until,
        }
    }
}

/// A list that is short enough to be read at once.
#[derive(Clone)]
struct Whole<T> {
    subject: &'static str,
    rest: Vec<T>,
}

impl<T: Clone + Serialize + JsonSchema + Send + Sync + 'static> PagedList for Whole<T> {
    type Row = T;

    fn subject(&self) -> &'static str {
        self.subject
    }

    async fn next(&mut self) -> Result<Vec<T>, StoreError> {
        Ok(std::mem::take(&mut self.rest))
    }
}

async fn whole<T: Clone + Serialize + JsonSchema + Send + Sync + 'static>(
    app: &Arc<App>,
    principal: &Principal,
    (subject, rest): (&'static str, Vec<T>),
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    export_list(app, principal, Whole { subject, rest }, Value::Null, style).await
}

/// A list that its operation reads from the newest row on.
trait NewestFirst: Clone + Send + Sync + 'static {
    type Row: Clone + Serialize + JsonSchema + Send + Sync + 'static;

    const SUBJECT: &'static str;

    /// The rows older than one.
    fn page(
        &self,
        app: &App,
        principal: &Principal,
        before: (Timestamp, RecordId),
    ) -> impl Future<Output = Result<Vec<Self::Row>, Refusal>> + Send;

    /// Where a row stands.
    fn place(row: &Self::Row) -> (Timestamp, RecordId);
}

struct Pages<L> {
    app: Arc<App>,
    principal: Principal,
    list: L,
    before: (Timestamp, RecordId),
}

impl<L: NewestFirst> Clone for Pages<L> {
    fn clone(&self) -> Self {
        let (app, principal) = (Arc::clone(&self.app), self.principal.clone());
        Self { app, principal, list: self.list.clone(), before: self.before }
    }
}

impl<L: NewestFirst> PagedList for Pages<L> {
    type Row = L::Row;

    fn subject(&self) -> &'static str {
        L::SUBJECT
    }

    async fn next(&mut self) -> Result<Vec<L::Row>, StoreError> {
        let rows = self.list.page(&self.app, &self.principal, self.before).await;
        let rows = rows.map_err(|refusal| StoreError::internal(&refusal.to_string()))?;
        if let Some(last) = rows.last() {
            self.before = L::place(last);
        }
        Ok(rows)
    }
}

async fn paged<L: NewestFirst>(
    app: &Arc<App>,
    principal: &Principal,
    list: L,
    style: ExportStyle,
) -> Result<ExportBytes, Refusal> {
    let newest = (Timestamp(i64::MAX), RecordId::from_bytes([0xff; 16]));
    // Whoever may not read the list is told so before the file begins.
    list.page(app, principal, newest).await?;
    let pages = Pages { app: Arc::clone(app), principal: principal.clone(), list, before: newest };
    export_list(app, principal, pages, Value::Null, style).await
}

#[derive(Clone)]
struct Jobs;

impl NewestFirst for Jobs {
    type Row = JobRow;

    const SUBJECT: &'static str = "job";

    async fn page(
        &self,
        app: &App,
        principal: &Principal,
        (at, id): (Timestamp, RecordId),
    ) -> Result<Vec<JobRow>, Refusal> {
        Ok(list_jobs(app, principal, String::new(), String::new(), (at, *id.as_bytes())).await?.rows)
    }

    fn place(row: &JobRow) -> (Timestamp, RecordId) {
        (row.created_at, row.id)
    }
}

#[derive(Clone)]
struct Deliveries(RecordId);

impl NewestFirst for Deliveries {
    type Row = DeliveryRow;

    const SUBJECT: &'static str = "webhook_delivery";

    async fn page(
        &self,
        app: &App,
        principal: &Principal,
        before: (Timestamp, RecordId),
    ) -> Result<Vec<DeliveryRow>, Refusal> {
        Ok(list_deliveries(app, principal, self.0, before).await?.rows)
    }

    fn place(row: &DeliveryRow) -> (Timestamp, RecordId) {
        (row.created_at, row.id)
    }
}

#[derive(Clone)]
struct Notifications;

impl NewestFirst for Notifications {
    type Row = Notification;

    const SUBJECT: &'static str = "notification";

    async fn page(
        &self,
        app: &App,
        principal: &Principal,
        before: (Timestamp, RecordId),
    ) -> Result<Vec<Notification>, Refusal> {
        Ok(list_notifications(app, principal, false, before).await?.rows)
    }

    fn place(row: &Notification) -> (Timestamp, RecordId) {
        (row.created_at, row.id)
    }
}
