//! How a simulated server vouches: with a secret that no backup of it holds. Never a secret to anybody but the devices.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use sync_core::document::OrderDocument;
use sync_core::ids::{ChangeHash, OrderId, OrganizationId};
use sync_core::message::{OrderHeads, OrderUpdate};
use sync_core::session::vouched_for;
use sync_core::voucher::{SEAL_BYTES, Voucher, VoucherSeal, sealed_text};

const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([0x0a; 16]);
const SECRET: &[u8] = b"known to the simulated server alone";

/// Vouches for the orders of a page as they stand.
pub(super) fn seal<'a>(
    updates: &[OrderUpdate],
    document: impl Fn(OrderId) -> Option<&'a OrderDocument>,
) -> Option<VoucherSeal> {
    let ids = vouched_for(updates);
    let heads =
        ids.iter().filter_map(|order| Some(OrderHeads { order: *order, heads: document(*order)?.heads() }));
    let heads: Vec<_> = heads.collect();
    (!heads.is_empty()).then(|| seal_of(&heads))
}

/// What the genuine ones among these vouchers prove.
pub(super) fn proven(vouchers: &[Voucher]) -> BTreeMap<OrderId, BTreeSet<ChangeHash>> {
    let mut proven = BTreeMap::<_, BTreeSet<_>>::new();
    for voucher in vouchers.iter().filter(|voucher| seal_of(&voucher.orders) == voucher.seal) {
        for of in &voucher.orders {
            proven.entry(of.order).or_default().extend(&of.heads);
        }
    }
    proven
}

fn seal_of(orders: &[OrderHeads]) -> VoucherSeal {
    let sum = Sha256::new().chain_update(SECRET).chain_update(sealed_text(ORGANIZATION, orders)).finalize();
    VoucherSeal(sum[..SEAL_BYTES].try_into().expect("half of 32 bytes"))
}
