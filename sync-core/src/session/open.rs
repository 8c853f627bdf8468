//! Reads what a device holds, and sets right what is damaged. Never throws away unsent work.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::identity::IdentityRow;
use super::view::ReferenceRecord;
use super::vouchers::Vouchers;
use super::{Effect, Notice, Setup, Storing, SyncSession};
use crate::checklist::ChecklistTemplate;
use crate::document::{Change, OrderDocument};
use crate::ids::OrderId;
use crate::order::{OrderKind, Workflows};
use crate::outbox::{Fate, Outbox, OwnChange, OwnChangeRow, OwnEntry};
use crate::pace::Pace;
use crate::replica::{OrderState, Pen, ReadFailed, Replica, StoreBatch, StoreRead, derive_actor, record};
use crate::time::ClockReading;
use crate::workflow::{Role, Workflow};

/// A row that could not be read.
struct DamagedOwn {
    order: OrderId,
    number: u64,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl SyncSession {
    /// Reads what the device holds. The effects are to be carried out before the first event.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn open(
        setup: Setup,
        reading: ClockReading,
        store: &dyn StoreRead,
    ) -> Result<(Self, Vec<Effect>), ReadFailed> {
        let mut session = Self {
            setup,
            identity: None,
            owner: None,
            role: Role::Technician,
            workflows: Workflows::default(),
            replica: Replica::default(),
            outbox: Outbox::default(),
            vouchers: Vouchers::default(),
            epoch: 0,
            cursor: None,
            anchor: None,
            now: reading,
            pace: Pace::default(),
            in_flight: None,
            storing: None,
            waiting: VecDeque::new(),
            last_id: 0,
            turn: None,
            wants_heads: false,
            heads_rounds: 0,
            heads_not_before_ms: None,
            held_asked_at_ms: None,
            repeats_after_fetch: BTreeSet::new(),
            missing_dep_replies: BTreeMap::new(),
            damaged_sends: BTreeMap::new(),
            push_bytes_max: super::request::PUSH_BYTES_MAX,
            malformed_replies: 0,
            hand_over: None,
            is_asked: false,
            sends_only_when_asked: false,
            awaits_sign_in: false,
            needs_upgrade: false,
            last_contact: None,
            is_offline: false,
            said_state: None,
        };
        let mut effects = Vec::new();
        let repairs = session.read_again(store)?;
        if !repairs.is_empty() {
            session.store(repairs, Storing::default(), &mut effects);
        }
        if session.identity.is_none() {
            effects.push(Effect::Notify(Notice::EnrollNeeded));
        }
        Ok((session, effects))
    }

