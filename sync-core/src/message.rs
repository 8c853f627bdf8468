//! What a device and the server say to each other: `POST /v1/sync`, encoded as CBOR. Never does I/O.
//!
//! A wire format: fields keep their numbers for ever, new ones are optional, unknown ones are skipped. The first
//! byte of a body is the protocol version, the second says whether the rest is deflated.

mod code;
mod envelope;

use minicbor::{Decode, Encode};

pub use code::{HeldReason, RejectCode};
pub use envelope::{EnvelopeError, PROTOCOL, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX, open, seal};

use crate::ids::{ChangeHash, DeviceId, OrderId};
use crate::time::Timestamp;
use crate::voucher::{Voucher, VoucherSeal};

/// Changes in one request; more are sent by a further request.
pub const PUSH_CHANGES_MAX: usize = 500;

/// What a device asks and offers in one round trip.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncRequest {
    /// The newest document schema the app reads and writes.
    #[n(0)]
    pub schema: u32,
    /// The app's version, for the operator's eyes.
    #[n(1)]
    pub app_version: String,
    /// The device that speaks; must be the one of the access token.
    #[n(2)]
    pub device: DeviceId,
    /// Where the device stands; `None` on a first sync.
    #[n(3)]
    pub cursor: Option<FeedCursor>,
    /// Combination of the change hashes of all orders the device holds, without unacknowledged ones.
    #[n(4)]
    pub digest: Option<Digest>,
    /// Everything that is not yet acknowledged, up to the limits.
    #[n(5)]
    #[cbor(default)]
    pub push: Vec<PushedOrder>,
    /// Sent after the digests disagreed: the heads of every order the device holds.
    #[n(6)]
    pub heads: Option<Vec<OrderHeads>>,
    /// The device wants no page larger than this.
    #[n(7)]
    pub page_bytes_max: Option<u32>,
    /// Proof that an earlier life of the server had what is passed on in `push`.
    #[n(8)]
    pub vouchers: Option<Vec<Voucher>>,
}

/// The changes a device offers for one order, in an order in which they can be applied.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PushedOrder {
    /// The order they belong to.
    #[n(0)]
    pub order: OrderId,
    /// The changes.
    #[n(1)]
    pub changes: Vec<PushedChange>,
}

/// One offered change and the hash under which the device keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PushedChange {
    /// SHA-256 of the content, as the device knows it.
    #[n(0)]
    pub hash: ChangeHash,
    /// The encoded change.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Somebody else's change, passed on: the place in `vouchers` of the one that covers it.
    #[n(2)]
    pub voucher: Option<u32>,
}

/// The newest changes a device knows of one order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OrderHeads {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// Its heads, sorted.
    #[n(1)]
    pub heads: Vec<ChangeHash>,
}

/// A position in the feed of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedCursor {
    /// Which life of the server; a restored server begins another one.
    #[n(0)]
    pub epoch: u64,
    /// The scope: the organization's id for the office, the user's id for a technician.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub scope: [u8; 16],
    /// The last entry of that scope's feed that was stored.
    #[n(2)]
    pub seq: u64,
    /// The last entry of the organization's reference feed that was stored.
    #[n(3)]
    pub reference_seq: u64,
}

/// The server's reply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncResponse {
    /// Where the device stands once it has stored this reply.
    #[n(0)]
    pub cursor: FeedCursor,
    /// Whether another request should follow at once.
    #[n(1)]
    pub more: bool,
    /// Combination of the change hashes of the scope at `cursor`; only on a last page.
    #[n(2)]
    pub digest: Option<Digest>,
    /// One durable result per offered change, in the order of the request.
    #[n(3)]
    #[cbor(default)]
    pub results: Vec<OrderResults>,
    /// What happened to the orders of the scope.
    #[n(4)]
    #[cbor(default)]
    pub orders: Vec<OrderUpdate>,
    /// Reference rows that changed.
    #[n(5)]
    #[cbor(default)]
    pub reference: Vec<ReferenceRow>,
    /// The server's clock when it answered.
    #[n(6)]
    pub server_time: Timestamp,
    /// The app is too old to read; the page is empty and the push was still taken.
    #[n(7)]
    #[cbor(default)]
    pub upgrade: bool,
    /// Do not come back sooner.
    #[n(8)]
    pub retry_after_s: Option<u32>,
    /// Changes received by the server up to here survive a restore of its last backup.
    #[n(9)]
    pub backup_watermark: Option<Timestamp>,
    /// The server asks for `heads` in the next request, because the digests disagree.
    #[n(10)]
    #[cbor(default)]
    pub wants_heads: bool,
    /// The server's seal over the heads of the orders of this page.
    #[n(11)]
    pub voucher: Option<VoucherSeal>,
}

/// The results for one pushed order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OrderResults {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// One result per change of the request, in its order.
    #[n(1)]
    pub results: Vec<ChangeResult>,
}

