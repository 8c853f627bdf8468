//! Writes commands again whose changes the server could not take in their first form. Never drops a command.

use super::SyncSession;
use super::apply_reply::Taken;
use super::author::write;
use super::open::read_own;
use super::settle::Work;
use crate::outbox::{Authored, Fate, Origin, OwnChange};
use crate::replica::{ReadFailed, StoreBatch, StoreRead};

/// However often the server asks, a command is written again at most so many times; then a person decides.
const REPEATS_MAX: u32 = 8;

/// Why and how often a command may be written again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repeat {
    pub code: String,
    origin: Origin,
    repeats_max: u32,
}

impl Repeat {
    pub fn new(code: &str, origin: Origin) -> Self {
        Self { code: code.to_owned(), origin, repeats_max: REPEATS_MAX }
    }

    /// After the guard refused the form of a change: once, then a person decides.
    pub fn once(code: &str) -> Self {
        Self { code: code.to_owned(), origin: Origin::Repeated, repeats_max: 1 }
    }
}

impl SyncSession {
    /// Writes the commands of all changes that were taken out again, oldest first, on the document as it is.
    pub(super) fn repeat_all(
        &mut self,
        work: &mut Work,
        batch: &mut StoreBatch,
        store: &dyn StoreRead,
        taken: &mut Taken,
    ) -> Result<(), ReadFailed> {
        for (number, repeat) in std::mem::take(&mut work.repeats) {
            let Some(entry) = self.outbox.get(work.order, number).cloned() else { continue };
            if entry.voucher.is_some() {
                self.stage_forget(batch, work.order, number);
                continue;
            }
            let authored = read_own(store, work.order, number, &entry)?.and_then(|own| own.authored);
            let refusal = match authored.filter(|authored| authored.repeats < repeat.repeats_max) {
                Some(authored) => {
                    let repeats = authored.repeats + 1;
                    let again = Authored { origin: repeat.origin, repeats, ..authored };
                    self.write_again(work, number, again, batch).err()
                }
                None => Some(repeat.code.clone()),
            };
            if let Some(code) = refusal {
                taken.is_center_changed = true;
                self.stage_fate(batch, work.order, number, Fate::Refused { code, path: None });
            }
        }
        Ok(())
    }

    /// Writes one command again; its earlier change is replaced by the later one, or was superfluous.
    ///
    /// # Errors
    ///
    /// The code of the rule that does not allow the command any more.
    fn write_again(
        &mut self,
        work: &mut Work,
        number: u64,
        authored: Authored,
        batch: &mut StoreBatch,
    ) -> Result<(), String> {
        let actor = work.state.pen.actor;
        let written = write(&mut work.document, &self.workflows, actor, &authored)
            .map_err(|failed| failed.code().to_owned())?;
        if let Some(change) = written {
            let own = OwnChange { change, actor, authored: Some(authored), voucher: None };
            self.stage_own(batch, work.order, &own);
        }
        self.stage_forget(batch, work.order, number);
        Ok(())
    }
}