    /// Rows were lost with a part of the storage: everything is pulled again, and every change of this device's pens that
    /// no row keeps is offered again. To be called after the effects of [`SyncSession::open`] were carried out.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn rows_were_lost(&mut self, store: &dyn StoreRead) -> Result<Vec<Effect>, ReadFailed> {
        let mut batch = StoreBatch::default();
        batch.delete(record::LOST_ROWS.to_vec());
        batch.delete(record::CURSOR.to_vec());
        self.cursor = None;
        let pens: Vec<_> = self.replica.states().map(|(order, state)| (order, state.pen.actor)).collect();
        for (order, actor) in pens {
            let Some(document) = self.replica.document(store, order)? else { continue };
            let own = document.headers_since(&[]).into_iter().filter(|header| header.actor == actor);
            let lost: Vec<_> =
                own.filter(|header| self.outbox.number_of(order, &header.hash).is_none()).collect();
            for change in lost.iter().filter_map(|header| document.change(&header.hash)) {
                self.stage_own(
                    &mut batch,
                    order,
                    &OwnChange { change, actor, authored: None, voucher: None },
                );
            }
        }
        let mut effects = Vec::new();
        self.store(batch, Storing::default(), &mut effects);
        Ok(effects)
    }

    /// Takes everything in memory from the store; returns what has to be written to set damage right.
    pub(super) fn read_again(&mut self, store: &dyn StoreRead) -> Result<StoreBatch, ReadFailed> {
        self.read_meta(store)?;
        self.workflows = read_workflows(store)?;
        let (replica, damaged_orders) = Replica::open(store)?;
        self.replica = replica;
        let (outbox, damaged_own) = read_outbox(store)?;
        self.outbox = outbox;
        self.vouchers = Vouchers::open(store)?;
        let mut repairs = StoreBatch::default();
        for (order, bytes) in damaged_orders {
            self.renew_order(order, &bytes, &mut repairs, store)?;
        }
        for damaged in damaged_own {
            self.save_damaged(&damaged, &mut repairs, store)?;
        }
        Ok(repairs)
    }

    fn read_meta(&mut self, store: &dyn StoreRead) -> Result<(), ReadFailed> {
        let identity = read_row::<IdentityRow>(store, record::IDENTITY)?;
        self.owner = identity.as_ref().map(|row| row.user);
        let known = identity.as_ref().and_then(IdentityRow::identity);
        self.role = known.map_or(Role::Technician, |identity| identity.role);
        self.identity = identity.filter(|row| row.install == self.setup.install).and(known);
        self.cursor = read_row(store, record::CURSOR)?;
        self.anchor = read_row(store, record::ANCHOR)?;
        Ok(())
    }

    /// An order whose row is damaged begins again from what was made here, under another pen, and is fetched.
    fn renew_order(
        &mut self,
        order: OrderId,
        damaged: &[u8],
        repairs: &mut StoreBatch,
        store: &dyn StoreRead,
    ) -> Result<(), ReadFailed> {
        let owner = self.pen_owner();
        let pen = Pen { owner, actor: derive_actor(owner, order, damaged) };
        let mut document = OrderDocument::new();
        for (_, own) in self.own_changes(order, store)? {
            // A change that builds on what is gone comes back with the fetched order.
            let _ = document.apply(&own.change.bytes);
        }
        self.stage_whole(repairs, order, OrderState::unknown(pen), document);
        Ok(())
    }

    /// The bytes of an own change whose row is damaged are taken from the document, else kept for export.
    fn save_damaged(
        &mut self,
        damaged: &DamagedOwn,
        repairs: &mut StoreBatch,
        store: &dyn StoreRead,
    ) -> Result<(), ReadFailed> {
        let (order, number) = (damaged.order, damaged.number);
        let Some(entry) = self.outbox.get(order, number).cloned() else { return Ok(()) };
        if entry.is_acknowledged() {
            repairs.delete(damaged.key.clone());
            repairs.delete(record::fate_key(order, number));
            self.outbox.remove(order, number);
            return Ok(());
        }
        let document = self.replica.document(store, order)?;
        let found = document
            .as_ref()
            .and_then(|document| Some((document.change(&entry.hash)?, document.header(&entry.hash)?.actor)));
        if let Some((Change { hash, bytes }, actor)) = found {
            let own = OwnChange { change: Change { hash, bytes }, actor, authored: None, voucher: None };
            repairs.put(damaged.key.clone(), record::seal_row(&damaged.key, &OwnChangeRow::from(&own)));
            return Ok(());
        }
        repairs.put(record::damaged_key(&damaged.key), damaged.value.clone());
        self.stage_fate(repairs, order, number, Fate::Refused { code: "damaged".to_owned(), path: None });
        Ok(())
    }

    /// Adds what the server said to a batch and to the outbox.
    pub(super) fn stage_fate(&mut self, batch: &mut StoreBatch, order: OrderId, number: u64, fate: Fate) {
        let key = record::fate_key(order, number);
        batch.put(key.clone(), record::seal_row(&key, &fate));
        self.outbox.set_fate(order, number, Some(fate));
    }

    /// Adds to a batch that a change has to be offered again.
    pub(super) fn stage_unsent(&mut self, batch: &mut StoreBatch, order: OrderId, number: u64) {
        batch.delete(record::fate_key(order, number));
        self.outbox.set_fate(order, number, None);
    }

    /// Adds the removal of a change made here to a batch and to the outbox.
    pub(super) fn stage_forget(&mut self, batch: &mut StoreBatch, order: OrderId, number: u64) {
        if let Some(entry) = self.outbox.get(order, number) {
            batch.delete(record::own_key(order, number, entry.hash));
            batch.delete(record::fate_key(order, number));
            self.outbox.remove(order, number);
        }
    }

    /// The changes made here in one order that the server's document may lack, oldest first.
    pub(super) fn own_changes(
        &self,
        order: OrderId,
        store: &dyn StoreRead,
    ) -> Result<Vec<(u64, OwnChange)>, ReadFailed> {
        let ahead: Vec<_> = self.outbox.entries(order).filter(|(_, entry)| entry.is_ahead()).collect();
        let mut found = Vec::new();
        for (number, entry) in ahead {
            if let Some(own) = read_own(store, order, number, entry)? {
                found.push((number, own));
            }
        }
        Ok(found)
    }
}

