//! Turns columns into ids, hashes and digests and back. Never touches a database.

use sync_core::ids::{ActorId, BlobHash, ChangeHash, DeviceId, OrderId, UserId};
use sync_core::message::Digest;

use crate::store::{Result, StoreError};

/// A count as a column.
///
/// # Panics
///
/// Above 2⁶³, which no count of ours reaches.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("counts and digests stay below 2^63")
}

/// A column as a count; a negative one, which we never write, counts as none.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(crate) fn digest_of(low: i64, high: i64) -> Digest {
    Digest { low: unsigned(low), high: unsigned(high) }
}

/// The hashes one after the other.
pub(crate) fn hash_bytes(hashes: &[ChangeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Reads hashes that were written one after the other.
pub(crate) fn hashes(bytes: &[u8]) -> Result<Vec<ChangeHash>> {
    bytes.chunks(32).map(hash).collect()
}

pub(crate) fn hash(bytes: &[u8]) -> Result<ChangeHash> {
    ChangeHash::from_slice(bytes).ok_or_else(|| StoreError::internal("a change hash has the wrong length"))
}

pub(crate) fn blob_hash(bytes: &[u8]) -> Result<BlobHash> {
    BlobHash::from_slice(bytes).ok_or_else(|| StoreError::internal("a blob hash has the wrong length"))
}

pub(crate) fn order_id(bytes: &[u8]) -> Result<OrderId> {
    OrderId::from_slice(bytes).ok_or_else(|| StoreError::internal("an order id has the wrong length"))
}

pub(crate) fn user_id(bytes: &[u8]) -> Result<UserId> {
    UserId::from_slice(bytes).ok_or_else(|| StoreError::internal("a user id has the wrong length"))
}

pub(crate) fn device_id(bytes: &[u8]) -> Result<DeviceId> {
    DeviceId::from_slice(bytes).ok_or_else(|| StoreError::internal("a device id has the wrong length"))
}

pub(crate) fn actor_id(bytes: &[u8]) -> Result<ActorId> {
    ActorId::from_slice(bytes).ok_or_else(|| StoreError::internal("an actor id has the wrong length"))
}
