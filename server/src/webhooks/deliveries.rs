//! What was sent to a webhook, and sending it once more by hand. Never under another name: receivers tell repeats by it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::ids::{OrganizationId, RecordId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::clock::fresh_id;
use crate::events::Event;
use crate::jobs::{self, Job};
use crate::refusal::Refusal;
use crate::store::webhook_deliveries::{self, DeliveryRow, NewDelivery};
use crate::store::{StoreError, Tx, webhooks};

const PAGE_ROWS: usize = 50;

/// One page of the log, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeliveryPage {
    pub rows: Vec<DeliveryRow>,
    /// Give it back as `page`; absent on the last page.
    pub next_page: Option<String>,
}

pub async fn list_deliveries(
    app: &App,
    principal: &Principal,
    webhook: RecordId,
    before: (Timestamp, RecordId),
) -> Result<DeliveryPage, Refusal> {
    principal.require_admin()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    webhooks::get(&mut tx, webhook).await?.ok_or(Refusal::NotFound)?;
    let count_max = i64::try_from(PAGE_ROWS + 1).unwrap_or(i64::MAX);
    let mut rows = webhook_deliveries::list(&mut tx, webhook, before, count_max).await?;
    let has_more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| has_more).map(|row| format!("{}_{}", row.created_at.0, row.id));
    Ok(DeliveryPage { rows, next_page: next })
}

/// Sends a delivery once more, from the beginning of the schedule.
pub async fn resend(
    app: &App,
    principal: &Principal,
    webhook: RecordId,
    delivery: RecordId,
) -> Result<DeliveryRow, Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    webhooks::get(&mut tx, webhook).await?.ok_or(Refusal::NotFound)?;
    if !webhook_deliveries::requeue(&mut tx, webhook, delivery, now).await? {
        return Err(Refusal::NotFound);
    }
    let row = webhook_deliveries::get(&mut tx, webhook, delivery).await?.ok_or(Refusal::NotFound)?;
    arm(&mut tx, webhook, now).await?;
    tx.commit().await?;
    Ok(row)
}

/// Sends an event that means nothing, so that an admin sees whether the receiver takes it.
pub async fn send_test(app: &App, principal: &Principal, webhook: RecordId) -> Result<DeliveryRow, Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    webhooks::get(&mut tx, webhook).await?.ok_or(Refusal::NotFound)?;
    let id = RecordId::from_bytes(fresh_id());
    let message_id = format!("msg_{}", id.to_string().replace('-', ""));
    let body = body("webhook.test", now, json!({ "webhook_id": webhook }));
    let new = NewDelivery {
        id: *id.as_bytes(),
        message_id: &message_id,
        event_type: "webhook.test",
        body: &body,
        at: now,
    };
    webhook_deliveries::insert(&mut tx, webhook, &new).await?;
    let row = webhook_deliveries::get(&mut tx, webhook, id).await?.ok_or(Refusal::NotFound)?;
    arm(&mut tx, webhook, now).await?;
    tx.commit().await?;
    Ok(row)
}

/// Puts an event into the queue of every webhook that wants it and was there when it happened.
pub(crate) async fn queue_event(
    tx: &mut Tx,
    organization: OrganizationId,
    event: &Event,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !event.kind.is_for_webhooks() {
        return Ok(());
    }
    let message_id = event.message_id(organization);
    let body = body(event.kind.as_str(), event.at, json!(event.ids));
    for webhook in webhooks::list_enabled(tx).await? {
        let wants = webhook.event_types.is_empty() || webhook.event_types.contains(&event.kind);
        if !wants || webhook.created_at > event.at {
            continue;
        }
        let new = NewDelivery {
            id: fresh_id(),
            message_id: &message_id,
            event_type: event.kind.as_str(),
            body: &body,
            at: event.at,
        };
        if webhook_deliveries::insert(tx, webhook.id, &new).await? {
            arm(tx, webhook.id, now).await?;
        }
    }
    Ok(())
}

/// Has the queue of a webhook emptied once the transaction is committed.
async fn arm(tx: &mut Tx, webhook: RecordId, now: Timestamp) -> Result<(), StoreError> {
    let job = Job::DeliverWebhook { organization: tx.organization(), webhook };
    jobs::arm(tx, &job, &webhook.to_string(), now).await
}

/// The payload of the convention: what, when, and the names by which more can be asked.
fn body(kind: &str, at: Timestamp, ids: serde_json::Value) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).map(|at| format!("{at:.3}")).unwrap_or_default();
    json!({ "type": kind, "timestamp": at, "data": ids }).to_string()
}
