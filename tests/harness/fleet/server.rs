//! The server of a simulated world: the real decision about every change, over storage in memory. Never a socket.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::document::ingest_guard::Limits;
use sync_core::document::{OrderDocument, Path, Scalar, Write};
use sync_core::ids::{ActorId, ChangeHash, DeviceId, OrderId, UserId};
use sync_core::intake::{
    AcceptedChange, Access, ActorBinding, Intake, IntakeContext, NOTHING_VOUCHED, OrderState, Pusher, accept,
    perform_as_system,
};
use sync_core::message::{
    ChangeResult, OrderResults, Outcome, PushedChange, PushedOrder, SyncRequest, SyncResponse,
};
use sync_core::order::{CommandContext, Order, OrderCommand, SYSTEM_USER, Workflows, perform};
use sync_core::rules::policy::OrganizationRules;
use sync_core::time::{TimeClaim, Timestamp};
use sync_core::workflow::Role;

use super::feed::Feeds;
use super::vouchers;

/// The schema that every app of the simulation but the older one reads.
pub const PRESENT_SCHEMA: u32 = 1;
/// The schema of the older app.
pub const OLDER_SCHEMA: u32 = 0;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub user: UserId,
    /// In which role.
    pub role: Role,
}

/// What the server answers to a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A reply.
    Reply(Box<SyncResponse>),
    /// The person's access has ended.
    Revoked,
    /// A deposit was taken.
    Deposited {
        /// Until when it is kept.
        until: Timestamp,
    },
}

/// A change that waits for the office.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The order.
    pub order: OrderId,
    /// Its name and bytes.
    pub change: PushedChange,
    /// Who offered it.
    pub pusher: Pusher,
}

/// The server: cloning it is a backup.
#[derive(Debug, Clone)]
pub struct SimServer {
    /// Which life of the server this is.
    pub epoch: u64,
    /// Its clock, right and never standing still.
    pub now: Timestamp,
    /// The orders.
    pub orders: BTreeMap<OrderId, OrderState>,
    /// What became of them, by scope.
    pub feeds: Feeds,
    /// People whose access ended.
    pub disabled: BTreeSet<UserId>,
    /// Changes that wait for the office.
    pub held: Vec<Waiting>,
    /// Entries in one page.
    pub page_max: usize,
    /// The oldest schema it still serves pages in; older apps may push.
    pub schema_min: u32,
    /// When the last backup was made.
    pub backup_at: Option<Timestamp>,
    /// The workflows of the organization.
    pub workflows: Workflows,
}

impl SimServer {
    /// A server on which nothing has happened.
    pub fn new(page_max: usize) -> Self {
        Self {
            epoch: 1,
            now: Timestamp(1_800_000_000_000),
            orders: BTreeMap::new(),
            feeds: Feeds::default(),
            disabled: BTreeSet::new(),
            held: Vec::new(),
            page_max,
            schema_min: OLDER_SCHEMA,
            backup_at: None,
            workflows: Workflows::default(),
        }
    }

    /// The present content of an order.
    pub fn document(&self, order: OrderId) -> Option<&OrderDocument> {
        self.orders.get(&order)?.document.as_ref()
    }

    /// What an order says.
    pub fn order(&self, order: OrderId) -> Option<Order> {
        self.document(order).map(|document| Order::read(document, &self.workflows).0)
    }

    /// Whether a change is merged, or waits for the office.
    pub fn has(&self, order: OrderId, hash: &ChangeHash) -> bool {
        self.document(order).is_some_and(|document| document.contains(hash))
            || self.held.iter().any(|waiting| waiting.order == order && waiting.change.hash == *hash)
    }

    /// Answers one request; everything it causes has happened when this returns.
    pub fn answer(&mut self, person: Person, request: &SyncRequest, is_deposit: bool) -> Answer {
        self.now = self.now.plus_millis(1);
        let is_disabled = self.disabled.contains(&person.user);
        if is_disabled && !is_deposit {
            return Answer::Revoked;
        }
        let access = if is_disabled { Access::Ended } else { Access::Granted };
        let pusher = Pusher { user: person.user, role: person.role, device: Some(request.device), access };
        let vouched = vouchers::proven(request.vouchers.as_deref().unwrap_or_default());
        let results = request.push.iter().map(|pushed| self.push(pusher, pushed, &vouched)).collect();
        if is_disabled {
            return Answer::Deposited { until: self.now.plus_millis(sync_core::intake::KEPT_MS) };
        }
        Answer::Reply(Box::new(self.reply(person, request, results)))
    }

    fn push(
        &mut self,
        pusher: Pusher,
        pushed: &PushedOrder,
        vouched: &BTreeMap<OrderId, BTreeSet<ChangeHash>>,
    ) -> OrderResults {
        let state = self.orders.get(&pushed.order).cloned().unwrap_or_default();
        let vouched = vouched.get(&pushed.order).unwrap_or(&NOTHING_VOUCHED);
        let context = IntakeContext { vouched, ..self.context(pushed.order) };
        let intake = accept(&state, pusher, &pushed.changes, &context);
        let hashes = pushed.changes.iter().map(|change| change.hash);
        let results = hashes.zip(intake.outcomes.iter().cloned());
        let results = results.map(|(hash, outcome)| ChangeResult { hash, outcome }).collect();
        self.commit(pushed.order, state, pusher, intake);
        OrderResults { order: pushed.order, results }
    }

