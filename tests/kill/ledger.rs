//! What one device sent and what it was told about it. Never forgets an acknowledgment.

use std::collections::{BTreeMap, BTreeSet};

use harness::phone::Exchange;
use sync_core::ids::{ChangeHash, OrderId};
use sync_core::message::{Outcome, PushedChange, PushedOrder};

#[derive(Debug, Default)]
pub struct Ledger {
    sent: BTreeMap<ChangeHash, (OrderId, Vec<u8>)>,
    acknowledged: BTreeSet<ChangeHash>,
    applied: BTreeSet<ChangeHash>,
    /// Acknowledged by a server that was restored since: it may have lost them.
    maybe_lost: BTreeSet<ChangeHash>,
    unverified: Vec<ChangeHash>,
    statuses: BTreeMap<u16, usize>,
}

impl Ledger {
    /// Takes in one exchange. A change is applied once; whatever a server acknowledged it never takes back.
    pub fn see(&mut self, exchange: &Exchange) {
        for pushed in &exchange.request.push {
            for change in &pushed.changes {
                self.sent.insert(change.hash, (pushed.order, change.bytes.clone()));
            }
        }
        if let Some(status) = exchange.status {
            *self.statuses.entry(status.as_u16()).or_default() += 1;
        }
        let Ok(reply) = &exchange.reply else { return };
        for result in reply.results.iter().flat_map(|results| &results.results) {
            match &result.outcome {
                Outcome::Applied => {
                    let is_again = self.acknowledged.contains(&result.hash);
                    let was_lost = self.maybe_lost.remove(&result.hash);
                    assert!(!is_again || was_lost, "{} was applied twice", result.hash);
                    self.applied.insert(result.hash);
                    self.acknowledge(result.hash);
                }
                Outcome::Duplicate => self.acknowledge(result.hash),
                other @ (Outcome::Held { .. }
                | Outcome::MissingDeps { .. }
                | Outcome::ActorForked { .. }
                | Outcome::Rejected { .. }) => panic!("honest work was answered {other:?}"),
            }
        }
    }

    /// What was acknowledged may be applied once more: the server was restored from a backup.
    pub fn server_was_restored(&mut self) {
        self.maybe_lost.clone_from(&self.acknowledged);
    }

    fn acknowledge(&mut self, hash: ChangeHash) {
        if self.acknowledged.insert(hash) {
            self.unverified.push(hash);
        }
    }

    /// What was sent and never answered.
    pub fn unanswered(&self) -> BTreeSet<ChangeHash> {
        self.sent.keys().filter(|hash| !self.acknowledged.contains(hash)).copied().collect()
    }

    /// Whether the answer was `applied`, and not that it had been before.
    pub fn was_applied_when_asked(&self, hash: &ChangeHash) -> bool {
        self.applied.contains(hash)
    }

    pub const fn acknowledged(&self) -> &BTreeSet<ChangeHash> {
        &self.acknowledged
    }

    /// How often each HTTP status was received.
    pub const fn statuses(&self) -> &BTreeMap<u16, usize> {
        &self.statuses
    }

    /// What was acknowledged since this was last asked, to be offered again.
    pub fn take_unverified(&mut self) -> Vec<PushedOrder> {
        let hashes = std::mem::take(&mut self.unverified);
        self.offer(hashes)
    }

    /// Everything that was ever acknowledged, to be offered again.
    pub fn everything(&self) -> Vec<PushedOrder> {
        self.offer(self.acknowledged.iter().copied().collect())
    }

    fn offer(&self, hashes: Vec<ChangeHash>) -> Vec<PushedOrder> {
        let mut orders = BTreeMap::<OrderId, Vec<PushedChange>>::new();
        for hash in hashes {
            let (order, bytes) = &self.sent[&hash];
            orders.entry(*order).or_default().push(PushedChange {
                hash,
                bytes: bytes.clone(),
                voucher: None,
            });
        }
        orders.into_iter().map(|(order, changes)| PushedOrder { order, changes }).collect()
    }
}
