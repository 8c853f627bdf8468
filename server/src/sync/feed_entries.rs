//! Turns what was stored for orders into feed entries of the scopes that see them. Never writes.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{OrderId, OrganizationId, UserId};
use sync_core::message::Digest;

use crate::store::feed::{FeedEntry, FeedKind, ScopeEntries, ScopeId};

/// What one transaction adds to each scope, in scope order.
#[derive(Debug, Default)]
pub(crate) struct FeedEntries {
    by_scope: BTreeMap<ScopeId, (Vec<FeedEntry>, Digest)>,
}

/// How one order moved in a transaction.
#[derive(Debug)]
pub(crate) struct OrderMove {
    pub order: OrderId,
    /// The positions of the first and the last change that were added.
    pub first_position: i64,
    pub last_position: i64,
    /// Combination of the hashes of all its changes, before and after.
    pub digest_before: Digest,
    pub digest_after: Digest,
    /// The technicians who saw it before, and who do after.
    pub crew_before: BTreeSet<UserId>,
    pub crew_after: BTreeSet<UserId>,
}

impl FeedEntries {
    /// Adds what an order's move means to the office and to each technician.
    pub(crate) fn add(&mut self, organization: OrganizationId, moved: &OrderMove) {
        let is_known = moved.first_position > 1;
        self.add_to(*organization.as_bytes(), moved, is_known, true);
        for user in moved.crew_before.union(&moved.crew_after) {
            let was_there = is_known && moved.crew_before.contains(user);
            self.add_to(*user.as_bytes(), moved, was_there, moved.crew_after.contains(user));
        }
    }

    fn add_to(&mut self, scope: ScopeId, moved: &OrderMove, was_there: bool, is_there: bool) {
        let (kind, gained) = match (was_there, is_there) {
            (false, true) => (FeedKind::Enter, moved.digest_after),
            (true, true) => (FeedKind::Change, moved.digest_after.minus(moved.digest_before)),
            (true, false) => (FeedKind::Leave, Digest::default().minus(moved.digest_before)),
            (false, false) => return,
        };
        let (entries, digest) = self.by_scope.entry(scope).or_default();
        *digest = digest.plus(gained);
        entries.push(FeedEntry {
            order: moved.order,
            kind,
            first_position: moved.first_position,
            last_position: moved.last_position,
        });
    }

    /// Scope by scope, in the order in which their counters must be locked.
    pub(crate) fn into_scopes(self) -> Vec<ScopeEntries> {
        let scopes = self.by_scope.into_iter();
        scopes.map(|(scope, (entries, gained))| ScopeEntries { scope, entries, gained }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: OrganizationId = OrganizationId::from_bytes([1; 16]);
    const ANA: UserId = UserId::from_bytes([2; 16]);
    const BEN: UserId = UserId::from_bytes([3; 16]);

    fn kinds(first_position: i64, before: &[UserId], after: &[UserId]) -> Vec<(u8, FeedKind, Digest)> {
        let mut entries = FeedEntries::default();
        entries.add(
            OFFICE,
            &OrderMove {
                order: OrderId::from_bytes([9; 16]),
                first_position,
                last_position: first_position,
                digest_before: Digest { low: 5, high: 5 },
                digest_after: Digest { low: 8, high: 7 },
                crew_before: before.iter().copied().collect(),
                crew_after: after.iter().copied().collect(),
            },
        );
        entries.into_scopes().iter().map(|of| (of.scope[0], of.entries[0].kind, of.gained)).collect()
    }

    #[test]
    fn a_new_order_enters_the_office_and_the_scopes_of_its_crew() {
        let whole = Digest { low: 8, high: 7 };

        assert_eq!(kinds(1, &[], &[ANA]), [(1, FeedKind::Enter, whole), (2, FeedKind::Enter, whole)]);
    }

    #[test]
    fn reassigning_is_a_leave_for_one_and_an_enter_for_the_other() {
        let gained = Digest { low: 3, high: 2 };
        let lost = Digest::default().minus(Digest { low: 5, high: 5 });
        let whole = Digest { low: 8, high: 7 };

        assert_eq!(
            kinds(4, &[ANA], &[BEN]),
            [(1, FeedKind::Change, gained), (2, FeedKind::Leave, lost), (3, FeedKind::Enter, whole)]
        );
    }

    #[test]
    fn those_who_stay_gain_the_changes() {
        let gained = Digest { low: 3, high: 2 };

        assert_eq!(kinds(4, &[ANA], &[ANA]), [(1, FeedKind::Change, gained), (2, FeedKind::Change, gained)]);
    }
}
