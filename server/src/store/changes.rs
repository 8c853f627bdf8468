//! Rows of accepted changes, the truth about every order. Never updates or deletes one.

use std::collections::BTreeMap;

use sync_core::ids::{ActorId, ChangeHash, DeviceId, OrderId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{actor_id, device_id, hash, order_id, signed, unsigned, user_id};
use crate::store::lengths::{filled, insert_meant, lists};
use crate::store::{Result, Tx};

/// One accepted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its place in the order, from 1; every change comes after those it builds on.
    pub position: i64,
    /// Its name.
    pub hash: ChangeHash,
    /// The pen that wrote it.
    pub actor: ActorId,
    /// Its place among the changes of that pen, from 1.
    pub actor_seq: u64,
    /// Who wrote it; `None` for Campo itself.
    pub user: Option<UserId>,
    /// On which device; `None` over REST and for Campo itself.
    pub device: Option<DeviceId>,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Whether Campo answered a broken rule with it.
    pub is_compensation: bool,
    /// The encoded change.
    pub bytes: Vec<u8>,
}

const INSERT: &str = "INSERT INTO changes (organization_id, order_id, position, hash, actor, actor_seq, user_id, \
     device_id, received_at, is_compensation, bytes) ";

/// Adds changes to orders.
///
/// # Errors
///
/// `Conflict` when a change, a position or an actor's sequence number is taken.
pub async fn append(tx: &mut Tx, rows: &[(OrderId, ChangeRow)]) -> Result<()> {
    let organization = tx.organization();
    for (_, some) in filled(rows) {
        on_db!(tx, |db| {
            let mut query = insert_meant!(INSERT, 11, some, |row, (order, change)| {
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(order.as_bytes().as_slice())
                    .push_bind(change.position)
                    .push_bind(change.hash.as_bytes().as_slice())
                    .push_bind(change.actor.as_bytes().as_slice())
                    .push_bind(signed(change.actor_seq))
                    .push_bind(change.user.map(|id| id.as_bytes().to_vec()))
                    .push_bind(change.device.map(|id| id.as_bytes().to_vec()))
                    .push_bind(change.received_at.0)
                    .push_bind(change.is_compensation)
                    .push_bind(change.bytes.as_slice());
            });
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

type Columns = (i64, Vec<u8>, Vec<u8>, i64, Option<Vec<u8>>, Option<Vec<u8>>, i64, bool, Vec<u8>);

fn change_row(columns: Columns) -> Result<ChangeRow> {
    let (position, name, actor, actor_seq, user, device, received_at, is_compensation, bytes) = columns;
    Ok(ChangeRow {
        position,
        hash: hash(&name)?,
        actor: actor_id(&actor)?,
        actor_seq: unsigned(actor_seq),
        user: user.as_deref().map(user_id).transpose()?,
        device: device.as_deref().map(device_id).transpose()?,
        received_at: Timestamp(received_at),
        is_compensation,
        bytes,
    })
}

/// The changes of an order after a position, in order.
pub async fn after(tx: &mut Tx, order: OrderId, position: i64) -> Result<Vec<ChangeRow>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| {
        sqlx::query_as(
        "SELECT position, hash, actor, actor_seq, user_id, device_id, received_at, is_compensation, bytes \
         FROM changes WHERE organization_id = $1 AND order_id = $2 AND position > $3 ORDER BY position"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(position)
    .fetch_all(db)
    .await
    })?;
    rows.into_iter().map(change_row).collect()
}

/// The changes of several orders, each after a position of its own, in order.
pub async fn after_each(tx: &mut Tx, places: &[(OrderId, i64)]) -> Result<BTreeMap<OrderId, Vec<ChangeRow>>> {
    type IdAndColumns =
        (Vec<u8>, i64, Vec<u8>, Vec<u8>, i64, Option<Vec<u8>>, Option<Vec<u8>>, i64, bool, Vec<u8>);
    let organization = tx.organization();
    let mut changes = BTreeMap::<_, Vec<_>>::new();
    for list in lists(places) {
        let rows: Vec<IdAndColumns> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT order_id, position, hash, actor, actor_seq, user_id, device_id, received_at, \
                 is_compensation, bytes FROM changes WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice()).push(" AND (");
            let mut alternatives = query.separated(" OR ");
            for (order, position) in &list {
                alternatives.push("(order_id = ").push_bind_unseparated(order.as_bytes().as_slice());
                alternatives.push_unseparated(" AND position > ").push_bind_unseparated(*position);
                alternatives.push_unseparated(")");
            }
            query.push(") ORDER BY order_id, position");
            query.build_query_as().fetch_all(db).await
        })?;
        for row in rows {
            let (order, position, name, actor, actor_seq, user, device, received_at, is_own, bytes) = row;
            let columns = (position, name, actor, actor_seq, user, device, received_at, is_own, bytes);
            changes.entry(order_id(&order)?).or_default().push(change_row(columns)?);
        }
    }
    Ok(changes)
}

/// How many bytes the changes of an order after a position hold.
pub async fn bytes_after(tx: &mut Tx, order: OrderId, position: i64) -> Result<i64> {
    let organization = tx.organization();
    let bytes: Option<i64> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT CAST(SUM(LENGTH(bytes)) AS BIGINT) FROM changes \
         WHERE organization_id = $1 AND order_id = $2 AND position > $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(position)
    .fetch_one(db)
    .await)?;
    Ok(bytes.unwrap_or(0))
}

/// When the server took a change.
pub async fn received_at(tx: &mut Tx, order: OrderId, hash: ChangeHash) -> Result<Option<Timestamp>> {
    let organization = tx.organization();
    let at: Option<i64> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT received_at FROM changes WHERE organization_id = $1 AND order_id = $2 AND hash = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(hash.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    Ok(at.map(Timestamp))
}

/// Whether an order has a change.
pub async fn contains(tx: &mut Tx, order: OrderId, hash: ChangeHash) -> Result<bool> {
    let organization = tx.organization();
    let found: Option<i64> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT position FROM changes WHERE organization_id = $1 AND order_id = $2 AND hash = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(order.as_bytes().as_slice())
    .bind(hash.as_bytes().as_slice())
    .fetch_optional(db)
    .await)?;
    Ok(found.is_some())
}
