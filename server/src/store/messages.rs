//! Mails to people and links that were opened to write to them: what is to be sent, and what became of it.

use serde::Serialize;
use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{order_id, user_id};
use crate::store::{Result, Tx, read_id};

/// One message as stored, which is also how the log shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct MessageRow {
    #[schemars(with = "String")]
    pub id: RecordId,
    /// `email` or `whatsapp`.
    pub channel: String,
    /// What it is about, such as `order.scheduled`.
    pub event: String,
    #[serde(skip)]
    pub cause: String,
    #[schemars(with = "Option<String>")]
    pub order_id: Option<OrderId>,
    #[schemars(with = "Option<String>")]
    pub customer_id: Option<RecordId>,
    #[schemars(with = "Option<String>")]
    pub user_id: Option<UserId>,
    pub address: String,
    pub language: String,
    #[serde(skip)]
    pub facts: String,
    /// `queued`, `waiting` (to be tried again), `sent`, `bounced`, `failed`, `not_sent` or `opened`.
    pub state: String,
    /// Why it was not sent: `no_mail_server`, `no_address`, `opted_out`, or what the mail server said.
    pub reason: String,
    pub attempts: i64,
    #[schemars(with = "i64")]
    pub created_at: Timestamp,
    #[schemars(with = "i64")]
    pub updated_at: Timestamp,
}

type Columns = (
    Vec<u8>,
    String,
    String,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    i64,
);

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT message_id, channel, event, cause, order_id, customer_id, user_id, address, language, facts, state, \
             reason, attempts, created_at, updated_at FROM messages WHERE organization_id = $1",
            $tail
        )
    };
}

fn message_row(columns: Columns) -> Result<MessageRow> {
    let (
        id,
        channel,
        event,
        cause,
        order,
        customer,
        user,
        address,
        language,
        facts,
        state,
        reason,
        attempts,
        created_at,
        updated_at,
    ) = columns;
    Ok(MessageRow {
        id: read_id(&id)?,
        channel,
        event,
        cause,
        order_id: order.as_deref().map(order_id).transpose()?,
        customer_id: customer.as_deref().map(read_id).transpose()?,
        user_id: user.as_deref().map(user_id).transpose()?,
        address,
        language,
        facts,
        state,
        reason,
        attempts,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(updated_at),
    })
}

/// Writes a message; false when one of the same cause to the same address is there already.
pub async fn insert(tx: &mut Tx, row: &MessageRow) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO messages (organization_id, message_id, channel, event, cause, order_id, customer_id, user_id, \
         address, language, facts, state, reason, attempts, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15) \
         ON CONFLICT (organization_id, channel, event, cause, address) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.channel.as_str())
    .bind(row.event.as_str())
    .bind(row.cause.as_str())
    .bind(row.order_id.map(|id| id.as_bytes().to_vec()))
    .bind(row.customer_id.map(|id| id.as_bytes().to_vec()))
    .bind(row.user_id.map(|id| id.as_bytes().to_vec()))
    .bind(row.address.as_str())
    .bind(row.language.as_str())
    .bind(row.facts.as_str())
    .bind(row.state.as_str())
    .bind(row.reason.as_str())
    .bind(row.attempts)
    .bind(row.created_at.0)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

pub async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<MessageRow>> {
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" AND message_id = $2"))
        .bind(organization.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_optional(db)
        .await?);
    row.map(message_row).transpose()
}

/// What became of a message.
#[derive(Debug, Clone, Copy)]
pub struct MessageEnd<'a> {
    pub state: &'a str,
    pub reason: &'a str,
    pub attempts: i64,
}

/// Writes what became of a message.
pub async fn record(tx: &mut Tx, id: RecordId, end: MessageEnd<'_>, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE messages SET state = $3, reason = $4, attempts = $5, updated_at = $6 \
         WHERE organization_id = $1 AND message_id = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(end.state)
    .bind(end.reason)
    .bind(end.attempts)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// The newest messages about an order.
pub async fn list_of_order(tx: &mut Tx, order: OrderId, count_max: i64) -> Result<Vec<MessageRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(select!(
        " AND order_id = $2 ORDER BY created_at DESC, message_id DESC LIMIT $3"
    ))
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(message_row).collect()
}

/// The newest messages to a customer.
pub async fn list_of_customer(tx: &mut Tx, customer: RecordId, count_max: i64) -> Result<Vec<MessageRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(select!(
        " AND customer_id = $2 ORDER BY created_at DESC, message_id DESC LIMIT $3"
    ))
    .bind(organization.as_bytes().as_slice())
    .bind(customer.as_bytes().as_slice())
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(message_row).collect()
}

/// Takes the address and the words of a customer's messages out of the log, and says of how many. What waits is not sent.
pub async fn erase_of_customer(tx: &mut Tx, customer: RecordId, now: Timestamp) -> Result<u64> {
    let of = list_of_customer(tx, customer, i64::MAX).await?;
    erase(tx, of, now).await
}

/// The same for the messages to a person of the organization.
pub async fn erase_of_user(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<u64> {
    let of = list_of_user(tx, user).await?;
    erase(tx, of, now).await
}

/// Every message to a person of the organization.
pub async fn list_of_user(tx: &mut Tx, user: UserId) -> Result<Vec<MessageRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(select!(" AND user_id = $2"))
        .bind(organization.as_bytes().as_slice())
        .bind(user.as_bytes().as_slice())
        .fetch_all(db)
        .await?);
    rows.into_iter().map(message_row).collect()
}

/// Forgets older messages of any organization that need nothing more, but not those to customers whose data is under a
/// hold that nobody has ended; in a system transaction only.
pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM messages WHERE created_at < $1 AND state NOT IN ('queued', 'waiting') AND NOT EXISTS \
         (SELECT 1 FROM records WHERE records.organization_id = messages.organization_id \
         AND records.kind = 'legal_hold' AND NOT records.archived \
         AND records.customer_id = messages.customer_id)"
    )
    .bind(before.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// Each message's own id stands in for the address, so that two of one cause stay two.
async fn erase(tx: &mut Tx, of: Vec<MessageRow>, now: Timestamp) -> Result<u64> {
    let organization = tx.organization();
    let count = of.len() as u64;
    for row in of {
        on_db!(tx, |db| sqlx::query(
            "UPDATE messages SET address = $3, facts = '{}', reason = '', updated_at = $4, state = CASE WHEN \
             state IN ('queued', 'waiting') THEN 'not_sent' ELSE state END \
             WHERE organization_id = $1 AND message_id = $2"
        )
        .bind(organization.as_bytes().as_slice())
        .bind(row.id.as_bytes().as_slice())
        .bind(row.id.to_string())
        .bind(now.0)
        .execute(db)
        .await
        .map(drop)?);
    }
    Ok(count)
}

/// Whether an address asked for no more mail.
pub async fn has_opted_out(tx: &mut Tx, address_hash: &[u8; 32]) -> Result<bool> {
    let organization = tx.organization();
    let found: Option<(i64,)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT opted_out_at FROM mail_opt_outs WHERE organization_id = $1 AND address_hash = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(address_hash.as_slice())
    .fetch_optional(db)
    .await?);
    Ok(found.is_some())
}

/// Notes that an address asked for no more mail.
pub async fn opt_out(tx: &mut Tx, address_hash: &[u8; 32], now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "INSERT INTO mail_opt_outs (organization_id, address_hash, opted_out_at) VALUES ($1, $2, $3) \
         ON CONFLICT (organization_id, address_hash) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(address_hash.as_slice())
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}
