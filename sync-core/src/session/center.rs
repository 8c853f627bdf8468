//! The Sync center: what the strip on top of every screen says, and the work that waits for a person.

use super::author::write;
use super::open::read_own;
use super::{Effect, Notice, Storing, SyncSession};
use crate::ids::{ChangeHash, OrderId};
use crate::message::HeldReason;
use crate::outbox::{Authored, Fate, OwnChange};
use crate::replica::{OrderState, ReadFailed, StoreBatch, StoreRead};
use crate::time::Timestamp;

/// What the sync strip says; the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// Some work was not accepted and waits for a person.
    Refused {
        /// How many entries.
        count: usize,
    },
    /// A request with work is on its way.
    Syncing {
        /// How many changes are on their way.
        sending: usize,
        /// How many are unsent in all.
        unsent: usize,
    },
    /// No connection, and work to send.
    OfflinePending {
        /// How many changes.
        unsent: usize,
    },
    /// No connection; everything is on the server.
    Offline,
    /// There is work to send, and the next attempt is due by itself.
    Pending {
        /// How many changes.
        unsent: usize,
    },
    /// Everything is on the server.
    Synced {
        /// When the server was last heard; `None` before the first time.
        at: Option<Timestamp>,
    },
}

/// One piece of work that is not merged and will not be by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct CenterEntry {
    /// The order.
    pub order: OrderId,
    /// The entry's number within the order.
    pub number: u64,
    /// The change.
    pub hash: ChangeHash,
    /// Why it was refused; a code of the contract or of the rules.
    pub refused: Option<String>,
    /// The field that was not allowed.
    pub path: Option<String>,
    /// Why the server keeps it apart.
    pub held: Option<HeldReason>,
    /// The command and its circumstances, where they could be read.
    pub authored: Option<Authored>,
}

impl SyncSession {
    /// What the sync strip says.
    pub fn state(&self) -> SyncState {
        let unsent = self.outbox.unacknowledged_count();
        let sending = self.in_flight.as_ref().map_or(0, |sent| sent.offered.len());
        match (self.outbox.refused_count(), self.is_offline) {
            (count @ 1.., _) => SyncState::Refused { count },
            (0, false) if sending > 0 => SyncState::Syncing { sending, unsent },
            (0, true) if unsent > 0 => SyncState::OfflinePending { unsent },
            (0, true) => SyncState::Offline,
            (0, false) if unsent > 0 => SyncState::Pending { unsent },
            (0, false) => SyncState::Synced { at: self.last_contact },
        }
    }

    pub(super) fn say_state(&mut self, effects: &mut Vec<Effect>) {
        let state = self.state();
        if self.said_state != Some(state) {
            self.said_state = Some(state);
            effects.push(Effect::Notify(Notice::StateChanged(state)));
        }
    }

    /// The work that waits for a person, here or in the office.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn center(&self, store: &dyn StoreRead) -> Result<Vec<CenterEntry>, ReadFailed> {
        let mut entries = Vec::new();
        for (order, number, entry) in self.outbox.all() {
            let (refused, path, held) = match &entry.fate {
                Some(Fate::Refused { code, path }) => (Some(code.clone()), path.clone(), None),
                Some(Fate::Held { reason, .. }) => (None, None, Some(reason.clone())),
                Some(Fate::Acknowledged { .. }) | None => continue,
            };
            let authored = read_own(store, order, number, entry)?.and_then(|own| own.authored);
            entries.push(CenterEntry { order, number, hash: entry.hash, refused, path, held, authored });
        }
        Ok(entries)
    }

    /// Every change that is not merged on the server, as JSON lines a person can keep or hand over.
    ///
    /// # Errors
    ///
    /// Fails when the storage cannot be read.
    pub fn rescue_file(&self, store: &dyn StoreRead) -> Result<String, ReadFailed> {
        let mut lines = String::new();
        for (order, number, entry) in self.outbox.all().filter(|(_, _, entry)| !entry.is_acknowledged()) {
            let own = read_own(store, order, number, entry)?;
            let bytes = own.as_ref().map(|own| own.change.bytes.clone()).unwrap_or_default();
            let line = serde_json::json!({
                "order": order,
                "change": entry.hash,
                "authored": own.and_then(|own| own.authored),
                "bytes": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Tries a refused entry again on the order as it is.
    pub(super) fn retry_entry(
        &mut self,
        order: OrderId,
        number: u64,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        let Some(entry) = self.refused_entry(order, number).cloned() else { return Ok(()) };
        let authored = read_own(store, order, number, &entry)?.and_then(|own| own.authored);
        let (Some(authored), Some(mut document), Some(state)) =
            (authored, self.replica.document(store, order)?, self.replica.state(order))
        else {
            return Ok(());
        };
        let pen = self.pen(order);
        let authored = Authored { repeats: 0, ..authored };
        let mut batch = StoreBatch::default();
        match write(&mut document, &self.workflows, pen.actor, &authored) {
            Ok(written) => {
                if let Some(change) = written {
                    let own = OwnChange { change, actor: pen.actor, authored: Some(authored), voucher: None };
                    self.stage_own(&mut batch, order, &own);
                }
                self.stage_forget(&mut batch, order, number);
                self.stage_whole(&mut batch, order, OrderState { pen, ..state }, document);
            }
            Err(failed) => {
                let code = failed.code().to_owned();
                self.stage_fate(&mut batch, order, number, Fate::Refused { code, path: None });
            }
        }
        self.store(batch, center_changed(order), effects);
        Ok(())
    }

    /// Gives up a refused entry: the one way in which recorded work is deleted, and a person's explicit wish.
    pub(super) fn discard_entry(&mut self, order: OrderId, number: u64, effects: &mut Vec<Effect>) {
        if self.refused_entry(order, number).is_some() {
            let mut batch = StoreBatch::default();
            self.stage_forget(&mut batch, order, number);
            self.store(batch, center_changed(order), effects);
        }
    }

    fn refused_entry(&self, order: OrderId, number: u64) -> Option<&crate::outbox::OwnEntry> {
        self.outbox.get(order, number).filter(|entry| matches!(entry.fate, Some(Fate::Refused { .. })))
    }
}

fn center_changed(order: OrderId) -> Storing {
    let then =
        vec![Effect::Notify(Notice::CenterChanged), Effect::Notify(Notice::OrdersChanged(vec![order]))];
    Storing { then, ..Storing::default() }
}
