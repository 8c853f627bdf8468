//! Secret addresses of calendars. Never an address itself, only its hash.

use sync_core::ids::{OrganizationId, RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::user_id;
use crate::store::{Result, Tx, read_id};

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFeedRow {
    pub id: RecordId,
    /// Whose visits it shows; either a person or a team.
    pub user: Option<UserId>,
    pub team: Option<RecordId>,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

type Columns = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Vec<u8>, i64, Option<i64>);

type FoundColumns = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Vec<u8>, i64, Option<i64>);

fn feed_row((id, user, team, created_by, created_at, revoked_at): Columns) -> Result<CalendarFeedRow> {
    Ok(CalendarFeedRow {
        id: read_id(&id)?,
        user: user.map(|id| user_id(&id)).transpose()?,
        team: team.map(|id| read_id(&id)).transpose()?,
        created_by: user_id(&created_by)?,
        created_at: Timestamp(created_at),
        revoked_at: revoked_at.map(Timestamp),
    })
}

/// Adds an address.
pub async fn insert(tx: &mut Tx, row: &CalendarFeedRow, token_hash: &[u8]) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO calendar_feeds (organization_id, feed_id, user_id, team_id, token_hash, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(row.id.as_bytes().as_slice())
    .bind(row.user.map(|id| id.as_bytes().to_vec()))
    .bind(row.team.map(|id| id.as_bytes().to_vec()))
    .bind(token_hash)
    .bind(row.created_by.as_bytes().as_slice())
    .bind(row.created_at.0)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Every address of the organization, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<CalendarFeedRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT feed_id, user_id, team_id, created_by, created_at, revoked_at FROM calendar_feeds \
         WHERE organization_id = $1 ORDER BY created_at, feed_id"
    )
    .bind(organization.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(feed_row).collect()
}

/// Ends an address; false when it is not known or has ended before.
pub async fn revoke(tx: &mut Tx, id: RecordId, now: Timestamp) -> Result<bool> {
    let organization = tx.organization();
    let count = on_db!(tx, |db| sqlx::query(
        "UPDATE calendar_feeds SET revoked_at = $3 \
         WHERE organization_id = $1 AND feed_id = $2 AND revoked_at IS NULL"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(id.as_bytes().as_slice())
    .bind(now.0)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(count == 1)
}

/// The address of a hash that has not ended, whosever it is.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<(OrganizationId, CalendarFeedRow)>> {
    let row: Option<FoundColumns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT organization_id, feed_id, user_id, team_id, created_by, created_at, revoked_at \
             FROM calendar_feeds WHERE token_hash = $1 AND revoked_at IS NULL"
    )
    .bind(token_hash)
    .fetch_optional(db)
    .await)?;
    let found = row.map(|(organization, id, user, team, by, at, revoked)| {
        let organization: OrganizationId = read_id(&organization)?;
        Ok((organization, feed_row((id, user, team, by, at, revoked))?))
    });
    found.transpose()
}
