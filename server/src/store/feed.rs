//! The feed of each scope and its counter row. Never hands out a position before it is the transaction's last act.

use std::collections::BTreeMap;

use sync_core::ids::OrderId;
use sync_core::message::{DIGEST_MODULUS, Digest};

use crate::on_db;
use crate::store::columns::{digest_of, order_id, signed, unsigned};
use crate::store::{Result, Tx};

/// Rows in one INSERT statement.
const INSERT_ROWS_MAX: usize = 100;

/// Names a scope: the organization for its office, the user for a technician.
pub type ScopeId = [u8; 16];

/// What happened to an order in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedKind {
    /// It came into the scope.
    Enter,
    /// It gained changes.
    Change,
    /// It left the scope.
    Leave,
}

impl FeedKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Change => "change",
            Self::Leave => "leave",
        }
    }
}

/// One entry of a feed, before it has a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedEntry {
    /// The order.
    pub order: OrderId,
    /// What happened.
    pub kind: FeedKind,
    /// The first of the changes that it gained.
    pub first_position: i64,
    /// The last of them.
    pub last_position: i64,
}

/// Where a scope's feed ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopeHead {
    /// The position of the last entry.
    pub head: u64,
    /// Combination of the hashes of all changes of the orders in the scope.
    pub digest: Digest,
}

/// Where a scope's feed ends; a scope without a row has an empty feed.
pub async fn head(tx: &mut Tx, scope: ScopeId) -> Result<ScopeHead> {
    let organization = tx.organization();
    let row: Option<(i64, i64, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT head, digest_low, digest_high FROM scopes WHERE organization_id = $1 AND scope = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(scope.as_slice())
    .fetch_optional(db)
    .await)?;
    Ok(row.map_or_else(ScopeHead::default, |(head, low, high)| ScopeHead {
        head: unsigned(head),
        digest: digest_of(low, high),
    }))
}

/// Appends entries to the feed of a scope and returns its new head.
///
/// The counter row stays locked until the transaction ends, so this comes after everything else it does, and several
/// scopes come in the order of their ids.
pub async fn append(tx: &mut Tx, scope: ScopeId, entries: &[FeedEntry], gained: Digest) -> Result<u64> {
    let organization = tx.organization();
    let count = signed(entries.len() as u64);
    let head: i64 = on_db!(tx, |db| {
        sqlx::query_scalar(
        "INSERT INTO scopes (organization_id, scope, head, digest_low, digest_high) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (organization_id, scope) DO UPDATE SET head = scopes.head + $3, \
         digest_low = (scopes.digest_low + $4) % $6, digest_high = (scopes.digest_high + $5) % $6 RETURNING head"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(scope.as_slice())
    .bind(count)
    .bind(signed(gained.low))
    .bind(signed(gained.high))
    .bind(signed(DIGEST_MODULUS))
    .fetch_one(db)
    .await
    })?;
    let mut next = head - count;
    for some in entries.chunks(INSERT_ROWS_MAX) {
        on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO feed (organization_id, scope, seq, order_id, kind, first_position, last_position) ",
            );
            query.push_values(some, |mut row, entry| {
                next += 1;
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(scope.as_slice())
                    .push_bind(next)
                    .push_bind(entry.order.as_bytes().as_slice())
                    .push_bind(entry.kind.as_str())
                    .push_bind(entry.first_position)
                    .push_bind(entry.last_position);
            });
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(unsigned(head))
}

/// A stretch of a feed that a pull goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedStretch {
    /// Whose feed.
    pub scope: ScopeId,
    /// Where the pull began; orders met between here and `after` were delivered whole on earlier pages.
    pub base: u64,
    /// Where this page begins.
    pub after: u64,
    /// Where the pull ends.
    pub until: u64,
}

/// The orders met in a stretch for the first time since its base, with the position of that meeting, in feed order.
pub async fn orders_met(
    tx: &mut Tx,
    stretch: &FeedStretch,
    after: u64,
    limit: u32,
) -> Result<Vec<(u64, OrderId)>> {
    let organization = tx.organization();
    let rows: Vec<(i64, Vec<u8>)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT f.seq, f.order_id FROM feed f WHERE f.organization_id = $1 AND f.scope = $2 \
         AND f.seq > $3 AND f.seq <= $4 AND NOT EXISTS (SELECT 1 FROM feed e WHERE e.organization_id = $1 \
         AND e.scope = $2 AND e.order_id = f.order_id AND e.seq > $5 AND e.seq < f.seq) \
         ORDER BY f.seq LIMIT $6"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(stretch.scope.as_slice())
    .bind(signed(after))
    .bind(signed(stretch.until))
    .bind(signed(stretch.base))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(|(seq, order)| Ok((unsigned(seq), order_id(&order)?))).collect()
}

