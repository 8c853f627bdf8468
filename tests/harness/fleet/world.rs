//! One world: people work, things break, everything heals. Never stops before every message is accounted for.

use sync_core::ids::{OrderId, UserId};
use sync_core::session::{Event, Failure, Outgoing};
use sync_core::workflow::Role;

use super::check::{self, Violation};
use super::commands;
use super::device::{AppVersion, CommandEnd, SimDevice};
use super::dice::Dice;
use super::model::{Model, Recorded, Trace};
use super::plan::{Fault, WorldPlan};
use super::server::{Answer, PRESENT_SCHEMA, Person, SimServer};

/// Rounds of ticks after the faults heal; each lets a minute pass.
const HEALING_ROUNDS_MAX: usize = 60;

/// The round in which apps are replaced that are not served any more; until then they only push.
const UPGRADE_ROUND: usize = 2;
/// The round that lasts a day, after which those without access have handed over again what they hold.
const DAY_LONG_ROUND: usize = 3;

/// A message between a device and the server.
#[derive(Debug, Clone)]
pub(super) enum Message {
    Request(Box<Outgoing>),
    Answer(u64, Answer),
    Failure(u64),
}

#[derive(Debug, Clone)]
struct InTransit {
    device: usize,
    incarnation: u64,
    message: Message,
}

/// A world under way.
pub struct World {
    pub(super) plan: WorldPlan,
    pub(super) server: SimServer,
    pub(super) devices: Vec<SimDevice>,
    pub(super) model: Model,
    pub(super) newer_fields: Vec<(OrderId, String)>,
    technicians: Vec<UserId>,
    orders: Vec<OrderId>,
    transit: Vec<InTransit>,
    backup: Option<SimServer>,
    is_healed: bool,
    next_device: u64,
    dice: Dice,
}

impl World {
    /// Lives through a whole world.
    ///
    /// # Errors
    ///
    /// The first promise that was broken.
    pub fn run(plan: &WorldPlan) -> Result<(), Violation> {
        let mut world = Self::new(plan);
        for _ in 0..plan.steps {
            world.step();
            world.watch()?;
        }
        world.heal()?;
        check::check(&mut world)
    }

    fn new(plan: &WorldPlan) -> Self {
        let mut dice = Dice::new(plan.seed);
        let page_max = if plan.has(Fault::SmallPages) { 1 + dice.below(6) } else { 500 };
        let server = SimServer::new(page_max);
        let technicians: Vec<_> =
            (1..=3).take(plan.devices).map(|byte| UserId::from_bytes([byte; 16])).collect();
        let mut world = Self {
            plan: plan.clone(),
            server,
            devices: Vec::new(),
            model: Model::default(),
            newer_fields: Vec::new(),
            technicians,
            orders: Vec::new(),
            transit: Vec::new(),
            backup: None,
            is_healed: false,
            next_device: 1,
            dice,
        };
        for number in 0..plan.devices {
            world.add_device(number);
        }
        for _ in 0..1 + world.dice.below(2) {
            let order = commands::order_id(&mut world.dice);
            let crew = world.technicians.clone();
            world.server.office(DISPATCHER, order, &commands::create(&crew));
            world.orders.push(order);
        }
        world.backup = Some(world.server.clone());
        world
    }

    fn add_device(&mut self, number: usize) {
        let is_office = number > 1 && self.dice.chance(15);
        let user = self.technicians[number % self.technicians.len()];
        let person = if is_office { DISPATCHER } else { Person { user, role: Role::Technician } };
        let id = self.next_device;
        self.next_device += 1;
        let device = SimDevice::new(id, person, &self.plan, self.server.now, &mut self.dice);
        self.devices.push(device);
    }

    fn step(&mut self) {
        let pause_ms = if self.dice.chance(5) { 3_600_000 } else { 20_000 };
        self.server.now = self.server.now.plus_millis(1 + self.dice.millis(pause_ms));
        let device = self.dice.below(self.devices.len());
        match self.dice.below(20) {
            0..=9 => self.work(device),
            10..=12 => self.sync(device),
            13..=14 => self.office(),
            15..=16 => self.tick(device),
            _ => self.trouble(device),
        }
        self.deliver_some();
    }

