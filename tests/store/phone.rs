//! A device as the exchange sees it: documents, unsent changes and a cursor. Never a store, a network or a clock.
//!
//! Not `mobile_ffi::Client`: it forges pens and roles, repeats and withholds changes, and counts the bytes of each call of
//! one server function, none of which an honest client can be made to do.

use std::collections::{BTreeMap, BTreeSet};

use campo::sync::Orders;
use campo::sync::answer_sync::answer_sync;
use campo::sync::read_page::Reader;
use sync_core::document::OrderDocument;
use sync_core::ids::{ActorId, ChangeHash, DeviceId, EntryId, OrderId, OrganizationId, UserId};
use sync_core::message::{
    Bytes, Digest, FeedCursor, OrderHeads, OrderUpdate, Outcome, PushedChange, PushedOrder, SyncRequest,
    SyncResponse,
};
use sync_core::order::command::{NewAssignee, NewOrder};
use sync_core::order::{CommandContext, CrewRole, Order, OrderCommand, Workflows, perform};
use sync_core::time::{TimeClaim, Timestamp};
use sync_core::workflow::Role;

pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Requests one sync may take before the test gives up.
const REQUESTS_MAX: u32 = 400;

pub struct Phone {
    pub reader: Reader,
    pub documents: BTreeMap<OrderId, OrderDocument>,
    pub cursor: Option<FeedCursor>,
    pub unsent: BTreeMap<OrderId, Vec<PushedChange>>,
    pub page_bytes_max: Option<u32>,
    workflows: Workflows,
}

/// What the replies of one sync said, taken together.
#[derive(Default)]
pub struct Heard {
    pub outcomes: BTreeMap<ChangeHash, Outcome>,
    pub entered: Vec<OrderId>,
    pub changed: Vec<OrderId>,
    pub left: Vec<OrderId>,
    pub requests: u32,
    pub bytes_up: usize,
    pub bytes_down: usize,
}

impl Phone {
    pub fn new(organization: OrganizationId, user: u8, role: Role, device: u8) -> Self {
        let reader = Reader {
            organization,
            user: UserId::from_bytes([user; 16]),
            role,
            device: DeviceId::from_bytes([device; 16]),
        };
        Self {
            reader,
            documents: BTreeMap::new(),
            cursor: None,
            unsent: BTreeMap::new(),
            page_bytes_max: None,
            workflows: Workflows::default(),
        }
    }

    pub fn actor(&self, order: OrderId) -> ActorId {
        let mut bytes = *self.reader.device.as_bytes();
        bytes[..8].copy_from_slice(&order.as_bytes()[8..]);
        bytes[15] ^= self.reader.user.as_bytes()[0];
        ActorId::from_bytes(bytes)
    }

    /// Performs a command on the phone and keeps the change to be sent.
    pub fn command(&mut self, order: OrderId, command: &OrderCommand) -> ChangeHash {
        let actor = self.actor(order);
        let context = CommandContext {
            user: self.reader.user,
            role: self.reader.role,
            at: TimeClaim::by_server(NOW),
            site: None,
            workflows: &self.workflows,
        };
        let document = self.documents.entry(order).or_default();
        let change = perform(document, command, &context, actor)
            .expect("the phone may do this")
            .expect("the command changes something");
        let pushed = PushedChange { hash: change.hash, bytes: change.bytes, voucher: None };
        self.unsent.entry(order).or_default().push(pushed);
        change.hash
    }

    pub fn create(&mut self, order: OrderId, technicians: &[u8]) -> ChangeHash {
        let assignees = technicians
            .iter()
            .map(|user| NewAssignee { technician: UserId::from_bytes([*user; 16]), role: CrewRole::Lead })
            .collect();
        let new = NewOrder { reason: Some("It hums".to_owned()), assignees, ..NewOrder::default() };
        self.command(order, &OrderCommand::CreateOrder(Box::new(new)))
    }

