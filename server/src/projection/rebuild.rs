//! Makes everything derived from orders again from their raw changes, or compares it with what is stored.
//!
//! The raw changes are the truth: heads, digests, saved documents, summaries, crews and scope digests follow from them.

mod listed;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sync_core::document::{OrderDocument, genesis_heads};
use sync_core::ids::{BlobHash, ChangeHash, OrderId, OrganizationId, UserId};
use sync_core::message::Digest;
use sync_core::order::{CrewRole, Order, Workflows};

use crate::projection::{ListedOrder, blobs_of, put_blobs, words_of};
use crate::store::feed::ScopeId;
use crate::store::orders::{self, DerivedOrderRow};
use crate::store::{
    Result, Store, StoreError, Tx, changes, feed, order_assignees, order_blobs, organizations,
};
use crate::sync::definitions;
use crate::sync::store_intake::update_crew;

/// Orders looked up at once.
const ORDERS_AT_ONCE: u32 = 500;

/// Whether derived rows are replaced or only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildMode {
    /// Replace them.
    Write,
    /// Compare them and stop at the first difference.
    Check,
}

/// One derived thing that does not follow from the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The organization.
    pub organization: OrganizationId,
    /// The order; `None` for the digest of a scope.
    pub order: Option<OrderId>,
    /// What differs.
    pub what: &'static str,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.order {
            Some(order) => write!(f, "organization {}, order {order}: {}", self.organization, self.what),
            None => write!(f, "organization {}: {}", self.organization, self.what),
        }
    }
}

/// What a rebuild went through and found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    /// Orders read.
    pub order_count: u64,
    /// The first difference; only when comparing.
    pub difference: Option<Difference>,
}

/// One order as it follows from its changes.
struct Rebuilt {
    derived: DerivedOrderRow,
    listed: ListedOrder,
    crew: BTreeMap<UserId, CrewRole>,
    blobs: BTreeSet<BlobHash>,
}

/// What the orders of an organization amount to together.
#[derive(Default)]
struct Totals {
    scopes: BTreeMap<ScopeId, Digest>,
    word_count: usize,
}

/// Goes through every order of every organization.
///
/// # Errors
///
/// As for [`rebuild`].
pub async fn rebuild_all(store: &Store, mode: RebuildMode) -> Result<RebuildReport> {
    let organizations = organizations::all(store).await?;
    rebuild(store, &organizations, mode).await
}

/// Goes through every order of these organizations.
///
/// # Errors
///
/// Fails when the database does, or when the changes of an order do not make a document.
pub async fn rebuild(
    store: &Store,
    organizations: &[OrganizationId],
    mode: RebuildMode,
) -> Result<RebuildReport> {
    let mut report = RebuildReport::default();
    for organization in organizations {
        let mut tx = store.begin_read(*organization).await?;
        let workflows = definitions::read_all(&mut tx).await?;
        tx.commit().await?;
        let mut totals = Totals::default();
        if mode == RebuildMode::Write {
            listed::clear_words(store, *organization).await?;
        }
        let mut after = None;
        loop {
            let mut tx = store.begin_read(*organization).await?;
            let ids = orders::ids_after(&mut tx, after, ORDERS_AT_ONCE).await?;
            tx.commit().await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for order in ids {
                report.order_count += 1;
                let what = one_order(store, *organization, order, &workflows, mode, &mut totals).await?;
                if let Some(what) = what {
                    report.difference =
                        Some(Difference { organization: *organization, order: Some(order), what });
                    return Ok(report);
                }
            }
        }
        if let Some(what) = of_organization(store, *organization, &totals, mode).await? {
            report.difference = Some(Difference { organization: *organization, order: None, what });
            return Ok(report);
        }
    }
    Ok(report)
}

async fn one_order(
    store: &Store,
    organization: OrganizationId,
    order: OrderId,
    workflows: &Workflows,
    mode: RebuildMode,
    totals: &mut Totals,
) -> Result<Option<&'static str>> {
    let mut tx = match mode {
        RebuildMode::Write => store.begin_write(organization).await?,
        RebuildMode::Check => store.begin_read(organization).await?,
    };
    if mode == RebuildMode::Write {
        orders::lock(&mut tx, order).await?;
    }
    let Some(rebuilt) = derive(&mut tx, order, workflows).await? else { return Ok(None) };
    let members = rebuilt.crew.keys().map(|user| *user.as_bytes()).chain([*organization.as_bytes()]);
    for scope in members {
        let digest = totals.scopes.entry(scope).or_default();
        *digest = digest.plus(rebuilt.derived.digest);
    }
    totals.word_count += words_of(&rebuilt.listed.summary).len();
    let difference = match mode {
        RebuildMode::Check => compare(&mut tx, order, &rebuilt).await?,
        RebuildMode::Write => {
            replace(&mut tx, order, &rebuilt).await?;
            None
        }
    };
    tx.commit().await?;
    Ok(difference)
}

