//! The feed of each scope and its counter row. Never hands out a position before it is the transaction's last act.

use std::collections::BTreeMap;

use sync_core::ids::OrderId;
use sync_core::message::{DIGEST_MODULUS, Digest};

use crate::on_db;
use crate::store::columns::{digest_of, order_id, signed, unsigned};
use crate::store::lengths::{filled, insert_meant, lists, pieces, push_orders};
use crate::store::orders::OrderSizeRow;
use crate::store::{Result, StoreError, Tx};

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
    Ok(heads(tx, &[scope]).await?.remove(&scope).unwrap_or_default())
}

/// What one transaction adds to a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeEntries {
    /// The scope.
    pub scope: ScopeId,
    /// Its new entries, in order.
    pub entries: Vec<FeedEntry>,
    /// What its digest gains.
    pub gained: Digest,
}

const INSERT: &str =
    "INSERT INTO feed (organization_id, scope, seq, order_id, kind, first_position, last_position) ";
const INSERT_COUNTERS: &str = "INSERT INTO scopes (organization_id, scope, head, digest_low, digest_high) ";

/// Appends entries to the feeds of scopes and returns their new heads.
///
/// The counter rows stay locked until the transaction ends, so this comes after everything else it does, and the
/// scopes are sorted: a statement takes its rows in the order in which they stand in it.
pub async fn append(tx: &mut Tx, additions: &[ScopeEntries]) -> Result<BTreeMap<ScopeId, u64>> {
    debug_assert!(additions.is_sorted_by(|a, b| a.scope < b.scope), "counters are taken in scope order");
    let mut heads = BTreeMap::new();
    for (_, some) in filled(additions) {
        heads.extend(count_on(tx, some).await?);
    }
    let mut rows = Vec::new();
    for ScopeEntries { scope, entries, .. } in additions {
        let head = heads.get(scope).ok_or_else(|| StoreError::internal("a scope has no counter"))?;
        rows.extend((head + 1 - entries.len() as u64..).zip(entries).map(|(seq, entry)| (scope, seq, entry)));
    }
    let organization = tx.organization();
    for (_, some) in filled(&rows) {
        on_db!(tx, |db| {
            let mut query = insert_meant!(INSERT, 7, some, |row, (scope, seq, entry)| {
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(scope.as_slice())
                    .push_bind(signed(*seq))
                    .push_bind(entry.order.as_bytes().as_slice())
                    .push_bind(entry.kind.as_str())
                    .push_bind(entry.first_position)
                    .push_bind(entry.last_position);
            });
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(heads)
}

/// Moves the counters of scopes on, in this order, and returns where they stand.
async fn count_on<'a>(
    tx: &mut Tx,
    additions: impl Iterator<Item = (bool, &'a ScopeEntries)>,
) -> Result<Vec<(ScopeId, u64)>> {
    let organization = tx.organization();
    let rows: Vec<(Vec<u8>, i64)> = on_db!(tx, |db| {
        let mut query = insert_meant!(INSERT_COUNTERS, 5, additions, |row, addition| {
            row.push_bind(organization.as_bytes().as_slice())
                .push_bind(addition.scope.as_slice())
                .push_bind(signed(addition.entries.len() as u64))
                .push_bind(signed(addition.gained.low))
                .push_bind(signed(addition.gained.high));
        });
        query.push(
            " ON CONFLICT (organization_id, scope) DO UPDATE SET head = scopes.head + excluded.head, \
             digest_low = (scopes.digest_low + excluded.digest_low) % ",
        );
        query.push_bind(signed(DIGEST_MODULUS));
        query.push(", digest_high = (scopes.digest_high + excluded.digest_high) % ");
        query.push_bind(signed(DIGEST_MODULUS)).push(" RETURNING scope, head");
        query.build_query_as().fetch_all(db).await
    })?;
    let read = |(scope, head): (Vec<u8>, i64)| Some((scope.try_into().ok()?, unsigned(head)));
    rows.into_iter()
        .map(|row| read(row).ok_or_else(|| StoreError::internal("a scope has the wrong length")))
        .collect()
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
    /// Takes in the next entry.
    fn add(&mut self, seq: u64, kind: &str, first_position: i64) {
        if kind == FeedKind::Enter.as_str() {
            self.entered_seq = Some(seq);
            self.first_entered_seq.get_or_insert(seq);
        } else if kind == FeedKind::Leave.as_str() {
            self.left_seq = Some(seq);
        } else {
            let first = self.first_position.get_or_insert(first_position);
            *first = first_position.min(*first);
        }
    }

    /// Whether it is in the scope, as far as the entries tell.
    pub fn has_left(&self) -> bool {
        self.left_seq > self.entered_seq
    }

    /// Whether who stood at the base has it: it did not come after the base before anything else happened.
    pub fn was_there_before(&self) -> bool {
        self.first_entered_seq != Some(self.first_seq)
    }
}

/// An order met in a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetOrder {
    /// The position of the first meeting since the stretch's base.
    pub seq: u64,
    /// The order.
    pub order: OrderId,
    /// What happened to it since the base.
    pub since: OrderSince,
    /// What it costs to send it.
    pub size: OrderSizeRow,
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
        query.push_bind(signed(stretch.base));
        push_orders!(query, " AND order_id", orders);
        query.push(" GROUP BY order_id");
        query.build_query_as().fetch_all(db).await
    })?;
    rows.into_iter()
        .map(|(order, first, entered, left, first_entered, position)| {
            Ok((order_id(&order)?, order_since((first, entered, left, first_entered, position))))
        })
        .collect()
}

