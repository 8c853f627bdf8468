//! The rows of the audit chain and its head. Never computes a hash: `audit.rs` does.

use std::ops::Range;

use serde::Serialize;
use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::lengths::{filled, insert_meant};
use crate::store::order_search::TimeRange;
use crate::store::{Result, StoreError, Tx, read_id};

/// One link of the chain as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub seq: i64,
    pub at: Timestamp,
    pub user: Option<UserId>,
    pub device: Option<DeviceId>,
    pub action: String,
    pub subject: String,
    /// JSON text.
    pub details: String,
    pub previous_hash: [u8; 32],
    pub hash: [u8; 32],
}

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    pub seq: i64,
    pub hash: [u8; 32],
    /// The version of who listens in the organization, 0 for nobody; read along so that a push asks for it once.
    pub listeners_version: i64,
}

/// Takes the organization's chain for this transaction and returns where it stands.
pub async fn lock_head(tx: &mut Tx) -> Result<AuditHead> {
    let lock_rows = tx.lock_rows();
    if let Some(head) = select_head(tx, lock_rows).await? {
        return Ok(head);
    }
    let organization = tx.organization();
    let (seq, hash): (i64, Vec<u8>) = on_db!(tx, |db| sqlx::query_as(
        "INSERT INTO audit_heads (organization_id, seq, hash) VALUES ($1, 0, $2) \
         ON CONFLICT (organization_id) DO UPDATE SET seq = audit_heads.seq RETURNING seq, hash"
    )
    .bind(organization.as_bytes().as_slice())
    .bind([0_u8; 32].as_slice())
    .fetch_one(db)
    .await?);
    Ok(AuditHead { seq, hash: read_hash(hash)?, listeners_version: 0 })
}

const INSERT: &str = "INSERT INTO audit (organization_id, seq, at, user_id, device_id, action, subject, details, \
     previous_hash, hash) ";

/// Adds links that follow each other and makes the last one the head.
pub async fn append(tx: &mut Tx, rows: &[AuditRow]) -> Result<()> {
    let organization = tx.organization();
    for (_, some) in filled(rows) {
        on_db!(tx, |db| {
            let mut query = insert_meant!(INSERT, 10, some, |values, row| {
                values
                    .push_bind(organization.as_bytes().as_slice())
                    .push_bind(row.seq)
                    .push_bind(row.at.0)
                    .push_bind(row.user.map(|id| id.as_bytes().to_vec()))
                    .push_bind(row.device.map(|id| id.as_bytes().to_vec()))
                    .push_bind(row.action.as_str())
                    .push_bind(row.subject.as_str())
                    .push_bind(row.details.as_str())
                    .push_bind(row.previous_hash.as_slice())
                    .push_bind(row.hash.as_slice());
            });
            query.build().execute(db).await.map(drop)?;
        });
    }
    let Some(last) = rows.last() else { return Ok(()) };
    on_db!(tx, |db| sqlx::query("UPDATE audit_heads SET seq = $2, hash = $3 WHERE organization_id = $1")
        .bind(organization.as_bytes().as_slice())
        .bind(last.seq)
        .bind(last.hash.as_slice())
        .execute(db)
        .await
        .map(drop)?);
    Ok(())
}

type Columns = (i64, i64, Option<Vec<u8>>, Option<Vec<u8>>, String, String, String, Vec<u8>, Vec<u8>);

/// The links after a position, oldest first, at most `count_max`.
pub async fn list_after(tx: &mut Tx, after: i64, count_max: i64) -> Result<Vec<AuditRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT seq, at, user_id, device_id, action, subject, details, previous_hash, hash FROM audit \
         WHERE organization_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(after)
    .bind(count_max)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(audit_row).collect()
}

/// Every link about one subject, oldest first. Reads the whole chain: exports are rare, an index would cost every push.
pub async fn list_by_subject(tx: &mut Tx, subject: &str) -> Result<Vec<AuditRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT seq, at, user_id, device_id, action, subject, details, previous_hash, hash FROM audit \
         WHERE organization_id = $1 AND subject = $2 ORDER BY seq"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(subject)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(audit_row).collect()
}