/// Applies the changes of an order one after the other; `None` for one that has none.
async fn derive(tx: &mut Tx, order: OrderId, workflows: &Workflows) -> Result<Option<Rebuilt>> {
    let rows = changes::after(tx, order, 0).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut document = OrderDocument::new();
    for row in &rows {
        document
            .apply(&row.bytes)
            .map_err(|error| StoreError::internal(&format!("order {order}, change {}: {error}", row.hash)))?;
    }
    let read = Order::read(&document, workflows).0;
    let hashes: Vec<ChangeHash> = rows.iter().map(|row| row.hash).collect();
    let heads = document.heads();
    debug_assert_ne!(heads, genesis_heads(), "an order with changes has moved from its beginning");
    Ok(Some(Rebuilt {
        derived: DerivedOrderRow {
            change_count: rows.last().map_or(0, |row| row.position),
            digest: hashes.iter().collect(),
            heads,
            created_at: first.received_at,
            save: document.save(),
        },
        listed: ListedOrder::of(order, first.received_at, &read, workflows),
        blobs: blobs_of(&read),
        crew: read.audience(),
    }))
}

async fn compare(tx: &mut Tx, order: OrderId, rebuilt: &Rebuilt) -> Result<Option<&'static str>> {
    let Some(head) = orders::head(tx, order).await? else { return Ok(Some("it has no row")) };
    if (head.change_count, head.digest) != (rebuilt.derived.change_count, rebuilt.derived.digest) {
        return Ok(Some("the count or digest of its changes differs"));
    }
    if head.heads != rebuilt.derived.heads {
        return Ok(Some("its heads differ"));
    }
    if !is_same_save(tx, order, head.save_position, rebuilt).await? {
        return Ok(Some("its saved document differs"));
    }
    if let Some(what) = listed::compare(tx, &rebuilt.listed).await? {
        return Ok(Some(what));
    }
    if order_assignees::of_order(tx, order).await? != rebuilt.crew {
        return Ok(Some("its crew differs"));
    }
    let are_same_blobs = order_blobs::of_order(tx, order).await? == rebuilt.blobs;
    Ok((!are_same_blobs).then_some("the blobs it refers to differ"))
}

/// A saved document that is up to date is the same bytes; an older one becomes it with the changes since.
async fn is_same_save(tx: &mut Tx, order: OrderId, save_position: i64, rebuilt: &Rebuilt) -> Result<bool> {
    let save = orders::save_of(tx, order).await?;
    if save_position == rebuilt.derived.change_count {
        return Ok(save == rebuilt.derived.save);
    }
    let Ok(mut document) = OrderDocument::load(&save) else { return Ok(false) };
    for row in changes::after(tx, order, save_position).await? {
        if document.apply(&row.bytes).is_err() {
            return Ok(false);
        }
    }
    Ok(document.heads() == rebuilt.derived.heads)
}

async fn replace(tx: &mut Tx, order: OrderId, rebuilt: &Rebuilt) -> Result<()> {
    let crew = order_assignees::of_order(tx, order).await?;
    orders::replace_derived(tx, order, &rebuilt.derived).await?;
    listed::replace(tx, &rebuilt.listed).await?;
    update_crew(tx, order, &crew, &rebuilt.crew).await?;
    for foreign in order_blobs::of_order(tx, order).await?.difference(&rebuilt.blobs) {
        order_blobs::delete(tx, order, *foreign).await?;
    }
    put_blobs(tx, order, &rebuilt.blobs, rebuilt.listed.summary.listed_at).await
}

/// What is derived from all orders together, and from the records.
async fn of_organization(
    store: &Store,
    organization: OrganizationId,
    totals: &Totals,
    mode: RebuildMode,
) -> Result<Option<&'static str>> {
    if let Some(what) = scope_digests(store, organization, &totals.scopes, mode).await? {
        return Ok(Some(what));
    }
    if !listed::has_words(store, organization, totals.word_count).await? {
        return Ok(Some("the words of its orders differ"));
    }
    records::words(store, organization, mode).await
}

async fn scope_digests(
    store: &Store,
    organization: OrganizationId,
    expected: &BTreeMap<ScopeId, Digest>,
    mode: RebuildMode,
) -> Result<Option<&'static str>> {
    let mut tx = match mode {
        RebuildMode::Write => store.begin_write(organization).await?,
        RebuildMode::Check => store.begin_read(organization).await?,
    };
    let mut difference = None;
    for (scope, stored) in feed::digests(&mut tx).await? {
        let digest = expected.get(&scope).copied().unwrap_or_default();
        match mode {
            RebuildMode::Write => feed::replace_digest(&mut tx, scope, digest).await?,
            RebuildMode::Check if stored != digest => difference = Some("the digest of a scope differs"),
            RebuildMode::Check => {}
        }
    }
    tx.commit().await?;
    Ok(difference)
}
