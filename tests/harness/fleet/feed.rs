//! The feeds of a simulated server, and the pages it reads from them. Never decides what is accepted.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::document::OrderDocument;
use sync_core::ids::{ChangeHash, DeviceId, OrderId, UserId};
use sync_core::message::{
    Bytes, Digest, FeedCursor, OrderHeads, OrderResults, OrderUpdate, SyncRequest, SyncResponse,
};
use sync_core::order::Order;
use sync_core::workflow::Role;

use super::server::{Person, SimServer};
use super::vouchers;

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Enter(OrderId),
    Change(OrderId, ChangeHash, Option<DeviceId>),
    Leave(OrderId),
}

/// The feed of the office and of each technician.
#[derive(Debug, Clone, Default)]
pub struct Feeds {
    by_scope: BTreeMap<[u8; 16], Vec<Entry>>,
    crews: BTreeMap<OrderId, BTreeSet<UserId>>,
    digests: BTreeMap<OrderId, Digest>,
}

/// The office's scope.
const OFFICE: [u8; 16] = [0x0f; 16];

fn scope_of(person: Person) -> [u8; 16] {
    match person.role {
        Role::Technician => *person.user.as_bytes(),
        Role::Admin | Role::Dispatcher | Role::Viewer | Role::Customer | Role::System => OFFICE,
    }
}

impl Feeds {
    /// Tells every scope what happened to an order.
    pub fn publish(
        &mut self,
        order: OrderId,
        before: Option<&Order>,
        after: Option<&Order>,
        accepted: &[(ChangeHash, Option<DeviceId>)],
    ) {
        let crew = |order: Option<&Order>| -> BTreeSet<UserId> {
            order.into_iter().flat_map(|order| order.assignees.keys().copied()).collect()
        };
        let (had, has) = (crew(before), crew(after));
        self.crews.insert(order, has.clone());
        let digest = self.digests.entry(order).or_default();
        *digest = accepted.iter().map(|(hash, _)| Digest::of(hash)).fold(*digest, Digest::plus);
        for user in had.union(&has) {
            let feed = self.by_scope.entry(*user.as_bytes()).or_default();
            match (had.contains(user), has.contains(user)) {
                (false, _) => feed.push(Entry::Enter(order)),
                (true, false) => feed.push(Entry::Leave(order)),
                (true, true) => feed.extend(changes(order, accepted)),
            }
        }
        let office = self.by_scope.entry(OFFICE).or_default();
        if before.is_none() {
            office.push(Entry::Enter(order));
        } else {
            office.extend(changes(order, accepted));
        }
    }

    fn of(&self, person: Person) -> &[Entry] {
        self.by_scope.get(&scope_of(person)).map_or(&[], Vec::as_slice)
    }

    /// The orders of somebody's scope.
    pub fn orders(&self, person: Person) -> BTreeSet<OrderId> {
        let is_office = scope_of(person) == OFFICE;
        let seen = self.crews.iter().filter(|(_, crew)| is_office || crew.contains(&person.user));
        seen.map(|(order, _)| *order).collect()
    }

    fn digest(&self, person: Person) -> Digest {
        let orders = self.orders(person);
        orders
            .iter()
            .filter_map(|order| self.digests.get(order))
            .copied()
            .fold(Digest::default(), Digest::plus)
    }

    /// How far somebody's feed is.
    pub fn head(&self, person: Person) -> usize {
        self.of(person).len()
    }
}

fn changes(
    order: OrderId,
    accepted: &[(ChangeHash, Option<DeviceId>)],
) -> impl Iterator<Item = Entry> + use<'_> {
    accepted.iter().map(move |(hash, device)| Entry::Change(order, *hash, *device))
}

impl SimServer {
    pub(super) fn reply(
        &self,
        person: Person,
        request: &SyncRequest,
        results: Vec<OrderResults>,
    ) -> SyncResponse {
        let scope = scope_of(person);
        if request.schema < self.schema_min {
            return self.upgrade_reply(scope, request.cursor, results);
        }
        let feed = self.feeds.of(person);
        let known = request.cursor.filter(|cursor| cursor.epoch == self.epoch && cursor.scope == scope);
        let from = known.map_or(0, |cursor| usize::try_from(cursor.seq).unwrap_or(0)).min(feed.len());
        let to = feed.len().min(from + self.page_max);
        let mut orders = self.page(&feed[from..to], request.device);
        if let Some(heads) = &request.heads {
            orders.extend(self.compared(person, heads));
        }
        let more = to < feed.len();
        // A page that stops early may stop within what happened to an order.
        let voucher = if more { None } else { vouchers::seal(&orders, |order| self.document(order)) };
        SyncResponse {
            cursor: FeedCursor {
                epoch: self.epoch,
                scope,
                seq: u64::try_from(to).unwrap_or(0),
                reference_seq: 0,
            },
            more,
            digest: (!more).then(|| self.feeds.digest(person)),
            results,
            orders,
            reference: Vec::new(),
            server_time: self.now,
            upgrade: false,
            retry_after_s: None,
            backup_watermark: self.backup_at,
            wants_heads: false,
            voucher,
        }
    }

    /// An app that is too old to read gets its results, and `upgrade` in place of a page.
    fn upgrade_reply(
        &self,
        scope: [u8; 16],
        cursor: Option<FeedCursor>,
        results: Vec<OrderResults>,
    ) -> SyncResponse {
        SyncResponse {
            cursor: cursor.unwrap_or(FeedCursor { epoch: 0, scope, seq: 0, reference_seq: 0 }),
            more: false,
            digest: None,
            results,
            orders: Vec::new(),
            reference: Vec::new(),
            server_time: self.now,
            upgrade: true,
            retry_after_s: None,
            backup_watermark: None,
            wants_heads: false,
            voucher: None,
        }
    }

    fn page(&self, entries: &[Entry], reader: DeviceId) -> Vec<OrderUpdate> {
        let mut updates: BTreeMap<OrderId, OrderUpdate> = BTreeMap::new();
        for entry in entries {
            match entry {
                Entry::Enter(order) => {
                    updates.extend(self.document(*order).map(|document| (*order, enter(*order, document))));
                }
                Entry::Leave(order) => {
                    updates.insert(*order, OrderUpdate::Leave { order: *order });
                }
                Entry::Change(order, hash, author) => {
                    let change = self.document(*order).and_then(|document| document.change(hash));
                    let Some(change) = change.filter(|_| *author != Some(reader)) else { continue };
                    let update = updates
                        .entry(*order)
                        .or_insert_with(|| OrderUpdate::Changes { order: *order, changes: vec![] });
                    if let OrderUpdate::Changes { changes, .. } = update {
                        changes.push(Bytes(change.bytes));
                    }
                }
            }
        }
        updates.into_values().collect()
    }

    fn compared(&self, person: Person, heads: &[OrderHeads]) -> Vec<OrderUpdate> {
        let theirs: BTreeMap<_, _> = heads.iter().map(|heads| (heads.order, &heads.heads)).collect();
        let in_scope = self.feeds.orders(person);
        let mut updates = Vec::new();
        for order in &in_scope {
            if let Some(document) = self.document(*order)
                && theirs.get(order) != Some(&&document.heads())
            {
                updates.push(enter(*order, document));
            }
        }
        let stray = theirs.keys().filter(|order| !in_scope.contains(order));
        updates.extend(stray.map(|order| OrderUpdate::Leave { order: *order }));
        updates
    }
}

fn enter(order: OrderId, document: &OrderDocument) -> OrderUpdate {
    OrderUpdate::Enter { order, snapshot: document.save(), changes: Vec::new() }
}