    fn work(&mut self, device: usize) {
        let (order, command, trace) = if self.dice.chance(8) {
            let order = commands::order_id(&mut self.dice);
            self.orders.push(order);
            (order, commands::create(&self.technicians[..1]), Some(Trace::Created))
        } else {
            let Some(order) = self.dice.pick(&self.orders).copied() else { return };
            let device = &mut self.devices[device];
            let shown = device.session.order(order, &device.store).expect("memory can be read");
            let Some(shown) = shown else { return };
            let (command, trace) = commands::work(&shown.order, device.app(), &mut self.dice);
            (order, command, trace)
        };
        let now = self.server.now;
        let end = self.devices[device].command(order, command, now, &mut self.dice);
        if let (CommandEnd::Saved(Some(change)), Some(trace)) = (end, trace) {
            self.model.recorded.push(Recorded { device, order, trace, change });
        }
    }

    fn sync(&mut self, device: usize) {
        let now = self.server.now;
        self.devices[device].event(Event::SyncAsked, now, &mut self.dice);
    }

    fn tick(&mut self, device: usize) {
        let now = self.server.now;
        let event = if self.dice.chance(50) {
            Event::Tick
        } else {
            let head = self.server.feeds.head(self.devices[device].person);
            Event::Poke { seq: u64::try_from(head).unwrap_or(0) }
        };
        self.devices[device].event(event, now, &mut self.dice);
    }

    fn office(&mut self) {
        let Some(order) = self.dice.pick(&self.orders).copied() else { return };
        if self.plan.has(Fault::NewerFields) && self.dice.chance(30) {
            let text = format!("later-{}", self.server.now.0);
            if self.server.write_newer_field(order, &text) {
                self.newer_fields.push((order, text));
            }
            return;
        }
        let Some(shown) = self.server.order(order) else { return };
        if !self.plan.has(Fault::Reassignments) && !self.plan.has(Fault::Cancellations) {
            return;
        }
        let may_cancel = self.plan.has(Fault::Cancellations);
        let command = commands::office(&shown, &self.technicians, may_cancel, &mut self.dice);
        let is_crew = matches!(command.kind(), sync_core::rules::CommandKind::Crew);
        if !is_crew || self.plan.has(Fault::Reassignments) {
            self.server.office(DISPATCHER, order, &command);
        }
    }

    fn trouble(&mut self, device: usize) {
        let now = self.server.now;
        let Some(fault) = self.dice.pick(&self.plan.faults.iter().copied().collect::<Vec<_>>()).copied()
        else {
            return;
        };
        match fault {
            Fault::Partitions => self.devices[device].is_online = !self.devices[device].is_online,
            Fault::DeviceKills => {
                self.devices[device].restart(now);
            }
            Fault::Clocks => self.devices[device].reboot(now, &mut self.dice),
            Fault::BitRot => self.devices[device].rot(now, &mut self.dice),
            Fault::RestoredPhones => self.restore_phone(device, true),
            Fault::PutBackStores => self.restore_phone(device, false),
            Fault::RestoredServer => self.restore_server(),
            Fault::OlderApps if self.dice.chance(30) => self.server.schema_min = PRESENT_SCHEMA,
            Fault::OlderApps => self.devices[device].upgrade(now),
            Fault::DisabledUsers if self.dice.chance(25) => {
                self.server.disabled.extend(self.technicians.first().copied());
            }
            Fault::DisabledUsers
            | Fault::Loss
            | Fault::Duplicates
            | Fault::LateReplies
            | Fault::StoreFailures
            | Fault::Reassignments
            | Fault::Cancellations
            | Fault::SmallPages
            | Fault::NewerFields => {}
        }
        self.enroll_if_needed(device);
    }