    fn context(&self, order: OrderId) -> IntakeContext<'_> {
        IntakeContext {
            order,
            now: self.now,
            workflows: &self.workflows,
            rules: OrganizationRules::default(),
            system_actor: system_actor(order, self.epoch),
            limits: Limits::default(),
            vouched: &NOTHING_VOUCHED,
        }
    }

    /// What one transaction stores.
    fn commit(&mut self, order: OrderId, mut state: OrderState, pusher: Pusher, mut intake: Intake) {
        let before = state.document.as_ref().map(|document| Order::read(document, &self.workflows).0);
        for refused in intake.refused.iter().filter(|refused| refused.is_final) {
            state.refused.insert(refused.change.hash, (refused.code.clone(), refused.path.clone()));
        }
        for held in &intake.held {
            let change =
                PushedChange { hash: held.change.hash, bytes: held.change.bytes.clone(), voucher: None };
            state.held.insert(change.hash, (held.reason.clone(), held.until));
            self.held.retain(|waiting| waiting.order != order || waiting.change.hash != change.hash);
            self.held.push(Waiting { order, change, pusher });
        }
        if before.is_none() {
            self.give_number(order, &mut intake);
        }
        state.actors.extend(intake.accepted.iter().map(|accepted| (accepted.actor, accepted.binding)));
        let accepted: Vec<_> = intake.accepted.iter().map(|a| (a.change.hash, a.binding.device)).collect();
        let is_changed = !accepted.is_empty();
        if is_changed {
            state.document = intake.document;
        }
        if state.document.is_some() || !state.refused.is_empty() || !state.held.is_empty() {
            self.orders.insert(order, state);
        }
        if is_changed {
            let after = self.order(order);
            self.feeds.publish(order, before.as_ref(), after.as_ref(), &accepted);
        }
    }

    fn give_number(&self, order: OrderId, intake: &mut Intake) {
        let Some(document) = intake.document.as_mut().filter(|_| !intake.accepted.is_empty()) else { return };
        let command = OrderCommand::SetNumber { number: format!("OS-{}", self.orders.len() + 1) };
        if let Ok(Some(change)) = perform_as_system(document, &command, &self.context(order)) {
            intake.accepted.push(change);
        }
    }

    /// A person in the office works on the server itself, as the console does.
    pub fn office(&mut self, person: Person, order: OrderId, command: &OrderCommand) -> bool {
        self.now = self.now.plus_millis(1);
        let mut state = self.orders.get(&order).cloned().unwrap_or_default();
        let mut document = state.document.clone().unwrap_or_default();
        let context = CommandContext {
            user: person.user,
            role: person.role,
            at: TimeClaim::by_server(self.now),
            site: None,
            workflows: &self.workflows,
        };
        let actor = console_actor(order, person.user, self.epoch);
        let Ok(Some(change)) = perform(&mut document, command, &context, actor) else { return false };
        let header = document.header(&change.hash).expect("the change was committed a line above");
        let binding = ActorBinding { device: None, user: person.user };
        let accepted = AcceptedChange { actor, seq: header.seq, change, binding, is_vouched: false };
        self.store_own(order, &mut state, document, accepted);
        true
    }

    /// A later version of the server writes a field that this version does not know.
    pub fn write_newer_field(&mut self, order: OrderId, text: &str) -> bool {
        self.now = self.now.plus_millis(1);
        let Some(mut state) = self.orders.get(&order).cloned() else { return false };
        let Some(mut document) = state.document.clone() else { return false };
        let write = Write::Put(Path::new(["extra", text]), Scalar::from(text));
        let actor = system_actor(order, self.epoch);
        let Ok(Some(change)) = document.commit(actor, self.now, &[write]) else { return false };
        let header = document.header(&change.hash).expect("the change was committed a line above");
        let binding = ActorBinding { device: None, user: SYSTEM_USER };
        let accepted = AcceptedChange { actor, seq: header.seq, change, binding, is_vouched: false };
        self.store_own(order, &mut state, document, accepted);
        true
    }

    fn store_own(
        &mut self,
        order: OrderId,
        state: &mut OrderState,
        document: OrderDocument,
        accepted: AcceptedChange,
    ) {
        let before = state.document.as_ref().map(|document| Order::read(document, &self.workflows).0);
        state.actors.insert(accepted.actor, accepted.binding);
        state.document = Some(document);
        self.orders.insert(order, state.clone());
        let after = self.order(order);
        self.feeds.publish(order, before.as_ref(), after.as_ref(), &[(accepted.change.hash, None)]);
    }

    /// The office merges everything that was held; what cannot be merged stays where the office sees it.
    pub fn merge_held(&mut self) {
        for waiting in std::mem::take(&mut self.held) {
            let state = self.orders.get(&waiting.order).cloned().unwrap_or_default();
            let pusher = Pusher { access: Access::Merging, ..waiting.pusher };
            let offered = std::slice::from_ref(&waiting.change);
            let mut intake = accept(&state, pusher, offered, &self.context(waiting.order));
            intake.held.clear();
            if !matches!(intake.outcomes[..], [Outcome::Applied | Outcome::Duplicate]) {
                self.held.push(waiting.clone());
            }
            self.now = self.now.plus_millis(1);
            self.commit(waiting.order, state, pusher, intake);
        }
    }
}

/// The pen with which the server writes into an order, another one in each of its lives.
fn system_actor(order: OrderId, epoch: u64) -> ActorId {
    console_actor(order, SYSTEM_USER, epoch)
}

/// The pen with which the server writes in a person's name.
fn console_actor(order: OrderId, user: UserId, epoch: u64) -> ActorId {
    let salt = user
        .as_bytes()
        .iter()
        .chain(order.as_bytes())
        .fold(epoch, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(*byte)));
    let mut bytes = *order.as_bytes();
    for (byte, salt) in bytes.iter_mut().zip(salt.to_be_bytes()) {
        *byte ^= salt;
    }
    ActorId::from_bytes(bytes)
}

/// Names a device of the simulation.
pub fn device_id(number: u64) -> DeviceId {
    let mut bytes = [0xd0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    DeviceId::from_bytes(bytes)
}