    pub fn note(&mut self, order: OrderId, number: u64) -> ChangeHash {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        id[8..].copy_from_slice(&self.reader.device.as_bytes()[..8]);
        self.command(
            order,
            &OrderCommand::AddNote {
                note: EntryId::from_bytes(id),
                text: format!("remark {number}"),
                is_internal: false,
            },
        )
    }

    pub fn request(&self) -> SyncRequest {
        let push = self
            .unsent
            .iter()
            .map(|(order, changes)| PushedOrder { order: *order, changes: changes.clone() })
            .collect();
        SyncRequest {
            schema: 1,
            app_version: "test".to_owned(),
            device: self.reader.device,
            cursor: self.cursor,
            digest: Some(self.digest()),
            push,
            heads: None,
            page_bytes_max: self.page_bytes_max,
            vouchers: None,
        }
    }

    /// Combination of all changes it holds, without unsent ones.
    pub fn digest(&self) -> Digest {
        let unsent: BTreeSet<_> = self.unsent.values().flatten().map(|change| change.hash).collect();
        let held = self.documents.values().flat_map(|document| document.headers_since(&[]));
        let held: Vec<_> = held.map(|header| header.hash).filter(|hash| !unsent.contains(hash)).collect();
        held.iter().collect()
    }

    /// Sends everything and takes in everything, comparing heads when asked to.
    pub async fn sync(&mut self, orders: &Orders) -> Heard {
        let mut heard = Heard::default();
        let mut wants_heads = false;
        loop {
            heard.requests += 1;
            assert!(heard.requests <= REQUESTS_MAX, "the pull does not end");
            let mut request = self.request();
            if wants_heads {
                request.heads = Some(self.heads());
            }
            heard.bytes_up += sync_core::message::seal(&request).len();
            let reply = answer_sync(orders, self.reader, request, NOW).await.expect("the database answers");
            heard.bytes_down += sync_core::message::seal(&reply).len();
            wants_heads = reply.wants_heads;
            let (more, digest) = (reply.more, reply.digest);
            self.take(reply, &mut heard);
            if more || wants_heads {
                continue;
            }
            if let Some(digest) = digest
                && digest != self.digest()
            {
                wants_heads = true;
                continue;
            }
            return heard;
        }
    }

    fn heads(&self) -> Vec<OrderHeads> {
        self.documents
            .iter()
            .map(|(order, document)| OrderHeads { order: *order, heads: document.heads() })
            .collect()
    }

    /// Takes in one reply.
    pub fn take(&mut self, reply: SyncResponse, heard: &mut Heard) {
        for results in reply.results {
            for result in results.results {
                if result.outcome.is_durable() {
                    let unsent = self.unsent.entry(results.order).or_default();
                    unsent.retain(|change| change.hash != result.hash);
                }
                heard.outcomes.insert(result.hash, result.outcome);
            }
        }
        self.unsent.retain(|_, changes| !changes.is_empty());
        for update in reply.orders {
            match update {
                OrderUpdate::Enter { order, snapshot, changes } => {
                    heard.entered.push(order);
                    let document = self.documents.entry(order).or_default();
                    document.merge_saved(&snapshot).expect("a saved document is whole");
                    apply_all(document, &changes);
                }
                OrderUpdate::Changes { order, changes } => {
                    heard.changed.push(order);
                    let document = self.documents.get_mut(&order).expect("changes come for orders it has");
                    apply_all(document, &changes);
                }
                OrderUpdate::Leave { order } => {
                    heard.left.push(order);
                    self.documents.remove(&order);
                }
            }
        }
        self.cursor = Some(reply.cursor);
    }

    pub fn order(&self, order: OrderId) -> Order {
        Order::read(&self.documents[&order], &self.workflows).0
    }
}

fn apply_all(document: &mut OrderDocument, changes: &[Bytes]) {
    for change in changes {
        document.apply(&change.0).expect("a served change fits what the device has");
    }
}