    /// What only the lost storage knew is lost with it; everything else must still be found.
    fn restore_phone(&mut self, number: usize, is_other_install: bool) {
        if self.dice.chance(50) {
            self.devices[number].back_up();
            return;
        }
        let now = self.server.now;
        let device = &mut self.devices[number];
        if !device.restore(is_other_install, now, &mut self.dice) {
            return;
        }
        let server = &self.server;
        self.model.forget(|recorded| {
            recorded.device == number
                && !device.holds(recorded.order, &recorded.trace.text())
                && !server.order(recorded.order).is_some_and(|order| recorded.trace.is_in(&order))
                && !server.has(recorded.order, &recorded.change)
        });
    }

    /// An installation that is not enrolled signs in again; somebody without access cannot.
    fn enroll_if_needed(&mut self, number: usize) {
        let device = &mut self.devices[number];
        if device.session.identity().is_some() {
            return;
        }
        if self.server.disabled.contains(&device.person.user) {
            device.is_stranded = true;
            return;
        }
        let id = self.next_device;
        self.next_device += 1;
        device.enroll(id, self.server.now);
    }

    /// The server is restored from its last backup, or a backup is made.
    fn restore_server(&mut self) {
        if self.dice.chance(50) {
            self.server.backup_at = Some(self.server.now);
            self.server.now = self.server.now.plus_millis(1);
            self.backup = Some(self.server.clone());
            return;
        }
        let Some(backup) = self.backup.clone() else { return };
        self.server = SimServer {
            epoch: self.server.epoch + 1,
            now: self.server.now,
            disabled: self.server.disabled.clone(),
            schema_min: self.server.schema_min,
            ..backup
        };
        let (server, devices) = (&self.server, &mut self.devices);
        self.model.forget(|recorded| {
            !devices.iter_mut().any(|device| device.holds(recorded.order, &recorded.trace.text()))
                && !server.order(recorded.order).is_some_and(|order| recorded.trace.is_in(&order))
        });
        let model = &mut self.model;
        model.acknowledged.retain(|(order, hash)| {
            let is_held = |device: &mut SimDevice| device.holds_change(hash);
            server.has(*order, hash) || devices.iter_mut().any(is_held)
        });
        self.newer_fields.retain(|(order, text)| check::has_newer_field(server, *order, text));
    }

    fn deliver_some(&mut self) {
        self.send_all();
        let count = self.dice.below(1 + 2 * self.transit.len());
        for _ in 0..count {
            if self.transit.is_empty() {
                break;
            }
            let at = self.dice.below(self.transit.len());
            let next = self.transit.swap_remove(at);
            self.deliver(next);
            self.send_all();
        }
    }

    fn send_all(&mut self) {
        for number in 0..self.devices.len() {
            let device = &mut self.devices[number];
            let incarnation = device.incarnation;
            for outgoing in std::mem::take(&mut device.outgoing) {
                let is_lost = !self.is_healed
                    && (!device.is_online || self.plan.has(Fault::Loss) && self.dice.chance(25));
                let message = if is_lost {
                    Message::Failure(outgoing.id)
                } else {
                    Message::Request(Box::new(outgoing))
                };
                self.transit.push(InTransit { device: number, incarnation, message });
            }
        }
    }

    fn deliver(&mut self, next: InTransit) {
        let number = next.device;
        match next.message {
            Message::Request(ref outgoing) => {
                let person = self.devices[number].person;
                let answer = self.server.answer(person, &outgoing.request, outgoing.is_deposit);
                self.answer_arrives(&next, outgoing.id, answer);
            }
            Message::Answer(id, answer) if self.devices[number].incarnation == next.incarnation => {
                self.take_answer(number, id, answer);
            }
            Message::Failure(id) if self.devices[number].incarnation == next.incarnation => {
                let event = Event::ReplyFailed { request: id, failure: Failure::NoConnection };
                let now = self.server.now;
                self.devices[number].event(event, now, &mut self.dice);
            }
            Message::Answer(..) | Message::Failure(_) => {}
        }
        self.enroll_if_needed(number);
    }