type Since = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

fn order_since((first, entered, left, first_entered, position): Since) -> OrderSince {
    OrderSince {
        first_seq: unsigned(first),
        entered_seq: entered.map(unsigned),
        left_seq: left.map(unsigned),
        first_entered_seq: first_entered.map(unsigned),
        first_position: position,
    }
}

/// What happened to one order in each of several stretches, in the order of the first meetings.
pub type MetSince = Vec<(OrderId, OrderSince)>;

/// All orders met in stretches that have at most so many entries since their bases, with what happened to them.
///
/// Does in one statement what `orders_met` and `since_base` do, but reads every entry since the bases.
pub async fn orders_met_since(
    tx: &mut Tx,
    stretches: &[FeedStretch],
    entries_max: u32,
) -> Result<Vec<MetSince>> {
    let organization = tx.organization();
    let numbered: Vec<_> = stretches.iter().zip(0_i64..).collect();
    let mut met: Vec<MetSince> = vec![Vec::new(); stretches.len()];
    for some in pieces(&numbered) {
        let rows: Vec<(i64, Vec<u8>, i64, String, i64)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new("");
            for (index, (stretch, number)) in some.iter().enumerate() {
                query.push(if index == 0 { "SELECT " } else { " UNION ALL SELECT " });
                query.push_bind(*number).push(
                    ", order_id, seq, kind, first_position FROM (SELECT order_id, seq, kind, first_position \
                     FROM feed WHERE organization_id = ",
                );
                query.push_bind(organization.as_bytes().as_slice()).push(" AND scope = ");
                query.push_bind(stretch.scope.as_slice()).push(" AND seq > ");
                query.push_bind(signed(stretch.base)).push(" ORDER BY seq LIMIT ");
                query.push_bind(i64::from(entries_max)).push(") AS entries");
            }
            query.build_query_as().fetch_all(db).await
        })?;
        for (number, order, seq, kind, first_position) in rows {
            let met = usize::try_from(number).ok().and_then(|number| met.get_mut(number));
            let Some(met) = met else { continue };
            let order = order_id(&order)?;
            let known = met.iter().position(|(known, _)| *known == order);
            let index = known.unwrap_or(met.len());
            if known.is_none() {
                met.push((order, OrderSince { first_seq: unsigned(seq), ..OrderSince::default() }));
            }
            met[index].1.add(unsigned(seq), &kind, first_position);
        }
    }
    for (met, stretch) in met.iter_mut().zip(stretches) {
        met.retain(|(_, since)| stretch.after < since.first_seq && since.first_seq <= stretch.until);
    }
    Ok(met)
}

/// Where the feeds of these scopes end, in one look; scopes without a row have empty feeds.
pub async fn heads(tx: &mut Tx, scopes: &[ScopeId]) -> Result<BTreeMap<ScopeId, ScopeHead>> {
    let organization = tx.organization();
    let mut heads = BTreeMap::new();
    for list in lists(scopes) {
        let rows: Vec<(Vec<u8>, i64, i64, i64)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT scope, head, digest_low, digest_high FROM scopes WHERE organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice()).push(" AND scope IN (");
            let mut members = query.separated(", ");
            for scope in &list {
                members.push_bind(scope.as_slice());
            }
            query.push(")");
            query.build_query_as().fetch_all(db).await
        })?;
        heads.extend(rows.into_iter().filter_map(|(scope, head, low, high)| {
            let head = ScopeHead { head: unsigned(head), digest: digest_of(low, high) };
            Some((scope.try_into().ok()?, head))
        }));
    }
    Ok(heads)
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
