//! How a row is written: a checksum over key and body, then the body. Never trusts a row without checking it.
//!
//! A stored format. The keys:
//!
//! | key | holds | when damaged |
//! |---|---|---|
//! | `meta/identity` | install, device, user and role | the phone asks to be enrolled again |
//! | `meta/cursor` | position in the feed | everything is pulled again |
//! | `meta/lost_rows` | that rows were lost with a part of the storage | as if it were not |
//! | `meta/anchor` | the last moment the server's time was known | times are claimed by the phone alone |
//! | `order/ORDER` | scope, pen and document of one order | fetched again; own changes are laid on top |
//! | `own/ORDER NUMBER HASH` | a change made here, with its command | read back from the document, else exported |
//! | `fate/ORDER NUMBER` | what the server said to it | the change is offered again |
//! | `voucher/NUMBER` | the server's word that it had orders up to some heads | vouches for nothing |
//! | `ref/KIND/ID` | a reference row | pulled again |
//! | `blob/HASH` | a blob kept here and what became of it | taken in again from its bytes |
//! | `damaged/KEY` | the bytes of an unsent row that cannot be read | kept for export |

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::ids::{BlobHash, ChangeHash, OrderId};

/// The bytes of a row's checksum.
const CHECKSUM_BYTES: usize = 8;

pub(crate) const IDENTITY: &[u8] = b"meta/identity";
pub(crate) const CURSOR: &[u8] = b"meta/cursor";
pub(crate) const ANCHOR: &[u8] = b"meta/anchor";
/// The row that says that other rows were lost with a part of the storage; whoever mends the storage writes it.
pub const LOST_ROWS: &[u8] = b"meta/lost_rows";
pub(crate) const ORDERS: &[u8] = b"order/";
pub(crate) const OWN: &[u8] = b"own/";
pub(crate) const FATES: &[u8] = b"fate/";
pub(crate) const REFERENCE: &[u8] = b"ref/";
pub(crate) const BLOBS: &[u8] = b"blob/";
pub(crate) const VOUCHERS: &[u8] = b"voucher/";
pub(crate) const DAMAGED: &[u8] = b"damaged/";

/// The row of one order.
pub(crate) fn order_key(order: OrderId) -> Vec<u8> {
    [ORDERS, order.as_bytes()].concat()
}

/// The row of one change made here.
pub(crate) fn own_key(order: OrderId, number: u64, hash: ChangeHash) -> Vec<u8> {
    [OWN, order.as_bytes(), &number.to_be_bytes(), hash.as_bytes()].concat()
}

/// The row of what became of one change made here.
pub(crate) fn fate_key(order: OrderId, number: u64) -> Vec<u8> {
    [FATES, order.as_bytes(), &number.to_be_bytes()].concat()
}

/// The row of one piece of reference data.
pub(crate) fn reference_key(kind: &str, id: &[u8; 16]) -> Vec<u8> {
    [REFERENCE, kind.as_bytes(), b"/", id].concat()
}

/// The row of one blob kept here.
pub(crate) fn blob_key(sha256: BlobHash) -> Vec<u8> {
    [BLOBS, sha256.as_bytes()].concat()
}

/// The row of one voucher of the server.
pub(crate) fn voucher_key(number: u64) -> Vec<u8> {
    [VOUCHERS, number.to_be_bytes().as_slice()].concat()
}

/// Where the bytes of an unreadable row are kept.
pub(crate) fn damaged_key(key: &[u8]) -> Vec<u8> {
    [DAMAGED, key].concat()
}

/// Reads the order of an `order/` key.
pub(crate) fn order_of_key(key: &[u8]) -> Option<OrderId> {
    OrderId::from_slice(key.strip_prefix(ORDERS)?)
}

/// Reads order, number and hash of an `own/` key.
pub(crate) fn own_of_key(key: &[u8]) -> Option<(OrderId, u64, ChangeHash)> {
    let (order, rest) = key.strip_prefix(OWN)?.split_at_checked(16)?;
    let (number, hash) = rest.split_at_checked(8)?;
    let number = u64::from_be_bytes(number.try_into().ok()?);
    Some((OrderId::from_slice(order)?, number, ChangeHash::from_slice(hash)?))
}

