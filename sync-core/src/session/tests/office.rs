//! A small honest server for tests: one scope that everybody shares, refusals as the test wants them.

use std::collections::{BTreeMap, BTreeSet};

use super::phone::Phone;
use crate::document::{DocumentError, OrderDocument};
use crate::ids::{ChangeHash, DeviceId, OrderId};
use crate::message::{
    Bytes, ChangeResult, Digest, FeedCursor, OrderResults, OrderUpdate, Outcome, PushedChange, RejectCode,
    SyncRequest, SyncResponse,
};
use crate::replica::digest_of;
use crate::session::{Event, Outgoing};
use crate::time::Timestamp;

#[derive(Clone, Default)]
pub struct Office {
    pub documents: BTreeMap<OrderId, OrderDocument>,
    pub feed: Vec<(OrderId, ChangeHash, Option<DeviceId>)>,
    pub epoch: u64,
    /// What to answer to a change instead of taking it.
    pub refusals: BTreeMap<ChangeHash, Outcome>,
    /// Entries in one page.
    pub page_max: usize,
    pub watermark: Option<Timestamp>,
    pub left: BTreeSet<OrderId>,
}

impl Office {
    pub fn new() -> Self {
        Self { epoch: 1, page_max: 1_000, ..Self::default() }
    }

    /// Answers every request the phone has sent until it has nothing more to say.
    pub fn serve(&mut self, phone: &mut Phone) -> usize {
        let mut rounds = 0;
        while let Some(outgoing) = phone.sent.pop() {
            rounds += 1;
            assert!(rounds < 100, "the phone never stops asking");
            self.answer(phone, &outgoing);
        }
        rounds
    }

    /// Answers one request.
    pub fn answer(&mut self, phone: &mut Phone, outgoing: &Outgoing) {
        let reply = self.reply(&outgoing.request);
        phone.event(Event::ReplyArrived { request: outgoing.id, reply: Box::new(reply) });
    }

    /// The phone asks at once, and everything is answered.
    pub fn sync(&mut self, phone: &mut Phone) -> usize {
        phone.event(Event::SyncAsked);
        self.serve(phone)
    }

    pub fn reply(&mut self, request: &SyncRequest) -> SyncResponse {
        let mut results = Vec::new();
        for pushed in &request.push {
            let answered =
                pushed.changes.iter().map(|change| self.take(pushed.order, change, request.device));
            results.push(OrderResults { order: pushed.order, results: answered.collect() });
        }
        let from = request.cursor.filter(|cursor| cursor.epoch == self.epoch).map_or(0, |cursor| cursor.seq);
        let from = usize::try_from(from).unwrap();
        let to = self.feed.len().min(from + self.page_max);
        let mut orders = self.page(&self.feed[from..to], request);
        orders.extend(self.compared(request));
        let more = to < self.feed.len();
        let seq = u64::try_from(to).unwrap();
        SyncResponse {
            cursor: FeedCursor { epoch: self.epoch, scope: [9; 16], seq, reference_seq: 0 },
            more,
            digest: (!more).then(|| self.digest()),
            results,
            orders,
            reference: Vec::new(),
            server_time: Timestamp(1_000_000 + i64::try_from(self.feed.len()).unwrap()),
            upgrade: false,
            retry_after_s: None,
            backup_watermark: self.watermark,
            wants_heads: false,
            voucher: None,
        }
    }

    fn digest(&self) -> Digest {
        let visible = self.documents.iter().filter(|(order, _)| !self.left.contains(order));
        visible.map(|(_, document)| digest_of(document)).fold(Digest::default(), Digest::plus)
    }

    fn take(&mut self, order: OrderId, change: &PushedChange, device: DeviceId) -> ChangeResult {
        ChangeResult { hash: change.hash, outcome: self.outcome(order, change, device) }
    }

    fn outcome(&mut self, order: OrderId, change: &PushedChange, device: DeviceId) -> Outcome {
        if let Some(outcome) = self.refusals.get(&change.hash) {
            return outcome.clone();
        }
        let mut document = self.documents.get(&order).cloned().unwrap_or_default();
        if document.contains(&change.hash) {
            return Outcome::Duplicate;
        }
        match document.apply(&change.bytes) {
            Ok(hash) => {
                self.feed.push((order, hash, Some(device)));
                self.documents.insert(order, document);
                Outcome::Applied
            }
            Err(DocumentError::MissingDependencies(hashes)) => self.missing(hashes),
            Err(DocumentError::ActorForked) => Outcome::ActorForked { heads: document.heads() },
            Err(DocumentError::Damaged | DocumentError::NoSuchMap(_)) => {
                Outcome::Rejected { code: RejectCode::HashMismatch, path: None }
            }
        }
    }

    fn missing(&self, hashes: Vec<ChangeHash>) -> Outcome {
        let is_refused = hashes.iter().any(|hash| self.refusals.contains_key(hash));
        if is_refused {
            Outcome::Rejected { code: RejectCode::DependsOnRefused, path: None }
        } else {
            Outcome::MissingDeps { hashes }
        }
    }

    /// The first appearance of an order is an `enter`, later ones are changes; the reader's own are left out.
    fn page(
        &self,
        entries: &[(OrderId, ChangeHash, Option<DeviceId>)],
        request: &SyncRequest,
    ) -> Vec<OrderUpdate> {
        let mut updates: BTreeMap<OrderId, Vec<Bytes>> = BTreeMap::new();
        for (order, hash, author) in entries {
            if *author != Some(request.device) {
                let bytes = self.documents[order].change(hash).unwrap().bytes;
                updates.entry(*order).or_default().push(Bytes(bytes));
            }
        }
        updates.into_iter().map(|(order, changes)| OrderUpdate::Changes { order, changes }).collect()
    }

    fn compared(&self, request: &SyncRequest) -> Vec<OrderUpdate> {
        let Some(heads) = &request.heads else { return Vec::new() };
        let theirs: BTreeMap<_, _> = heads.iter().map(|heads| (heads.order, heads.heads.clone())).collect();
        let mut updates = Vec::new();
        for (order, document) in &self.documents {
            if theirs.get(order) != Some(&document.heads()) && !self.left.contains(order) {
                updates.push(OrderUpdate::Enter {
                    order: *order,
                    snapshot: document.save(),
                    changes: vec![],
                });
            }
        }
        let stray =
            theirs.keys().filter(|order| !self.documents.contains_key(order) || self.left.contains(order));
        updates.extend(stray.map(|order| OrderUpdate::Leave { order: *order }));
        updates
    }
}
