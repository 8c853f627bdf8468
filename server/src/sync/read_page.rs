//! Reads one page of what happened since a device's cursor. Never deserializes a document: stored bytes are served.

mod content;
mod heal;
mod page_round;

use std::collections::BTreeSet;

use sync_core::ids::{DeviceId, OrganizationId, UserId};
use sync_core::message::{Digest, FeedCursor, OrderHeads, OrderUpdate, ReferenceRow};
use sync_core::time::Timestamp;
use sync_core::voucher::VoucherSeal;
use sync_core::workflow::Role;

use crate::store::feed::{FeedStretch, ScopeHead, ScopeId};
use crate::store::page_ground::{self, PageGround};
use crate::store::{Result, Tx, reference_rows};
use crate::sync::{Orders, scope_of};

use content::{Content, News};
pub(crate) use page_round::PageRound;

/// Bytes of one page, in documents, changes and reference rows.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Orders looked at together.
const ORDERS_AT_ONCE: u32 = 200;
/// Reference rows read together.
const REFERENCE_ROWS_AT_ONCE: i64 = 500;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The organization.
    pub organization: OrganizationId,
    /// The person.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// On which device; its own changes are not sent back to it.
    pub device: DeviceId,
}

/// What a device asks for.
#[derive(Debug, Clone, Default)]
pub struct Pull {
    /// Where it stands; `None` on a first sync.
    pub cursor: Option<FeedCursor>,
    /// Combination of the change hashes it holds, when it stood at the cursor and has pushed nothing since.
    pub digest: Option<Digest>,
    /// The heads of every order it holds, after the digests disagreed.
    pub heads: Option<Vec<OrderHeads>>,
    /// It wants no larger page.
    pub page_bytes_max: Option<u32>,
}

/// What a device receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it stands once it has stored the page.
    pub cursor: FeedCursor,
    /// Whether another page should be asked for at once.
    pub more: bool,
    /// Combination of the change hashes of the scope at the cursor; only at the scope's end.
    pub digest: Option<Digest>,
    /// What happened to orders.
    pub orders: Vec<OrderUpdate>,
    /// Reference rows that changed.
    pub reference: Vec<ReferenceRow>,
    /// The device should send its heads.
    pub wants_heads: bool,
    /// Changes received up to here survive a restore.
    pub backup_watermark: Option<Timestamp>,
    /// The server's word that it had the orders of the page.
    pub voucher: Option<VoucherSeal>,
}

/// Reads everything after the device's cursor in its scope, up to the byte limit, on one state of the database.
///
/// # Errors
///
/// Fails only when the database does.
pub async fn read_page(orders: &Orders, reader: Reader, pull: Pull) -> Result<Page> {
    let _turn = orders.admission().turn().await?;
    orders.pages().join(reader.organization, (reader, pull), PageRound::new(orders)).await
}

/// What these readers' pages share.
async fn read_ground(tx: &mut Tx, readers: impl Iterator<Item = Reader>) -> Result<PageGround> {
    let scopes: BTreeSet<_> = readers.map(|reader| reader.scope()).collect();
    page_ground::of_scopes(tx, &scopes.into_iter().collect::<Vec<_>>()).await
}

/// One device's page before the orders that its feed names.
struct Begun<'a> {
    reader: Reader,
    pull: &'a Pull,
    end: ScopeHead,
    start: Start,
    content: Content,
    reference_seq: u64,
    is_healed: bool,
    /// What is left to go through of the feed.
    stretch: FeedStretch,
}

/// Begins one device's page.
async fn begin<'a>(
    tx: &mut Tx,
    orders: &Orders,
    ground: &PageGround,
    (reader, pull): (Reader, &'a Pull),
) -> Result<Begun<'a>> {
    let scope = reader.scope();
    let end = ground.ends.get(&scope).copied().unwrap_or_default();
    let start = Start::of(pull.cursor, ground.epoch, scope, end.head);
    let bytes_max = pull.page_bytes_max.map_or(PAGE_BYTES_MAX, |wanted| PAGE_BYTES_MAX.min(wanted as usize));
    let mut content = Content::new(bytes_max, reader.device);
    let reference_seq = read_reference(tx, start.reference_seq, ground.reference_end, &mut content).await?;
    let is_healed = match &pull.heads {
        Some(held) => heal::heal(tx, reader, held, &mut content).await?,
        None => true,
    };
    let stretch = orders.pulls().resume(reader.device, scope, start.seq, end.head);
    let is_gone_through = pull.heads.is_some() && is_healed;
    let after = if is_gone_through { stretch.until } else { stretch.after };
    let stretch = FeedStretch { after, ..stretch };
    Ok(Begun { reader, pull, end, start, content, reference_seq, is_healed, stretch })
}

