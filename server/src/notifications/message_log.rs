//! What was written to customers and people about an order, and sending it again by hand. Office only.

use sync_core::ids::{OrderId, RecordId};

use crate::accounts::Principal;
use crate::app::App;
use crate::jobs::{self, Job};
use crate::reference::{CustomerFields, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::messages::{self, MessageEnd, MessageRow};
use crate::store::orders;

/// Messages in one log; older ones are not shown.
const LOG_ROWS_MAX: i64 = 200;

pub async fn list_messages_of_order(
    app: &App,
    principal: &Principal,
    order: OrderId,
) -> Result<Vec<MessageRow>, Refusal> {
    principal.require_office()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    orders::heads_of(&mut tx, &[order]).await?.remove(&order).ok_or(Refusal::NotFound)?;
    Ok(messages::list_of_order(&mut tx, order, LOG_ROWS_MAX).await?)
}

pub async fn list_messages_of_customer(
    app: &App,
    principal: &Principal,
    customer: RecordId,
) -> Result<Vec<MessageRow>, Refusal> {
    principal.require_office()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    CustomerFields::get(&mut tx, customer).await?.ok_or(Refusal::NotFound)?;
    Ok(messages::list_of_customer(&mut tx, customer, LOG_ROWS_MAX).await?)
}

/// Sends a mail once more: one that bounced or failed, that was not sent for want of a mail server, or that got lost.
pub async fn resend_message(app: &App, principal: &Principal, id: RecordId) -> Result<MessageRow, Refusal> {
    principal.require_office()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = messages::get(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let may_be_sent = row.channel == "email" && !row.address.is_empty() && row.reason != "opted_out";
    if !may_be_sent || app.mailer.is_none() {
        return Err(Refusal::invalid("id", FieldProblem::Range));
    }
    messages::record(&mut tx, id, MessageEnd { state: "queued", reason: "", attempts: 0 }, now).await?;
    let job = Job::SendMail { organization: principal.organization, message: id };
    jobs::arm(&mut tx, &job, &id.to_string(), now).await?;
    let row = messages::get(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    Ok(row)
}
