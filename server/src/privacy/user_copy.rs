//! Everything that is kept of somebody who works here, as one document to hand over. Never what is kept of others.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::{Device, Principal, User};
use crate::app::App;
use crate::audit::{self, AuditEntry, AuditRecord, page_before};
use crate::calendars::CalendarFeed;
use crate::orders::saved_views::{SavedView, views_of};
use crate::reference::{LegalHoldFields, Record, StaffProfileFields};
use crate::refusal::Refusal;
use crate::store::audit_rows::AuditFilter;
use crate::store::messages::{self, MessageRow};
use crate::store::order_search::{self, OrderFilter, OrderQuery, OrderSort};
use crate::store::{Tx, calendar_feeds, devices, notifications, records, users};

/// Beyond so many the document says that there are more.
const ORDERS_MAX: u32 = 10_000;
const DEEDS_MAX: usize = 10_000;
const NOTIFICATIONS_MAX: i64 = 10_000;

/// What is kept of a person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserCopy {
    pub made_at: Timestamp,
    pub user: User,
    pub staff_profile: Option<Record<StaffProfileFields>>,
    pub devices: Vec<Device>,
    pub legal_holds: Vec<Record<LegalHoldFields>>,
    /// Entries of their inbox.
    pub notifications: Vec<ToldEvent>,
    /// Mails to them.
    pub messages: Vec<MessageRow>,
    pub calendar_feeds: Vec<CalendarFeed>,
    pub saved_views: Vec<SavedView>,
    /// Orders they are assigned to; what they did there is in the orders.
    pub orders: Vec<OrderId>,
    /// What they did, the newest first, as far as the audit was read.
    pub deeds: Vec<AuditRecord>,
    /// Whether there are more orders or deeds than are here.
    pub has_more: bool,
}

/// What somebody was told of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToldEvent {
    pub event: String,
    pub order_id: Option<OrderId>,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

/// Gathers the copy; the audit says who took it.
///
/// # Errors
///
/// Admins only; `NotFound` for somebody of another organization.
pub async fn copy_of_user(app: &App, principal: &Principal, user: UserId) -> Result<UserCopy, Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = users::get(&mut tx, user).await?.ok_or(Refusal::NotFound)?;
    let orders = orders_of(&mut tx, user).await?;
    let (deeds, has_more_deeds) = deeds_of(&mut tx, user).await?;
    let feeds = calendar_feeds::list(&mut tx).await?;
    let copy = UserCopy {
        made_at: now,
        user: row.into(),
        staff_profile: records::find(&mut tx, &user.to_string()).await?,
        devices: devices::list(&mut tx, Some(user)).await?.into_iter().map(Device::from).collect(),
        legal_holds: super::holds_on_user(&mut tx, user).await?,
        notifications: told_events(&mut tx, user).await?,
        messages: messages::list_of_user(&mut tx, user).await?,
        calendar_feeds: feeds
            .into_iter()
            .filter(|feed| feed.user == Some(user))
            .map(CalendarFeed::from)
            .collect(),
        saved_views: views_of(&mut tx, user).await?,
        has_more: has_more_deeds || orders.len() >= ORDERS_MAX as usize,
        orders,
        deeds,
    };
    let entry = AuditEntry {
        action: "user.copy".to_owned(),
        subject: user.to_string(),
        details: json!({ "orders": copy.orders.len() }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    Ok(copy)
}

async fn orders_of(tx: &mut Tx, user: UserId) -> Result<Vec<OrderId>, Refusal> {
    let filter = OrderFilter { technicians: vec![vec![user]], ..OrderFilter::default() };
    let query = OrderQuery { filter, sort: OrderSort::default(), after: None, limit: ORDERS_MAX };
    Ok(order_search::page(tx, &query).await?.iter().map(|place| place.order).collect())
}

async fn deeds_of(tx: &mut Tx, user: UserId) -> Result<(Vec<AuditRecord>, bool), Refusal> {
    const PAGE_ROWS: i64 = 500;
    let filter = AuditFilter { user: Some(user), ..AuditFilter::default() };
    let (mut deeds, mut before) = (Vec::new(), None);
    loop {
        let (rows, next) = page_before(tx, &filter, before, PAGE_ROWS).await?;
        deeds.extend(rows);
        if next.is_none() || deeds.len() >= DEEDS_MAX {
            return Ok((deeds, next.is_some()));
        }
        before = next;
    }
}

async fn told_events(tx: &mut Tx, user: UserId) -> Result<Vec<ToldEvent>, Refusal> {
    let newest = (Timestamp(i64::MAX), RecordId::from_bytes([0xff; 16]));
    let rows = notifications::list(tx, user, false, newest, NOTIFICATIONS_MAX).await?;
    let told = rows.into_iter().map(|row| ToldEvent {
        event: row.event,
        order_id: row.order,
        created_at: row.created_at,
        read_at: row.read_at,
    });
    Ok(told.collect())
}
