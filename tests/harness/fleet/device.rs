//! A simulated phone: the real client over storage in memory that can be killed, copied, put back and damaged.

use sync_core::ids::{ChangeHash, OrderId};
use sync_core::order::OrderCommand;
use sync_core::replica::{MemoryStore, StoreBatch};
use sync_core::session::{
    CommandFailed, Done, Effect, Event, Identity, Notice, Outgoing, Setup, SyncSession,
};
use sync_core::time::{ClockReading, Timestamp};

use super::dice::Dice;
use super::plan::{Fault, WorldPlan};
use super::server::{OLDER_SCHEMA, PRESENT_SCHEMA, Person, device_id};

/// The clocks of a phone, as wrong as phones are.
#[derive(Debug, Clone, Copy)]
struct Clock {
    wall_offset_ms: i64,
    monotonic_offset_ms: i64,
    boot: u64,
}

/// How a batch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Stored,
    Refused,
    KilledBefore,
    KilledAfter,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandEnd {
    /// The person was told that it is saved.
    Saved(Option<ChangeHash>),
    /// The person was told that it was not done.
    NotDone(CommandFailed),
    /// The app died before it said anything.
    Unknown,
}

/// The app of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppVersion {
    /// Reads an older schema and offers no expenses, payments and photos; it carries those of others along.
    Older,
    /// Knows everything.
    Present,
}

/// A phone.
#[derive(Debug)]
pub struct SimDevice {
    /// Who works on it.
    pub person: Person,
    /// Counts the lives of the process; messages to an earlier one are lost.
    pub incarnation: u64,
    /// Whether there is network.
    pub is_online: bool,
    /// Requests to be sent.
    pub outgoing: Vec<Outgoing>,
    /// Storage.
    pub store: MemoryStore,
    /// The client; always there but while a process starts.
    pub session: SyncSession,
    /// Whether this installation can no longer reach the server: access ended before it was enrolled.
    pub is_stranded: bool,
    device: u64,
    install: [u8; 16],
    app: AppVersion,
    clock: Clock,
    faults: Vec<Fault>,
    backup: Option<MemoryStore>,
}

impl SimDevice {
    /// A phone on which somebody has signed in.
    pub fn new(number: u64, person: Person, plan: &WorldPlan, now: Timestamp, dice: &mut Dice) -> Self {
        let wall_offset_ms = if plan.has(Fault::Clocks) { years(dice) } else { 0 };
        let clock = Clock { wall_offset_ms, monotonic_offset_ms: -now.0, boot: number };
        let store = MemoryStore::default();
        let install = dice.id();
        let is_older = plan.has(Fault::OlderApps) && dice.chance(60);
        let app = if is_older { AppVersion::Older } else { AppVersion::Present };
        let session = open(install, app, &store, clock.reading(now));
        let faults = plan.faults.iter().copied().collect();
        let mut device = Self {
            person,
            incarnation: 0,
            is_online: true,
            outgoing: Vec::new(),
            store,
            session: session.0,
            is_stranded: false,
            device: number,
            install,
            app,
            clock,
            faults,
            backup: None,
        };
        device.enroll(number, now);
        device
    }

    /// The server gave this installation the name `number`.
    pub fn enroll(&mut self, number: u64, now: Timestamp) {
        self.device = number;
        let identity = Identity { device: device_id(number), user: self.person.user, role: self.person.role };
        self.calm(now, Event::SignedIn(identity));
    }

    /// A person gives a command.
    pub fn command(
        &mut self,
        order: OrderId,
        command: OrderCommand,
        now: Timestamp,
        dice: &mut Dice,
    ) -> CommandEnd {
        let event = Event::CommandGiven { ticket: 1, order, command: Box::new(command) };
        match self.event(event, now, dice) {
            Some(Ok(done)) => CommandEnd::Saved(done.change),
            Some(Err(failed)) => CommandEnd::NotDone(failed),
            None => CommandEnd::Unknown,
        }
    }

    /// Something happens, and the storage may fail or the process be killed over it.
    pub fn event(
        &mut self,
        event: Event,
        now: Timestamp,
        dice: &mut Dice,
    ) -> Option<Result<Done, CommandFailed>> {
        let reading = self.clock.reading(now);
        let effects = self.session.handle(reading, event, &self.store).expect("memory can be read");
        self.carry_out(effects, now, Some(dice))
    }

