//! Turns commands into changes of the local document. Never decides what is allowed: the command does.

use std::borrow::Cow;

use super::{Done, Effect, Notice, Storing, SyncSession};
use crate::document::{Change, OrderDocument};
use crate::ids::{ActorId, OrderId};
use crate::message::Digest;
use crate::order::{CommandContext, OrderCommand, Position, Refused, Workflows, perform, perform_again};
use crate::outbox::{Authored, Origin, OwnChange, OwnEntry};
use crate::replica::{OrderState, Pen, ReadFailed, StoreBatch, StoreRead, derive_actor, digest_of, record};
use crate::time::TimeClaim;

/// Why a command was not performed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFailed {
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nobody has ever signed in on this store.
    #[error("nobody has signed in yet")]
    NotSignedIn,
    /// The order is not on this device, or is being fetched again.
    #[error("the order is not on this device")]
    NotHere,
    /// The command was written by another version of the app.
    #[error("this version does not know the command")]
    Unknown,
    /// The storage did not take it; nothing was done.
    #[error("the command could not be saved")]
    NotStored,
    /// Too many commands wait for the storage.
    #[error("too many commands are waiting to be saved")]
    Busy,
}

impl CommandFailed {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refused) => refused.code(),
            Self::NotSignedIn => "not_signed_in",
            Self::NotHere => "not_here",
            Self::Unknown => "unknown_command",
            Self::NotStored => "not_stored",
            Self::Busy => "busy",
        }
    }
}

/// Performs a command on a document as `actor`; `None` when everything was so already.
pub(super) fn write(
    document: &mut OrderDocument,
    workflows: &Workflows,
    actor: ActorId,
    authored: &Authored,
) -> Result<Option<Change>, CommandFailed> {
    let command: OrderCommand =
        serde_json::from_str(&authored.command).map_err(|_| CommandFailed::Unknown)?;
    let context = CommandContext {
        user: authored.user,
        role: authored.role,
        at: authored.at,
        site: authored.site,
        workflows,
    };
    let perform = if authored.repeats == 0 { perform } else { perform_again };
    Ok(perform(document, &command, &context, actor)?)
}

impl SyncSession {
    pub(super) fn give_command(
        &mut self,
        ticket: u64,
        order: OrderId,
        command: &OrderCommand,
        store: &dyn StoreRead,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ReadFailed> {
        let mut batch = StoreBatch::default();
        let result = match self.perform_command(order, command, &mut batch, store)? {
            Ok(change) => Ok(Done { order, change: change.map(|change| change.hash) }),
            Err(failed) => Err(failed),
        };
        let answer = Effect::Answer { ticket, result };
        if batch.is_empty() {
            effects.push(answer);
            return Ok(());
        }
        let then = vec![answer, Effect::Notify(Notice::OrdersChanged(vec![order]))];
        self.store(batch, Storing { then, ..Storing::default() }, effects);
        Ok(())
    }

    fn perform_command(
        &mut self,
        order: OrderId,
        command: &OrderCommand,
        batch: &mut StoreBatch,
        store: &dyn StoreRead,
    ) -> Result<Result<Option<Change>, CommandFailed>, ReadFailed> {
        let (Some(owner), role) = (self.owner, self.role) else { return Ok(Err(CommandFailed::NotSignedIn)) };
        let known = self.replica.state(order);
        let mut document = match self.replica.document(store, order)? {
            Some(document) => document,
            None if known.is_none() => OrderDocument::new(),
            None => return Ok(Err(CommandFailed::NotHere)),
        };
        let command = self.filled(command);
        let authored = Authored {
            command: serde_json::to_string(&*command).expect("plain data has a JSON form"),
            user: owner,
            role,
            at: TimeClaim::estimate(self.now, self.anchor),
            site: self.site_position(&document, store)?,
            origin: Origin::Person,
            repeats: 0,
        };
        let pen = self.pen(order);
        match write(&mut document, &self.workflows, pen.actor, &authored) {
            Err(failed) => Ok(Err(failed)),
            Ok(None) => Ok(Ok(None)),
            Ok(Some(change)) => {
                let own = OwnChange {
                    change: change.clone(),
                    actor: pen.actor,
                    authored: Some(authored),
                    voucher: None,
                };
                self.stage_own(batch, order, &own);
                let before = known.unwrap_or(OrderState { needs_fetch: false, ..OrderState::unknown(pen) });
                let digest = before.digest.plus(Digest::of(&change.hash));
                self.replica.stage(batch, order, OrderState { pen, digest, ..before }, document);
                Ok(Ok(Some(change)))
            }
        }
    }

    /// A new order begins with what its kind says. The command keeps it, whatever the office makes of the kind later.
    fn filled<'a>(&self, command: &'a OrderCommand) -> Cow<'a, OrderCommand> {
        let OrderCommand::CreateOrder(new) = command else { return Cow::Borrowed(command) };
        let kind = new.kind.as_deref().and_then(|key| self.workflows.kind(key));
        let Some(kind) = kind else { return Cow::Borrowed(command) };
        let mut new = new.clone();
        kind.fill(&mut new);
        Cow::Owned(OrderCommand::CreateOrder(new))
    }

    /// Adds a change made here to a batch and to the outbox.
    pub(super) fn stage_own(&mut self, batch: &mut StoreBatch, order: OrderId, own: &OwnChange) {
        let number = self.outbox.next_number(order);
        let key = record::own_key(order, number, own.change.hash);
        batch.put(key.clone(), record::seal_row(&key, &crate::outbox::OwnChangeRow::from(own)));
        let entry = OwnEntry {
            hash: own.change.hash,
            size_bytes: own.change.bytes.len(),
            fate: None,
            voucher: own.voucher,
        };
        self.outbox.insert(order, number, entry);
    }

    /// Adds the whole state of an order to a batch after its document was put together anew.
    pub(super) fn stage_whole(
        &mut self,
        batch: &mut StoreBatch,
        order: OrderId,
        state: OrderState,
        document: OrderDocument,
    ) {
        let digest = digest_of(&document);
        self.replica.stage(batch, order, OrderState { digest, ..state }, document);
    }

    /// The pen for an order; one that belongs to another install or enrollment is put away.
    pub(super) fn pen(&self, order: OrderId) -> Pen {
        let owner = self.pen_owner();
        match self.replica.state(order) {
            Some(state) if state.pen.owner == owner => state.pen,
            Some(_) | None => Pen { owner, actor: derive_actor(owner, order, &[]) },
        }
    }

    /// The position of the order's site, from reference data.
    fn site_position(
        &self,
        document: &OrderDocument,
        store: &dyn StoreRead,
    ) -> Result<Option<Position>, ReadFailed> {
        let tree = document.tree();
        let site = tree.at(&["plan", "site"]).and_then(|node| node.as_scalar()).map(|value| value.to_json());
        let Some(Ok(site)) = site.as_ref().and_then(|id| id.as_str()).map(str::parse::<crate::ids::RecordId>)
        else {
            return Ok(None);
        };
        let key = record::reference_key("site", site.as_bytes());
        let row =
            store.get(&key)?.and_then(|value| record::open_row::<super::view::ReferenceRecord>(&key, &value));
        Ok(row.and_then(|row| row.position()))
    }
}
