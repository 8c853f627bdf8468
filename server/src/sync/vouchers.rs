//! Seals and checks vouchers with a key that lives outside the database. Never fails a sync for want of it.
//!
//! A database that is restored loses what came after its backup; the key does not go back with it, so what devices bring
//! can be told from what somebody made up. A lost key costs only that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::hmac;
use sync_core::ids::{ChangeHash, OrderId, OrganizationId};
use sync_core::message::{OrderHeads, OrderUpdate};
use sync_core::session::vouched_for;
use sync_core::voucher::{SEAL_BYTES, VOUCHERS_MAX, Voucher, VoucherSeal, sealed_text};

use crate::clock::random_bytes;
use crate::store::{Result, Tx, orders};

const KEY_BYTES: usize = 32;
/// Readable by the server's user alone.
const KEY_MODE: u32 = 0o600;

/// The key with which one installation vouches.
#[derive(Debug)]
pub struct VoucherKey(hmac::Key);

impl VoucherKey {
    /// Reads the key from its file, which is made at the first start.
    ///
    /// # Errors
    ///
    /// When the file can be neither read nor made, or holds something else.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) if bytes.len() == KEY_BYTES => Ok(Self::new(&bytes)),
            Ok(_) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the file of the voucher key is damaged"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(path),
            Err(error) => Err(error),
        }
    }

    fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Vouches for the orders of a page as they stand in this transaction; `None` for a page without any.
    pub(crate) async fn seal_page(
        &self,
        tx: &mut Tx,
        updates: &[OrderUpdate],
    ) -> Result<Option<VoucherSeal>> {
        let ids = vouched_for(updates);
        if ids.is_empty() {
            return Ok(None);
        }
        let mut rows = orders::heads_of(tx, &ids).await?;
        let heads = ids
            .iter()
            .filter_map(|order| Some(OrderHeads { order: *order, heads: rows.remove(order)?.heads }));
        let heads: Vec<_> = heads.collect();
        let tag = hmac::sign(&self.0, &sealed_text(tx.organization(), &heads));
        Ok(tag.as_ref()[..SEAL_BYTES].try_into().ok().map(VoucherSeal))
    }

    /// What an organization's vouchers prove, by order; those that are not ours prove nothing.
    pub(crate) fn proven(
        &self,
        organization: OrganizationId,
        vouchers: &[Voucher],
    ) -> BTreeMap<OrderId, BTreeSet<ChangeHash>> {
        let mut proven = BTreeMap::<_, BTreeSet<_>>::new();
        let genuine =
            vouchers.iter().take(VOUCHERS_MAX).filter(|voucher| self.is_genuine(organization, voucher));
        for of in genuine.flat_map(|voucher| &voucher.orders) {
            proven.entry(of.order).or_default().extend(&of.heads);
        }
        proven
    }

    fn is_genuine(&self, organization: OrganizationId, voucher: &Voucher) -> bool {
        let tag = hmac::sign(&self.0, &sealed_text(organization, &voucher.orders));
        aws_lc_rs::constant_time::verify_slices_are_equal(&tag.as_ref()[..SEAL_BYTES], &voucher.seal.0)
            .is_ok()
    }
}

/// Writes a fresh key durably; of two processes that do so at once, both go on with the first one's.
fn make_key(path: &Path) -> io::Result<VoucherKey> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let bytes: [u8; KEY_BYTES] = random_bytes();
    let fresh = directory.join(format!(".voucher-{}", uuid::Uuid::new_v4().simple()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(KEY_MODE).open(&fresh)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh)?;
    match linked {
        Ok(()) => {
            fs::File::open(directory)?.sync_all()?;
            Ok(VoucherKey::new(&bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => VoucherKey::of_file(path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voucher(key: &VoucherKey, organization: OrganizationId, order: u8) -> Voucher {
        let orders = vec![OrderHeads {
            order: OrderId::from_bytes([order; 16]),
            heads: vec![ChangeHash::from_bytes([7; 32])],
        }];
        let tag = hmac::sign(&key.0, &sealed_text(organization, &orders));
        Voucher {
            orders,
            seal: VoucherSeal(tag.as_ref()[..SEAL_BYTES].try_into().expect("half of 32 bytes")),
        }
    }

    #[test]
    fn only_what_this_installation_sealed_for_this_organization_proves_anything() {
        let (ours, others) = (VoucherKey::new(&[1; KEY_BYTES]), VoucherKey::new(&[2; KEY_BYTES]));
        let (organization, foreign) =
            (OrganizationId::from_bytes([1; 16]), OrganizationId::from_bytes([2; 16]));
        let good = voucher(&ours, organization, 5);
        let mut for_another_order = good.clone();
        for_another_order.orders[0].order = OrderId::from_bytes([6; 16]);
        let mut with_another_head = good.clone();
        with_another_head.orders[0].heads.push(ChangeHash::from_bytes([8; 32]));

        let proves = |voucher: &Voucher, organization| {
            !ours.proven(organization, std::slice::from_ref(voucher)).is_empty()
        };

        assert!(proves(&good, organization));
        assert!(!proves(&good, foreign));
        assert!(!proves(&voucher(&others, organization, 5), organization));
        assert!(!proves(&for_another_order, organization));
        assert!(!proves(&with_another_head, organization));
        for bit in 0..SEAL_BYTES * 8 {
            let mut forged = good.clone();
            forged.seal.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!proves(&forged, organization), "bit {bit}");
        }
    }

    #[test]
    fn the_key_of_a_file_stays_the_same_and_a_damaged_one_is_named() {
        let directory = std::env::temp_dir().join(format!("campo-voucher-{}", uuid::Uuid::new_v4()));
        let path = directory.join("voucher.key");
        let organization = OrganizationId::from_bytes([1; 16]);

        let made = VoucherKey::of_file(&path).expect("a key can be made");
        let read = VoucherKey::of_file(&path).expect("the key can be read");
        let proven = read.proven(organization, &[voucher(&made, organization, 5)]);
        fs::write(&path, b"half").expect("the file can be written");
        let damaged = VoucherKey::of_file(&path).expect_err("four bytes are no key");
        fs::remove_dir_all(&directory).expect("the directory is ours");

        assert_eq!(proven.len(), 1);
        assert_eq!(damaged.kind(), io::ErrorKind::InvalidData);
    }
}
