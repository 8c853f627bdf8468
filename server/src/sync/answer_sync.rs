//! Answers one sync request: takes in what is pushed, then reads a page. A refused page never voids the results.

use sync_core::intake::{Access, Pusher};
use sync_core::message::{FeedCursor, SyncRequest, SyncResponse};
use sync_core::time::Timestamp;

use crate::store::Result;
use crate::sync::accept_changes::{Push, accept_changes};
use crate::sync::read_page::{Page, Pull, Reader, read_page};
use crate::sync::{Orders, scope_of};

/// The oldest document schema that an app may read with; older ones may still push.
pub const SCHEMA_MIN: u32 = 1;

/// Takes in the changes of a request and answers with their results and the page after its cursor.
///
/// # Errors
///
/// Fails as a whole only when the database does.
pub async fn answer_sync(
    orders: &Orders,
    reader: Reader,
    request: SyncRequest,
    now: Timestamp,
) -> Result<SyncResponse> {
    let has_pushed = !request.push.is_empty();
    let results = if has_pushed {
        let pusher = Pusher {
            user: reader.user,
            role: reader.role,
            device: Some(reader.device),
            access: Access::Granted,
        };
        let vouched = orders.voucher_key().zip(request.vouchers.as_deref());
        let vouched =
            vouched.map(|(key, vouchers)| key.proven(reader.organization, vouchers)).unwrap_or_default();
        let push = Push { organization: reader.organization, pusher, orders: request.push, vouched };
        accept_changes(orders, push, now).await?
    } else {
        Vec::new()
    };
    let must_upgrade = request.schema < SCHEMA_MIN;
    let page = if must_upgrade {
        empty_page(reader, request.cursor)
    } else {
        let pull = Pull {
            cursor: request.cursor,
            digest: request.digest.filter(|_| !has_pushed),
            heads: request.heads,
            page_bytes_max: request.page_bytes_max,
        };
        read_page(orders, reader, pull).await?
    };
    Ok(SyncResponse {
        cursor: page.cursor,
        more: page.more,
        digest: page.digest,
        results,
        orders: page.orders,
        reference: page.reference,
        server_time: now,
        upgrade: must_upgrade,
        retry_after_s: None,
        backup_watermark: page.backup_watermark,
        wants_heads: page.wants_heads,
        voucher: page.voucher,
    })
}

/// What an app that is too old to read receives: it stays where it stands.
fn empty_page(reader: Reader, cursor: Option<FeedCursor>) -> Page {
    let scope = scope_of(reader.organization, reader.user, reader.role);
    Page {
        cursor: cursor.unwrap_or(FeedCursor { epoch: 0, scope, seq: 0, reference_seq: 0 }),
        more: false,
        digest: None,
        orders: Vec::new(),
        reference: Vec::new(),
        wants_heads: false,
        backup_watermark: None,
        voucher: None,
    }
}