/// Reads the hash of a `blob/` key.
pub(crate) fn blob_of_key(key: &[u8]) -> Option<BlobHash> {
    BlobHash::from_slice(key.strip_prefix(BLOBS)?)
}

/// Reads the number of a `voucher/` key.
pub(crate) fn voucher_of_key(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.strip_prefix(VOUCHERS)?.try_into().ok()?))
}

/// Reads order and number of a `fate/` key.
pub(crate) fn fate_of_key(key: &[u8]) -> Option<(OrderId, u64)> {
    let (order, number) = key.strip_prefix(FATES)?.split_at_checked(16)?;
    Some((OrderId::from_slice(order)?, u64::from_be_bytes(number.try_into().ok()?)))
}

/// What can be told of a row that was found in a damaged storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowHealth {
    /// Key and value are what was written.
    Sound,
    /// The key is one of ours, the value is not what was written under it.
    Damaged,
    /// No row of ours.
    Foreign,
}

/// Judges a row by its checksum and the form of its key.
pub fn row_health(key: &[u8], row: &[u8]) -> RowHealth {
    let is_sound = row.split_at_checked(CHECKSUM_BYTES).is_some_and(|(sum, body)| checksum(key, body) == sum);
    // What is kept for export carries no checksum of its own.
    if is_sound || key.starts_with(DAMAGED) || key == LOST_ROWS {
        return RowHealth::Sound;
    }
    let is_ours = [IDENTITY, CURSOR, ANCHOR].contains(&key)
        || order_of_key(key).is_some()
        || own_of_key(key).is_some()
        || fate_of_key(key).is_some()
        || blob_of_key(key).is_some()
        || voucher_of_key(key).is_some()
        || key.starts_with(REFERENCE);
    if is_ours { RowHealth::Damaged } else { RowHealth::Foreign }
}

/// Writes a row.
pub(crate) fn seal_row<T: Encode<()>>(key: &[u8], content: &T) -> Vec<u8> {
    let body = minicbor::to_vec(content).expect("encoding into memory cannot fail");
    [checksum(key, &body).as_slice(), &body].concat()
}

/// Reads a row; `None` when any bit of key or value is not what was written.
pub(crate) fn open_row<T>(key: &[u8], row: &[u8]) -> Option<T>
where
    T: for<'b> Decode<'b, ()>,
{
    let (sum, body) = row.split_at_checked(CHECKSUM_BYTES)?;
    if checksum(key, body) != sum {
        return None;
    }
    minicbor::decode(body).ok()
}

fn checksum(key: &[u8], body: &[u8]) -> Vec<u8> {
    let mut sum = Sha256::new();
    sum.update(key);
    sum.update([0]);
    sum.update(body);
    sum.finalize()[..CHECKSUM_BYTES].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_any_bit_flipped_is_noticed() {
        // covers: A13
        let key = order_key(OrderId::from_bytes([7; 16]));
        let row = seal_row(&key, &"what was said".to_owned());
        assert_eq!(open_row::<String>(&key, &row).as_deref(), Some("what was said"));

        for bit in 0..row.len() * 8 {
            let mut flipped = row.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open_row::<String>(&key, &flipped), None, "bit {bit}");
        }
        assert_eq!(open_row::<String>(&order_key(OrderId::from_bytes([6; 16])), &row), None);
    }

    #[test]
    fn keys_read_back_what_they_name() {
        let (order, hash) = (OrderId::from_bytes([1; 16]), ChangeHash::from_bytes([2; 32]));

        assert_eq!(order_of_key(&order_key(order)), Some(order));
        assert_eq!(own_of_key(&own_key(order, 258, hash)), Some((order, 258, hash)));
        assert_eq!(fate_of_key(&fate_key(order, 258)), Some((order, 258)));
        assert_eq!(own_of_key(b"own/short"), None);
    }
}