/// Which links are asked for; nothing asks for every link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditFilter {
    pub user: Option<UserId>,
    pub subject: Option<String>,
    /// A deed by its name, `customer.update`, or all deeds of a kind, `customer`.
    pub action: Option<String>,
    pub range: TimeRange,
}

type NamedColumns =
    (i64, i64, Option<Vec<u8>>, Option<Vec<u8>>, String, String, String, Vec<u8>, Vec<u8>, Option<String>);

/// Links whose positions are within, newest first, at most `count_max`, each with its author's name.
pub async fn list_between(
    tx: &mut Tx,
    filter: &AuditFilter,
    positions: Range<i64>,
    count_max: i64,
) -> Result<Vec<(AuditRow, Option<String>)>> {
    let organization = tx.organization();
    let rows: Vec<NamedColumns> = on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new(
            "SELECT audit.seq, audit.at, audit.user_id, audit.device_id, audit.action, audit.subject, \
             audit.details, audit.previous_hash, audit.hash, users.name FROM audit \
             LEFT JOIN users ON users.organization_id = audit.organization_id \
             AND users.user_id = audit.user_id WHERE audit.organization_id = ",
        );
        query.push_bind(organization.as_bytes().as_slice());
        query.push(" AND audit.seq >= ").push_bind(positions.start);
        query.push(" AND audit.seq < ").push_bind(positions.end);
        if let Some(user) = &filter.user {
            query.push(" AND audit.user_id = ").push_bind(user.as_bytes().as_slice());
        }
        if let Some(subject) = &filter.subject {
            query.push(" AND audit.subject = ").push_bind(subject.as_str());
        }
        if let Some(action) = &filter.action {
            query.push(" AND (audit.action = ").push_bind(action.as_str());
            // A kind is followed by a point; `/` is the next character.
            query.push(" OR (audit.action >= ").push_bind(format!("{action}."));
            query.push(" AND audit.action < ").push_bind(format!("{action}/")).push("))");
        }
        if let Some(from) = filter.range.from {
            query.push(" AND audit.at >= ").push_bind(from.0);
        }
        if let Some(until) = filter.range.until {
            query.push(" AND audit.at < ").push_bind(until.0);
        }
        query.push(" ORDER BY audit.seq DESC LIMIT ").push_bind(count_max);
        query.build_query_as().fetch_all(db).await?
    });
    let named = rows.into_iter().map(|columns| {
        let (seq, at, user, device, action, subject, details, previous_hash, hash, name) = columns;
        Ok((audit_row((seq, at, user, device, action, subject, details, previous_hash, hash))?, name))
    });
    named.collect()
}

fn audit_row(columns: Columns) -> Result<AuditRow> {
    let (seq, at, user, device, action, subject, details, previous_hash, hash) = columns;
    Ok(AuditRow {
        seq,
        at: Timestamp(at),
        user: user.map(|id| read_id(&id)).transpose()?,
        device: device.map(|id| read_id(&id)).transpose()?,
        action,
        subject,
        details,
        previous_hash: read_hash(previous_hash)?,
        hash: read_hash(hash)?,
    })
}

/// The last position and hash, without taking the chain.
pub async fn head(tx: &mut Tx) -> Result<Option<(i64, [u8; 32])>> {
    Ok(select_head(tx, "").await?.map(|head| (head.seq, head.hash)))
}

async fn select_head(tx: &mut Tx, lock_rows: &'static str) -> Result<Option<AuditHead>> {
    let organization = tx.organization();
    let row: Option<(i64, Vec<u8>, i64)> = on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new(
            "SELECT seq, hash, COALESCE((SELECT version FROM listeners \
             WHERE listeners.organization_id = audit_heads.organization_id), 0) \
             FROM audit_heads WHERE organization_id = ",
        );
        query.push_bind(organization.as_bytes().as_slice()).push(lock_rows);
        query.build_query_as().fetch_optional(db).await?
    });
    row.map(|(seq, hash, listeners_version)| Ok(AuditHead { seq, hash: read_hash(hash)?, listeners_version }))
        .transpose()
}

fn read_hash(bytes: Vec<u8>) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| StoreError::internal("a stored hash has a wrong length"))
}