    /// Something happens while nothing goes wrong.
    fn calm(&mut self, now: Timestamp, event: Event) {
        let reading = self.clock.reading(now);
        let effects = self.session.handle(reading, event, &self.store).expect("memory can be read");
        self.carry_out(effects, now, None);
    }

    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        now: Timestamp,
        mut dice: Option<&mut Dice>,
    ) -> Option<Result<Done, CommandFailed>> {
        let mut answer = None;
        for effect in effects {
            match effect {
                Effect::Store(batch) => {
                    let ending = dice.as_deref_mut().map_or(Ending::Stored, |dice| self.ending(dice));
                    let event = self.end_batch(&batch, ending, now)?;
                    let reading = self.clock.reading(now);
                    let next = self.session.handle(reading, event, &self.store).expect("memory can be read");
                    let incarnation = self.incarnation;
                    let later = self.carry_out(next, now, dice.as_deref_mut());
                    answer = answer.or(later);
                    if self.incarnation != incarnation {
                        return answer;
                    }
                }
                Effect::Send(outgoing) => self.outgoing.push(*outgoing),
                Effect::Answer { result, .. } => answer = Some(result),
                Effect::Schedule { .. } | Effect::Notify(_) => {}
            }
        }
        answer
    }

    fn ending(&self, dice: &mut Dice) -> Ending {
        let is_killed = self.faults.contains(&Fault::DeviceKills) && dice.chance(6);
        let is_refused = self.faults.contains(&Fault::StoreFailures) && dice.chance(6);
        match (is_killed, is_refused) {
            (true, _) if dice.chance(50) => Ending::KilledBefore,
            (true, _) => Ending::KilledAfter,
            (false, true) => Ending::Refused,
            (false, false) => Ending::Stored,
        }
    }

    /// Ends a batch; `None` when the process died over it.
    fn end_batch(&mut self, batch: &StoreBatch, ending: Ending, now: Timestamp) -> Option<Event> {
        match ending {
            Ending::Stored => {
                self.store.commit(batch);
                Some(Event::Stored { batch: batch.id })
            }
            Ending::Refused => Some(Event::StoreFailed { batch: batch.id }),
            Ending::KilledBefore => {
                self.restart(now);
                None
            }
            Ending::KilledAfter => {
                self.store.commit(batch);
                self.restart(now);
                None
            }
        }
    }

    /// The process dies and starts again: nothing but the storage remains.
    pub fn restart(&mut self, now: Timestamp) -> bool {
        self.incarnation += 1;
        self.outgoing.clear();
        let (session, effects) = open(self.install, self.app, &self.store, self.clock.reading(now));
        self.session = session;
        let needs_enrollment = effects.contains(&Effect::Notify(Notice::EnrollNeeded));
        self.carry_out(effects, now, None);
        needs_enrollment
    }

    /// Which app runs here.
    pub const fn app(&self) -> AppVersion {
        self.app
    }

    /// The app is replaced by the present one, which finds the storage as the older one left it.
    pub fn upgrade(&mut self, now: Timestamp) {
        self.app = AppVersion::Present;
        self.restart(now);
    }

    /// The phone is switched off and on: its monotonic clock begins again.
    pub fn reboot(&mut self, now: Timestamp, dice: &mut Dice) {
        let jump_ms = years(dice);
        self.clock =
            Clock { wall_offset_ms: jump_ms, monotonic_offset_ms: -now.0, boot: self.clock.boot + 1_000 };
        self.restart(now);
    }

    /// The phone's system makes a backup of the app's storage.
    pub fn back_up(&mut self) {
        self.backup = Some(self.store.clone());
    }

    /// The backup is put back, on another installation or under the feet of this one.
    ///
    /// Returns whether there was a backup.
    pub fn restore(&mut self, is_other_install: bool, now: Timestamp, dice: &mut Dice) -> bool {
        let Some(backup) = self.backup.clone() else { return false };
        self.store = backup;
        if is_other_install {
            self.install = dice.id();
        }
        self.restart(now);
        true
    }

    /// One bit of one row of storage flips, and the app is started again.
    pub fn rot(&mut self, now: Timestamp, dice: &mut Dice) {
        let rows = self.store.rows_mut();
        let keys: Vec<_> = rows.keys().filter(|key| !key.starts_with(b"own/")).cloned().collect();
        if let Some(key) = dice.pick(&keys)
            && let Some(value) = rows.get_mut(key)
        {
            let at = dice.below(value.len());
            value[at] ^= 1 << dice.below(8);
        }
        self.restart(now);
    }

    /// Whether the storage holds the command on an order that adds what is named in `text`.
    pub fn holds(&mut self, order: OrderId, text: &str) -> bool {
        let needle = text.as_bytes();
        let prefix = [b"own/".as_slice(), order.as_bytes()].concat();
        let rows = self.store.rows_mut().iter().filter(|(key, _)| key.starts_with(&prefix));
        rows.into_iter().any(|(_, value)| value.windows(needle.len()).any(|window| window == needle))
    }

    /// Whether the storage holds a change made here.
    pub fn holds_change(&mut self, hash: &ChangeHash) -> bool {
        self.store.rows_mut().keys().any(|key| key.starts_with(b"own/") && key.ends_with(hash.as_bytes()))
    }

    /// The storage works and the process lives from here on.
    pub fn stop_failing(&mut self) {
        self.faults.clear();
    }
}

impl Clock {
    const fn reading(self, now: Timestamp) -> ClockReading {
        ClockReading {
            wall: now.plus_millis(self.wall_offset_ms),
            monotonic_ms: now.plus_millis(self.monotonic_offset_ms).0,
            boot: self.boot,
        }
    }
}

impl AppVersion {
    /// The newest schema it reads, and its name.
    const fn schema(self) -> (u32, &'static str) {
        match self {
            Self::Older => (OLDER_SCHEMA, "simulated, older"),
            Self::Present => (PRESENT_SCHEMA, "simulated"),
        }
    }
}

fn open(
    install: [u8; 16],
    app: AppVersion,
    store: &MemoryStore,
    reading: ClockReading,
) -> (SyncSession, Vec<Effect>) {
    let (schema, app_version) = app.schema();
    let setup = Setup { install, schema, app_version: app_version.to_owned() };
    SyncSession::open(setup, reading, store).expect("memory can be read")
}

/// Up to 20 years before or after the truth.
fn years(dice: &mut Dice) -> i64 {
    const TWENTY_YEARS_MS: i64 = 20 * 365 * 86_400_000;
    dice.millis(2 * TWENTY_YEARS_MS) - TWENTY_YEARS_MS
}
