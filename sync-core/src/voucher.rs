//! The server's word that it had orders up to some heads. A wire and stored format; only the server can seal or check one.
//!
//! A change names what it builds on by hash, so a voucher for an order's heads covers everything below them. A device
//! keeps it, and with it may bring back to a restored server what others wrote and the server lost.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::ids::{ChangeHash, OrganizationId};
use crate::message::OrderHeads;

/// Bytes of a seal: half of an HMAC-SHA256.
pub const SEAL_BYTES: usize = 16;

/// Vouchers in one request; what they name more is not believed.
pub const VOUCHERS_MAX: usize = 64;

/// What only the server can make of the heads of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct VoucherSeal(#[cbor(with = "minicbor::bytes")] pub [u8; SEAL_BYTES]);

/// The heads of the orders of one page, as they were once the device had stored it, and the server's seal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Voucher {
    /// The orders, in the order of the page.
    #[n(0)]
    pub orders: Vec<OrderHeads>,
    /// The seal over them.
    #[n(1)]
    pub seal: VoucherSeal,
}

/// The bytes that the server seals.
pub fn sealed_text(organization: OrganizationId, orders: &[OrderHeads]) -> Vec<u8> {
    let mut text = b"campo voucher 1".to_vec();
    text.extend(organization.as_bytes());
    for OrderHeads { order, heads } in orders {
        text.extend(order.as_bytes());
        text.extend(u32::try_from(heads.len()).unwrap_or(u32::MAX).to_be_bytes());
        heads.iter().for_each(|head| text.extend(head.as_bytes()));
    }
    text
}

/// The heads and everything below them, as far as `dependencies` tells.
pub fn covered(
    heads: impl IntoIterator<Item = ChangeHash>,
    dependencies: &BTreeMap<ChangeHash, Vec<ChangeHash>>,
) -> BTreeSet<ChangeHash> {
    let mut covered = BTreeSet::new();
    let mut open: Vec<ChangeHash> = heads.into_iter().collect();
    while let Some(hash) = open.pop() {
        if let Some(below) = dependencies.get(&hash)
            && covered.insert(hash)
        {
            open.extend(below);
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderId;

    fn hash(byte: u8) -> ChangeHash {
        ChangeHash::from_bytes([byte; 32])
    }

    #[test]
    fn heads_cover_what_they_build_on_and_nothing_beside_or_above() {
        let dependencies = BTreeMap::from([
            (hash(1), vec![]),
            (hash(2), vec![hash(1)]),
            (hash(3), vec![hash(2)]),
            (hash(4), vec![hash(1)]),
        ]);

        assert_eq!(covered([hash(2)], &dependencies), BTreeSet::from([hash(1), hash(2)]));
        assert_eq!(covered([hash(9)], &dependencies), BTreeSet::new());
    }

    #[test]
    fn no_two_lists_of_heads_have_the_same_text() {
        let organization = OrganizationId::from_bytes([1; 16]);
        let order = |byte, heads: &[u8]| OrderHeads {
            order: OrderId::from_bytes([byte; 16]),
            heads: heads.iter().map(|byte| hash(*byte)).collect(),
        };
        let lists = [
            vec![order(1, &[1, 2])],
            vec![order(1, &[1]), order(2, &[])],
            vec![order(1, &[2, 1])],
            vec![order(2, &[1, 2])],
            vec![],
        ];

        let texts: BTreeSet<_> = lists.iter().map(|orders| sealed_text(organization, orders)).collect();

        assert_eq!(texts.len(), lists.len());
        assert_ne!(
            sealed_text(OrganizationId::from_bytes([2; 16]), &lists[0]),
            sealed_text(organization, &lists[0])
        );
    }
}