    fn answer_arrives(&mut self, request: &InTransit, id: u64, answer: Answer) {
        let is_broken = |world: &mut Self, fault, percent| {
            !world.is_healed && world.plan.has(fault) && world.dice.chance(percent)
        };
        let mut messages = Vec::new();
        let is_offline = !self.is_healed && !self.devices[request.device].is_online;
        if is_offline || is_broken(self, Fault::Loss, 25) {
            messages.push(Message::Failure(id));
        } else {
            if is_broken(self, Fault::LateReplies, 20) {
                messages.push(Message::Failure(id));
            }
            messages.push(Message::Answer(id, answer));
        }
        if is_broken(self, Fault::Duplicates, 20) {
            messages.push(request.message.clone());
        }
        let again = messages.into_iter().map(|message| InTransit { message, ..request.clone() });
        self.transit.extend(again);
    }

    fn take_answer(&mut self, number: usize, request: u64, answer: Answer) {
        let now = self.server.now;
        let device = &mut self.devices[number];
        match answer {
            Answer::Reply(reply) => {
                device.event(Event::ReplyArrived { request, reply }, now, &mut self.dice);
            }
            Answer::Deposited { until } => {
                device.event(Event::DepositTaken { request, until }, now, &mut self.dice);
            }
            Answer::Revoked => {
                let failure = Failure::Unavailable { retry_after_s: None };
                device.event(Event::ReplyFailed { request, failure }, now, &mut self.dice);
                device.event(Event::SessionRevoked, now, &mut self.dice);
            }
        }
    }

    /// Notes what devices were told, and checks what must hold at every moment.
    fn watch(&mut self) -> Result<(), Violation> {
        for device in &self.devices {
            self.model.acknowledged.extend(device.session.acknowledged());
        }
        Ok(())
    }

    /// Faults end; everybody syncs until nothing is left to say.
    fn heal(&mut self) -> Result<(), Violation> {
        self.is_healed = true;
        if self.dice.chance(50) {
            self.server.merge_held();
        }
        for device in &mut self.devices {
            device.is_online = true;
            device.stop_failing();
        }
        for round in 0..HEALING_ROUNDS_MAX {
            let pause_ms = if round == DAY_LONG_ROUND { 86_400_000 } else { 400_000 };
            self.server.now = self.server.now.plus_millis(pause_ms);
            for number in 0..self.devices.len() {
                if round == UPGRADE_ROUND {
                    self.upgrade_if_needed(number)?;
                }
                self.enroll_if_needed(number);
                if round == 0 { self.sync(number) } else { self.heal_tick(number) }
            }
            self.drain();
            if round > DAY_LONG_ROUND && check::is_quiet(self) {
                break;
            }
        }
        Ok(())
    }

    /// A person replaces the app because the server no longer serves it; what it could send was sent before that.
    fn upgrade_if_needed(&mut self, number: usize) -> Result<(), Violation> {
        let is_served = self.server.schema_min < PRESENT_SCHEMA;
        let device = &mut self.devices[number];
        if device.app() == AppVersion::Present || is_served {
            return Ok(());
        }
        let unsent = device.session.unsent_count();
        // What builds on changes that a restored server lost waits for a page, which this app does not get.
        if unsent > 0 && !device.is_stranded && !self.plan.has(Fault::RestoredServer) {
            return Err(format!(
                "B9: device {number} had {unsent} unsent changes when it had to be upgraded"
            ));
        }
        device.upgrade(self.server.now);
        Ok(())
    }

    fn heal_tick(&mut self, number: usize) {
        let now = self.server.now;
        self.devices[number].event(Event::Tick, now, &mut self.dice);
    }

    fn drain(&mut self) {
        self.send_all();
        while !self.transit.is_empty() {
            let next = self.transit.remove(0);
            self.deliver(next);
            self.send_all();
        }
    }
}

/// The person in the office.
pub const DISPATCHER: Person = Person { user: UserId::from_bytes([0x0f; 16]), role: Role::Dispatcher };