/// Reads one change made here; `None` when its row is gone or damaged.
pub(super) fn read_own(
    store: &dyn StoreRead,
    order: OrderId,
    number: u64,
    entry: &OwnEntry,
) -> Result<Option<OwnChange>, ReadFailed> {
    let row = read_row::<OwnChangeRow>(store, &record::own_key(order, number, entry.hash))?;
    Ok(row.map(OwnChange::from))
}

fn read_row<T>(store: &dyn StoreRead, key: &[u8]) -> Result<Option<T>, ReadFailed>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    Ok(store.get(key)?.and_then(|value| record::open_row(key, &value)))
}

fn read_outbox(store: &dyn StoreRead) -> Result<(Outbox, Vec<DamagedOwn>), ReadFailed> {
    let mut outbox = Outbox::default();
    let mut damaged = Vec::new();
    for (key, value) in store.scan(record::OWN)? {
        let Some((order, number, hash)) = record::own_of_key(&key) else { continue };
        let row = record::open_row::<OwnChangeRow>(&key, &value).map(OwnChange::from);
        let size_bytes = row.as_ref().map_or(0, |own| own.change.bytes.len());
        let voucher = row.as_ref().and_then(|own| own.voucher);
        if row.is_none() {
            damaged.push(DamagedOwn { order, number, key, value });
        }
        outbox.insert(order, number, OwnEntry { hash, size_bytes, fate: None, voucher });
    }
    for (key, value) in store.scan(record::FATES)? {
        let Some((order, number)) = record::fate_of_key(&key) else { continue };
        outbox.set_fate(order, number, record::open_row::<Fate>(&key, &value));
    }
    Ok((outbox, damaged))
}

/// The organization's own workflows, checklist templates and kinds of order, from reference data.
pub(super) fn read_workflows(store: &dyn StoreRead) -> Result<Workflows, ReadFailed> {
    #[derive(serde::Deserialize)]
    struct Published {
        workflow: Workflow,
    }
    #[derive(serde::Deserialize)]
    struct PublishedTemplate {
        template: ChecklistTemplate,
    }
    let workflows = bodies::<Published>(store, "workflow")?;
    let templates = bodies::<PublishedTemplate>(store, "checklist_template")?;
    let kinds = bodies::<OrderKind>(store, "order_kind")?;
    Ok(Workflows::new(workflows.map(|row| row.workflow))
        .with_checklists(templates.map(|row| row.template))
        .with_kinds(kinds))
}

/// The bodies of a kind of reference row that this version can read.
fn bodies<T: serde::de::DeserializeOwned>(
    store: &dyn StoreRead,
    kind: &str,
) -> Result<impl Iterator<Item = T>, ReadFailed> {
    let prefix = [record::REFERENCE, kind.as_bytes(), b"/"].concat();
    let rows = store.scan(&prefix)?.into_iter();
    let bodies = rows.filter_map(|(key, value)| record::open_row::<ReferenceRecord>(&key, &value));
    Ok(bodies.filter_map(|row| serde_json::from_str(&row.body).ok()))
}