/// What became of one offered change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangeResult {
    /// The hash under which it was offered.
    #[n(0)]
    pub hash: ChangeHash,
    /// The durable result.
    #[n(1)]
    pub outcome: Outcome,
}

/// A durable result; the same hash asked again gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Outcome {
    /// Committed and merged.
    #[n(0)]
    Applied,
    /// Already committed and merged.
    #[n(1)]
    Duplicate,
    /// Kept, not merged; an office user decides.
    #[n(2)]
    Held {
        /// Why.
        #[n(0)]
        reason: HeldReason,
        /// Until when it is kept at least.
        #[n(1)]
        until: Timestamp,
    },
    /// It builds on changes the server does not have.
    #[n(3)]
    MissingDeps {
        /// Those changes.
        #[n(0)]
        hashes: Vec<ChangeHash>,
    },
    /// Another change has the same actor and sequence number.
    #[n(4)]
    ActorForked {
        /// The server's heads of the order.
        #[n(0)]
        heads: Vec<ChangeHash>,
    },
    /// Never accepted in this form.
    #[n(5)]
    Rejected {
        /// Why.
        #[n(0)]
        code: RejectCode,
        /// The field that was not allowed, for `forbidden_field` and `immutable`.
        #[n(1)]
        path: Option<String>,
    },
}

impl Outcome {
    /// Whether the server has the change for good, merged or held.
    pub const fn is_durable(&self) -> bool {
        matches!(self, Self::Applied | Self::Duplicate | Self::Held { .. })
    }
}

/// One entry of a page: what happened to one order of the scope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum OrderUpdate {
    /// The order came into the scope, or is sent whole because that is smaller.
    #[n(0)]
    Enter {
        /// The order.
        #[n(0)]
        order: OrderId,
        /// A saved document.
        #[n(1)]
        #[cbor(with = "minicbor::bytes")]
        snapshot: Vec<u8>,
        /// Changes since that document was saved.
        #[n(2)]
        #[cbor(default)]
        changes: Vec<Bytes>,
    },
    /// Changes of an order that the device has.
    #[n(1)]
    Changes {
        /// The order.
        #[n(0)]
        order: OrderId,
        /// Encoded changes in an order in which they can be applied.
        #[n(1)]
        changes: Vec<Bytes>,
    },
    /// The order left the scope; it is dropped once the device's own work on it is acknowledged.
    #[n(2)]
    Leave {
        /// The order.
        #[n(0)]
        order: OrderId,
    },
}

impl OrderUpdate {
    /// The order that is spoken of.
    pub const fn order(&self) -> OrderId {
        match self {
            Self::Enter { order, .. } | Self::Changes { order, .. } | Self::Leave { order } => *order,
        }
    }
}

/// A byte string inside a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Bytes(#[cbor(with = "minicbor::bytes")] pub Vec<u8>);

/// A customer, site, catalogue item, user, workflow … as the phone needs it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReferenceRow {
    /// What it is: `customer`, `contact`, `site`, `catalogue_item`, `user`, `workflow`, `organization`.
    #[n(0)]
    pub kind: String,
    /// Its id, as 16 bytes.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Its fields as a JSON object; empty when it was removed.
    #[n(2)]
    pub body: String,
    /// Whether it is no longer in use.
    #[n(3)]
    #[cbor(default)]
    pub is_removed: bool,
}

/// An order-independent combination of change hashes: two sums modulo 2⁶¹ − 1 of halves of each hash.
///
/// Sums can be kept in one SQL statement on both databases, and each side derives its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Digest {
    /// Sum of the first eight bytes of each hash.
    #[n(0)]
    pub low: u64,
    /// Sum of the next eight bytes of each hash.
    #[n(1)]
    pub high: u64,
}

/// The modulus of [`Digest`].
pub const DIGEST_MODULUS: u64 = (1 << 61) - 1;

impl Digest {
    /// The digest of one change.
    pub fn of(hash: &ChangeHash) -> Self {
        let part = |from: usize| {
            let bytes = hash.as_bytes()[from..from + 8].try_into().expect("a hash holds 32 bytes");
            u64::from_le_bytes(bytes) % DIGEST_MODULUS
        };
        Self { low: part(0), high: part(8) }
    }

    /// The digest of both sets of changes together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { low: (self.low + other.low) % DIGEST_MODULUS, high: (self.high + other.high) % DIGEST_MODULUS }
    }

    /// The digest without a set of changes that is part of it.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            low: (self.low + DIGEST_MODULUS - other.low) % DIGEST_MODULUS,
            high: (self.high + DIGEST_MODULUS - other.high) % DIGEST_MODULUS,
        }
    }
}

impl<'a> FromIterator<&'a ChangeHash> for Digest {
    fn from_iter<I: IntoIterator<Item = &'a ChangeHash>>(hashes: I) -> Self {
        hashes.into_iter().map(Self::of).fold(Self::default(), Self::plus)
    }
}

#[cfg(test)]
mod tests;
