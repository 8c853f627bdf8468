//! Which requests with an `Idempotency-Key` were made, and how they were answered. Never judges whether to repeat one.

use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{MadeUnder, Result, StoreError, Tx};

/// Whose key it is: keys of different callers never meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName {
    pub principal: [u8; 16],
    pub name: String,
}

/// One request that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    pub request_hash: [u8; 32],
    pub claimed_at: Timestamp,
    /// `None` while it is under way.
    pub answer: Option<KeptAnswer>,
    /// Whether something was committed for it, answered or not.
    pub is_made: bool,
}

/// An answer as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    pub status: u16,
    /// JSON text: names and values.
    pub headers: String,
    pub body: Vec<u8>,
}

/// Takes the key for a request; false when it is taken.
pub async fn claim(tx: &mut Tx, key: &KeyName, request_hash: &[u8; 32], now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO idempotency_keys (organization_id, principal_id, name, request_hash, claimed_at, headers, body) \
         VALUES ($1, $2, $3, $4, $5, '', $6) ON CONFLICT (organization_id, principal_id, name) DO NOTHING"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(key.principal.as_slice())
    .bind(key.name.as_str())
    .bind(request_hash.as_slice())
    .bind(now.0)
    .bind(Vec::<u8>::new())
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// Takes over a key whose request is too old to matter; false when somebody else did first.
pub async fn claim_again(
    tx: &mut Tx,
    key: &KeyName,
    claimed_at: Timestamp,
    request_hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE idempotency_keys SET request_hash = $5, claimed_at = $6, status = NULL, headers = '' \
         WHERE organization_id = $1 AND principal_id = $2 AND name = $3 AND claimed_at = $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(key.principal.as_slice())
    .bind(key.name.as_str())
    .bind(claimed_at.0)
    .bind(request_hash.as_slice())
    .bind(now.0)
    .execute(db)
    .await?
    .rows_affected());
    Ok(count == 1)
}

pub async fn get(tx: &mut Tx, key: &KeyName) -> Result<Option<KeyRow>> {
    type Columns = (Vec<u8>, i64, Option<i64>, String, Vec<u8>);
    let organization = tx.organization();
    let row: Option<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT request_hash, claimed_at, status, headers, body FROM idempotency_keys \
         WHERE organization_id = $1 AND principal_id = $2 AND name = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(key.principal.as_slice())
    .bind(key.name.as_str())
    .fetch_optional(db)
    .await?);
    let Some((request_hash, claimed_at, status, headers, body)) = row else { return Ok(None) };
    let is_made = !headers.is_empty();
    let wrong = || StoreError::internal("a stored answer cannot be read");
    let status = status.map(u16::try_from).transpose().map_err(|_| wrong())?;
    Ok(Some(KeyRow {
        request_hash: request_hash.try_into().map_err(|_| wrong())?,
        claimed_at: Timestamp(claimed_at),
        answer: status.map(|status| KeptAnswer { status, headers, body }),
        is_made,
    }))
}

/// Stands where the headers of the answer come, from the commit of what was made on.
const MADE: &str = "made";

/// Says that something was made for the request that has the key.
pub async fn note_made(tx: &mut Tx, made_under: &MadeUnder) -> Result<()> {
    let organization = tx.organization();
    let MadeUnder { key, claimed_at } = made_under;
    on_db!(tx, |db| {
        sqlx::query(
        "UPDATE idempotency_keys SET headers = $5 WHERE organization_id = $1 AND principal_id = $2 AND name = $3 \
         AND claimed_at = $4 AND status IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(key.principal.as_slice())
    .bind(key.name.as_str())
    .bind(claimed_at.0)
    .bind(MADE)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

/// Keeps the answer to the request that has the key.
pub async fn keep(tx: &mut Tx, key: &KeyName, claimed_at: Timestamp, answer: &KeptAnswer) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE idempotency_keys SET status = $5, headers = $6, body = $7 \
         WHERE organization_id = $1 AND principal_id = $2 AND name = $3 AND claimed_at = $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(key.principal.as_slice())
    .bind(key.name.as_str())
    .bind(claimed_at.0)
    .bind(i64::from(answer.status))
    .bind(answer.headers.as_str())
    .bind(answer.body.as_slice())
    .execute(db)
    .await
    .map(drop)?);
    Ok(())
}

/// Takes the content out of answers that speak of something; whoever repeats such a request learns that its answer is gone.
pub async fn forget_answers_about(tx: &mut Tx, text: &str) -> Result<()> {
    let organization = tx.organization();
    let find = tx.find_bytes();
    on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new("UPDATE idempotency_keys SET status = NULL, headers = ");
        query.push_bind(MADE).push(", body = ").push_bind(Vec::<u8>::new());
        query.push(" WHERE organization_id = ").push_bind(organization.as_bytes().as_slice());
        query.push(" AND ").push(find).push("(body, ").push_bind(text.as_bytes()).push(") > 0");
        query.build().execute(db).await.map(drop)?;
    });
    Ok(())
}

/// Gives the key back: the request was refused and did nothing.
pub async fn release(tx: &mut Tx, key: &KeyName, claimed_at: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "DELETE FROM idempotency_keys \
         WHERE organization_id = $1 AND principal_id = $2 AND name = $3 AND claimed_at = $4 AND status IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(key.principal.as_slice())
    .bind(key.name.as_str())
    .bind(claimed_at.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

/// Forgets old answers of every organization.
pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| sqlx::query("DELETE FROM idempotency_keys WHERE claimed_at < $1")
        .bind(before.0)
        .execute(db)
        .await
        .map(drop)?);
    Ok(())
}
