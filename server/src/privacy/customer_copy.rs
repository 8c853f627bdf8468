//! Everything that is kept of a customer, as one document to hand over. Never what is kept of others.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::orders::list_orders::{LIST_ORDERS_MAX, ListOrders, list_orders};
use crate::orders::order_view::OrderView;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::reference::records_of;
use crate::reference::{
    ContactFields, CustomerFields, EquipmentFields, ExpiringRecordFields, LegalHoldFields,
    PrescriptionFields, Record, ReferenceFields, SiteFields,
};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::messages::{self, MessageRow};
use crate::store::order_search::OrderFilter;

/// Beyond so many the document says that there are more; a person has far fewer.
const ORDERS_MAX: usize = 1_000;
const MESSAGES_MAX: i64 = 10_000;

/// What is kept of a customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CustomerCopy {
    pub made_at: Timestamp,
    pub customer: Record<CustomerFields>,
    pub contacts: Vec<Record<ContactFields>>,
    pub sites: Vec<Record<SiteFields>>,
    pub equipment: Vec<Record<EquipmentFields>>,
    pub expiring_records: Vec<Record<ExpiringRecordFields>>,
    pub prescriptions: Vec<Record<PrescriptionFields>>,
    pub legal_holds: Vec<Record<LegalHoldFields>>,
    /// Mails and links that were opened to write to them.
    pub messages: Vec<MessageRow>,
    pub orders: Vec<OrderView>,
    /// Whether there are more orders than are here.
    pub has_more_orders: bool,
}

/// Gathers the copy; the audit says who took it.
///
/// # Errors
///
/// Admins only; `NotFound` for a customer of another organization.
pub async fn copy_of_customer(
    app: &App,
    principal: &Principal,
    customer: RecordId,
) -> Result<CustomerCopy, Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let (orders, has_more_orders) = orders_of(app, principal, customer, now).await?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    let copy = CustomerCopy {
        made_at: now,
        customer: CustomerFields::get(&mut tx, customer).await?.ok_or(Refusal::NotFound)?,
        contacts: records_of(&mut tx, customer).await?,
        sites: records_of(&mut tx, customer).await?,
        equipment: records_of(&mut tx, customer).await?,
        expiring_records: records_of(&mut tx, customer).await?,
        prescriptions: records_of(&mut tx, customer).await?,
        legal_holds: records_of(&mut tx, customer).await?,
        messages: messages::list_of_customer(&mut tx, customer, MESSAGES_MAX).await?,
        orders,
        has_more_orders,
    };
    let entry = AuditEntry {
        action: "customer.copy".to_owned(),
        subject: customer.to_string(),
        details: json!({ "orders": copy.orders.len() }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    Ok(copy)
}

async fn orders_of(
    app: &App,
    principal: &Principal,
    customer: RecordId,
    now: Timestamp,
) -> Result<(Vec<OrderView>, bool), Refusal> {
    let caller = Caller::of(principal);
    let (mut found, mut page) = (Vec::new(), None);
    loop {
        let filter = OrderFilter { customer: Some(customer), ..OrderFilter::default() };
        let asked = ListOrders { filter, page, limit: LIST_ORDERS_MAX, ..ListOrders::default() };
        let listed = list_orders(&app.orders, caller, asked, now).await.map_err(refusal_of)?;
        for row in listed.orders {
            found.push(read_order(&app.orders, caller, row.summary.order).await.map_err(refusal_of)?);
        }
        match listed.next {
            Some(_) if found.len() >= ORDERS_MAX => return Ok((found, true)),
            Some(next) => page = Some(next),
            None => return Ok((found, false)),
        }
    }
}

/// What can go wrong when nothing but the store is asked.
fn refusal_of(refusal: OrderRefusal) -> Refusal {
    if let OrderRefusal::Store(error) = refusal {
        return error.into();
    }
    StoreError::internal(&refusal.to_string()).into()
}