/// What happened to one order in a scope since a position, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderSince {
    /// The first entry.
    pub first_seq: u64,
    /// The last time it came.
    pub entered_seq: Option<u64>,
    /// The last time it left.
    pub left_seq: Option<u64>,
    /// The first time it came.
    pub first_entered_seq: Option<u64>,
    /// The first change it gained since.
    pub first_position: Option<i64>,
}

impl OrderSince {
    /// Whether it is in the scope, as far as the entries tell.
    pub fn has_left(&self) -> bool {
        self.left_seq > self.entered_seq
    }

    /// Whether who stood at the base has it: it did not come after the base before anything else happened.
    pub fn was_there_before(&self) -> bool {
        self.first_entered_seq != Some(self.first_seq)
    }
}

type SinceColumns = (Vec<u8>, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// What happened to each of these orders in the scope since the base of the stretch, up to the feed's present end.
pub async fn since_base(
    tx: &mut Tx,
    stretch: &FeedStretch,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, OrderSince>> {
    let organization = tx.organization();
    let rows: Vec<SinceColumns> = on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new(
            "SELECT order_id, MIN(seq), MAX(CASE WHEN kind = 'enter' THEN seq END), \
             MAX(CASE WHEN kind = 'leave' THEN seq END), MIN(CASE WHEN kind = 'enter' THEN seq END), \
             MIN(CASE WHEN kind = 'change' THEN first_position END) FROM feed WHERE organization_id = ",
        );
        query.push_bind(organization.as_bytes().as_slice()).push(" AND scope = ");
        query.push_bind(stretch.scope.as_slice()).push(" AND seq > ");
        query.push_bind(signed(stretch.base)).push(" AND order_id IN (");
        let mut list = query.separated(", ");
        for order in orders {
            list.push_bind(order.as_bytes().as_slice());
        }
        query.push(") GROUP BY order_id");
        query.build_query_as().fetch_all(db).await
    })?;
    rows.into_iter()
        .map(|(order, first, entered, left, first_entered, position)| {
            let since = OrderSince {
                first_seq: unsigned(first),
                entered_seq: entered.map(unsigned),
                left_seq: left.map(unsigned),
                first_entered_seq: first_entered.map(unsigned),
                first_position: position,
            };
            Ok((order_id(&order)?, since))
        })
        .collect()
}

/// The heads of scopes that live readers wait for, in one look.
pub async fn heads(tx: &mut Tx, scopes: &[ScopeId]) -> Result<Vec<(ScopeId, u64)>> {
    let organization = tx.organization();
    let rows: Vec<(Vec<u8>, i64)> = on_db!(tx, |db| {
        let mut query = sqlx::QueryBuilder::new("SELECT scope, head FROM scopes WHERE organization_id = ");
        query.push_bind(organization.as_bytes().as_slice()).push(" AND scope IN (");
        let mut list = query.separated(", ");
        for scope in scopes {
            list.push_bind(scope.as_slice());
        }
        query.push(")");
        query.build_query_as().fetch_all(db).await
    })?;
    Ok(rows.into_iter().filter_map(|(scope, head)| Some((scope.try_into().ok()?, unsigned(head)))).collect())
}

/// The digest of every scope of the organization.
pub async fn digests(tx: &mut Tx) -> Result<Vec<(ScopeId, Digest)>> {
    let organization = tx.organization();
    let rows: Vec<(Vec<u8>, i64, i64)> = on_db!(tx, |db| sqlx::query_as(
        "SELECT scope, digest_low, digest_high FROM scopes WHERE organization_id = $1 ORDER BY scope"
    )
    .bind(organization.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    Ok(rows
        .into_iter()
        .filter_map(|(scope, low, high)| Some((scope.try_into().ok()?, digest_of(low, high))))
        .collect())
}

/// Corrects the digest of a scope.
pub async fn replace_digest(tx: &mut Tx, scope: ScopeId, digest: Digest) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "UPDATE scopes SET digest_low = $3, digest_high = $4 WHERE organization_id = $1 AND scope = $2"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(scope.as_slice())
    .bind(signed(digest.low))
    .bind(signed(digest.high))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
