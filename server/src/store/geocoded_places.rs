//! What a geocoder answered, so that it is asked once. Never whose address it was.

use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::{Result, Tx};

/// The answer to a question, when it is not older than a moment. JSON.
pub async fn get(tx: &mut Tx, query: &str, since: Timestamp) -> Result<Option<String>> {
    let organization = tx.organization();
    Ok(on_db!(tx, |db| sqlx::query_scalar(
        "SELECT answer FROM geocoded_places WHERE organization_id = $1 AND query = $2 AND answered_at >= $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(query)
    .bind(since.0)
    .fetch_optional(db)
    .await?))
}

/// Keeps an answer instead of the one before.
pub async fn put(tx: &mut Tx, query: &str, answer: &str, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO geocoded_places (organization_id, query, answer, answered_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, query) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(query)
    .bind(answer)
    .bind(now.0)
    .execute(db)
    .await
    .map(drop)?
    });
    Ok(())
}

/// Forgets every answer of the organization; it may be asked for again.
pub async fn forget_all(tx: &mut Tx) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query("DELETE FROM geocoded_places WHERE organization_id = $1")
            .bind(organization.as_bytes().as_slice())
            .execute(db)
            .await
            .map(drop)?
    });
    Ok(())
}

/// Forgets answers of any organization that are older; in a system transaction only.
pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<()> {
    on_db!(tx, |db| {
        sqlx::query("DELETE FROM geocoded_places WHERE answered_at < $1")
            .bind(before.0)
            .execute(db)
            .await
            .map(drop)?
    });
    Ok(())
}
