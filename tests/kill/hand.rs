//! One person at work: a phone, the way to the server, and what is owed to this person. Never forgives a loss.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use harness::phone::{Link, Phone};
use sync_core::ids::{ChangeHash, DeviceId, EntryId, OrderId};
use sync_core::message::{Outcome, PUSH_CHANGES_MAX, PushedOrder, SyncRequest};
use sync_core::order::OrderCommand;
use sync_core::order::command::NewLine;
use sync_core::session::{Failure, Identity};

use super::ledger::Ledger;

/// Every test ends the server long before.
const ROUNDS_MAX: usize = 2_000;

/// How one attempt to send ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Everything recorded so far is acknowledged.
    Sent,
    /// The server asked for patience.
    Refused,
    /// The connection ended without an answer.
    Cut,
}

/// How a person is known to the server.
#[derive(Debug, Clone)]
pub struct Account {
    pub identity: Identity,
    pub access_token: String,
}

pub struct Hand {
    pub phone: Phone,
    pub ledger: Ledger,
    device: DeviceId,
    link: Link,
    orders: Vec<OrderId>,
    entries: BTreeSet<(OrderId, EntryId)>,
    steps: u64,
}

impl Hand {
    pub fn of(account: &Account, url: &str, orders: &[OrderId]) -> Self {
        let device = account.identity.device;
        Self {
            phone: Phone::new(*device.as_bytes(), account.identity),
            ledger: Ledger::default(),
            device,
            link: Link::new(url, &account.access_token),
            orders: orders.to_vec(),
            entries: BTreeSet::new(),
            steps: 0,
        }
    }

    /// What this person's requests are made with.
    pub fn access_token(&self) -> &str {
        self.link.access_token()
    }

    /// Records one thing on one order: a note, or every third time a material line.
    pub fn record(&mut self) {
        self.steps += 1;
        let mut bytes = *self.device.as_bytes();
        bytes[8..].copy_from_slice(&self.steps.to_be_bytes());
        let entry = EntryId::from_bytes(bytes);
        let turn = usize::try_from(self.steps).expect("a test records little");
        let order = self.orders[turn % self.orders.len()];
        let text = format!("step {}", self.steps);
        let command = if self.steps.is_multiple_of(3) {
            OrderCommand::AddMaterial(line(entry, text))
        } else {
            OrderCommand::AddNote { note: entry, text, is_internal: false }
        };
        self.give(order, command);
        self.entries.insert((order, entry));
    }

    pub fn give(&mut self, order: OrderId, command: OrderCommand) {
        self.phone.give(order, command).expect("the rules allow what a test records");
    }

    pub async fn sync(&mut self) -> Result<(), Failure> {
        let ledger = &mut self.ledger;
        self.phone.sync(&self.link, |exchange| ledger.see(exchange)).await
    }

    /// Connections of before are not used again.
    pub fn reconnect(&mut self) {
        self.link = self.link.afresh();
    }

    /// Records and sends until the connection breaks; `each` hears of every round that went well.
    pub async fn work_until_cut(&mut self, mut each: impl FnMut()) {
        for _ in 0..ROUNDS_MAX {
            self.record();
            match self.sync().await {
                Ok(()) => each(),
                Err(Failure::NoConnection) => return self.reconnect(),
                Err(Failure::Unavailable { .. }) => {}
                Err(other) => panic!("the server answered honest work with {other:?}"),
            }
        }
        panic!("the server goes on serving");
    }

    /// Goes to the server at another address from here on.
    pub fn move_to(&mut self, url: &str) {
        self.link = self.link.to(url);
    }

    /// Records and sends, patiently, until `each` has heard enough of how attempts ended.
    pub async fn work_through(&mut self, mut each: impl FnMut(Attempt) -> ControlFlow<()>) {
        loop {
            self.record();
            loop {
                let attempt = match self.sync().await {
                    Ok(()) => Attempt::Sent,
                    Err(Failure::Unavailable { .. }) => Attempt::Refused,
                    Err(Failure::NoConnection) => Attempt::Cut,
                    Err(other) => panic!("the server answered honest work with {other:?}"),
                };
                if attempt == Attempt::Cut {
                    self.reconnect();
                }
                if each(attempt).is_break() {
                    return;
                }
                if attempt == Attempt::Sent {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }

    /// Sends what is unsent and returns what was unanswered before and has been answered by this.
    pub async fn recover(&mut self) -> BTreeSet<ChangeHash> {
        let doubtful = self.ledger.unanswered();
        self.sync().await.expect("a server that is ready answers");
        assert_eq!(self.phone.session().unsent_count(), 0, "the outbox is empty after a sync without faults");
        let unanswered = self.ledger.unanswered();
        doubtful.difference(&unanswered).copied().collect()
    }

    /// Offers again what was acknowledged since the last time: the server has every one of them.
    pub async fn verify_acknowledged(&mut self) {
        let offered = self.ledger.take_unverified();
        self.expect_duplicates(offered).await;
    }

    /// Offers again everything that was ever acknowledged.
    pub async fn verify_everything(&mut self) {
        let offered = self.ledger.everything();
        self.expect_duplicates(offered).await;
    }

    async fn expect_duplicates(&mut self, offered: Vec<PushedOrder>) {
        for push in requests(offered) {
            let request = SyncRequest {
                schema: 1,
                app_version: "test".to_owned(),
                device: self.device,
                cursor: self.phone.session().cursor(),
                digest: None,
                push,
                heads: None,
                page_bytes_max: None,
                vouchers: None,
            };
            let offered: usize = request.push.iter().map(|order| order.changes.len()).sum();
            let reply = self.link.exchange(request).await.reply.expect("a server that is ready answers");
            let mut results = reply.results.iter().flat_map(|results| &results.results);
            let lost = results.find(|result| result.outcome != Outcome::Duplicate);
            assert_eq!(lost, None, "an acknowledged change is not there");
            let answered: usize = reply.results.iter().map(|order| order.results.len()).sum();
            assert_eq!(answered, offered);
        }
    }

    /// Everything this person was told is stored can be read on this phone.
    pub fn assert_reads(&mut self, other: &BTreeSet<(OrderId, EntryId)>) {
        for order in self.orders.clone() {
            let read = self.phone.order(order).expect("the order is on the phone");
            let mine = other.iter().filter(|(of, _)| *of == order).map(|(_, entry)| entry);
            for entry in mine {
                let is_there = read.notes.contains_key(entry) || read.materials.contains_key(entry);
                assert!(is_there, "{entry} of {order} is lost");
            }
        }
    }

    pub const fn entries(&self) -> &BTreeSet<(OrderId, EntryId)> {
        &self.entries
    }
}

fn line(line: EntryId, description: String) -> NewLine {
    NewLine {
        line,
        item: None,
        description,
        quantity: "1".to_owned(),
        unit: None,
        price_minor: None,
        source: None,
        is_additional: false,
    }
}

/// As many requests as the limit of changes asks for.
fn requests(offered: Vec<PushedOrder>) -> Vec<Vec<PushedOrder>> {
    let mut requests = Vec::new();
    let mut request = Vec::new();
    let mut count = 0;
    for PushedOrder { order, changes } in offered {
        for chunk in changes.chunks(PUSH_CHANGES_MAX) {
            if count + chunk.len() > PUSH_CHANGES_MAX {
                requests.push(std::mem::take(&mut request));
                count = 0;
            }
            count += chunk.len();
            request.push(PushedOrder { order, changes: chunk.to_vec() });
        }
    }
    requests.push(request);
    requests.retain(|request| !request.is_empty());
    requests
}