/// Goes through the feed and ends a page.
async fn complete(
    tx: &mut Tx,
    orders: &Orders,
    ground: &PageGround,
    begun: Begun<'_>,
    news: News<'_>,
) -> Result<Page> {
    let Begun { reader, pull, end, start, mut content, reference_seq, is_healed, stretch } = begun;
    let stretch = content.read_stretch(tx, stretch, end.head, news).await?;
    let has_rest = stretch.after < stretch.until;
    if has_rest {
        orders.pulls().note(reader.device, stretch);
    }
    let more = has_rest || content.is_full();
    let is_at_end = !more && stretch.after == end.head;
    let voucher = match orders.voucher_key() {
        Some(key) => key.seal_page(tx, &content.orders).await?,
        None => None,
    };
    Ok(Page {
        voucher,
        cursor: FeedCursor { epoch: ground.epoch, scope: stretch.scope, seq: stretch.after, reference_seq },
        more,
        digest: is_at_end.then_some(end.digest),
        wants_heads: !is_healed || (!more && start.was_reset) || disagrees(pull, &start, end),
        orders: content.orders,
        reference: content.reference,
        backup_watermark: ground.backup_watermark,
    })
}

impl Reader {
    fn scope(&self) -> ScopeId {
        scope_of(self.organization, self.user, self.role)
    }
}

/// Whether a device that stood at the scope's end held something else than the scope does.
fn disagrees(pull: &Pull, start: &Start, end: ScopeHead) -> bool {
    let is_comparable = pull.heads.is_none() && start.seq == end.head && !start.was_reset;
    is_comparable && pull.digest.is_some_and(|digest| digest != end.digest)
}

/// Where a page begins.
struct Start {
    seq: u64,
    reference_seq: u64,
    /// The device stood in another life of the server, or in another scope.
    was_reset: bool,
}

impl Start {
    fn of(cursor: Option<FeedCursor>, epoch: u64, scope: ScopeId, head: u64) -> Self {
        match cursor {
            None => Self { seq: 0, reference_seq: 0, was_reset: false },
            Some(cursor) if cursor.epoch != epoch || cursor.seq > head && cursor.scope == scope => {
                Self { seq: 0, reference_seq: 0, was_reset: true }
            }
            Some(cursor) if cursor.scope != scope => {
                Self { seq: 0, reference_seq: cursor.reference_seq, was_reset: true }
            }
            Some(cursor) => Self { seq: cursor.seq, reference_seq: cursor.reference_seq, was_reset: false },
        }
    }
}

/// Adds the reference rows after a position and returns the position that was reached.
async fn read_reference(tx: &mut Tx, after: u64, end: i64, content: &mut Content) -> Result<u64> {
    let mut reached = i64::try_from(after).unwrap_or(i64::MAX);
    while reached < end {
        let rows = reference_rows::list_after(tx, reached, end, REFERENCE_ROWS_AT_ONCE).await?;
        if rows.is_empty() {
            reached = end;
        }
        for row in rows {
            let seq = row.seq;
            let row = ReferenceRow {
                kind: row.kind,
                id: *row.id.as_bytes(),
                body: if row.deleted { String::new() } else { row.body },
                is_removed: row.deleted,
            };
            if after == 0 && row.is_removed {
                reached = seq;
                continue;
            }
            if !content.add_reference(row) {
                return Ok(u64::try_from(reached).unwrap_or(0));
            }
            reached = seq;
        }
    }
    Ok(u64::try_from(reached).unwrap_or(0))
}
