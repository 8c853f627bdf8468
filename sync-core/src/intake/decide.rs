//! The decision about each offered change, in request order. Never writes a change of the server's own.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AcceptedChange, Access, ActorBinding, HeldChange, Intake, IntakeContext, KEPT_MS, ORDER_OPERATIONS_MAX,
    ORDER_SAVE_BYTES_MAX, OrderState, Pusher, RefusedChange,
};
use crate::document::ingest_guard::{GuardedChange, Refusal, RefusalCode, parse};
use crate::document::{Change, Examined, INIT_ACTOR, OrderDocument, Write};
use crate::ids::{ActorId, ChangeHash};
use crate::message::{HeldReason, Outcome, PushedChange, RejectCode};
use crate::order::{Order, SYSTEM_USER};
use crate::rules::policy::{Writer, judge};
use crate::voucher::covered;

/// When the document is proven to survive saving and loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Once, after all changes.
    AtTheEnd,
    /// After each change, to find the one that ruins the document.
    Each,
}

/// The decision under way.
struct Desk<'a> {
    state: &'a OrderState,
    pusher: Pusher,
    context: &'a IntakeContext<'a>,
    proof: Proof,
    document: OrderDocument,
    bound: BTreeMap<ActorId, ActorBinding>,
    accepted: Vec<AcceptedChange>,
    held: Vec<HeldChange>,
    refused: Vec<RefusedChange>,
    touched: BTreeSet<String>,
    broken_steps: Vec<String>,
    /// The offered changes that an earlier life of the server accepted.
    vouched: BTreeSet<ChangeHash>,
}

/// Decides about every change; `None` when the document after all of them is too large or cannot be loaded.
pub fn decide(
    state: &OrderState,
    pusher: Pusher,
    offered: &[PushedChange],
    context: &IntakeContext<'_>,
    proof: Proof,
) -> Option<Intake> {
    let mut desk = Desk {
        state,
        pusher,
        context,
        proof,
        document: state.document.clone().unwrap_or_default(),
        bound: BTreeMap::new(),
        accepted: Vec::new(),
        held: Vec::new(),
        refused: Vec::new(),
        touched: BTreeSet::new(),
        broken_steps: Vec::new(),
        vouched: vouched_changes(offered, context),
    };
    let outcomes = offered.iter().map(|change| desk.take(change)).collect();
    let save = if desk.accepted.is_empty() { None } else { Some(desk.document.verified_save()?) };
    if proof == Proof::AtTheEnd && save.as_ref().is_some_and(|save| save.len() > ORDER_SAVE_BYTES_MAX) {
        return None;
    }
    let exists = state.document.is_some() || !desk.accepted.is_empty();
    Some(Intake {
        outcomes,
        accepted: desk.accepted,
        held: desk.held,
        refused: desk.refused,
        document: exists.then_some(desk.document),
        order: None,
        save,
        touched: desk.touched,
        broken_steps: desk.broken_steps,
    })
}

/// The heads the pusher has proven, and everything among the offered changes that they build on.
fn vouched_changes(offered: &[PushedChange], context: &IntakeContext<'_>) -> BTreeSet<ChangeHash> {
    if context.vouched.is_empty() {
        return BTreeSet::new();
    }
    let parsed = offered.iter().filter_map(|change| parse(&change.bytes, change.hash, &context.limits).ok());
    let dependencies = parsed.map(|guarded| (guarded.header.hash, guarded.header.deps)).collect();
    covered(context.vouched.iter().copied(), &dependencies)
}

/// With [`Proof::Each`] every accepted change was proven on its own, so the last proof holds too.
pub fn proven(decided: Option<Intake>) -> Intake {
    decided.expect("each change was accepted only after the document loaded with it")
}

impl Desk<'_> {
    fn take(&mut self, offered: &PushedChange) -> Outcome {
        if let Some(known) = self.known(&offered.hash) {
            let until = self.context.now.plus_millis(KEPT_MS);
            return match self.pusher.access {
                Access::Granted | Access::Merging => known,
                // Whoever has no access learns nothing, and what was decided is not decided again.
                Access::Ended => Outcome::Held { reason: HeldReason::AuthorDisabled, until },
            };
        }
        let guarded = match parse(&offered.bytes, offered.hash, &self.context.limits) {
            Ok(guarded) => guarded,
            Err(refusal) if refusal.code == RefusalCode::Unsupported => {
                return self.hold(offered, HeldReason::Unsupported);
            }
            Err(refusal) => return self.refuse_by_guard(offered, &refusal),
        };
        if self.pusher.access == Access::Ended {
            return self.hold(offered, HeldReason::AuthorDisabled);
        }
        if let Some(reason) = &self.state.is_stopped {
            return self.hold(offered, reason.clone());
        }
        let taken = if offered.voucher.is_some() {
            self.take_vouched(offered, &guarded)
        } else {
            self.take_guarded(offered, &guarded)
        };
        taken.unwrap_or_else(|outcome| outcome)
    }

    /// The answer that was given before.
    fn known(&self, hash: &ChangeHash) -> Option<Outcome> {
        if self.document.contains(hash) {
            return Some(Outcome::Duplicate);
        }
        if let Some((code, path)) = self.state.refused.get(hash) {
            return Some(Outcome::Rejected { code: code.clone(), path: path.clone() });
        }
        if let Some((reason, until)) = self.state.held.get(hash)
            && self.pusher.access != Access::Merging
        {
            return Some(Outcome::Held { reason: reason.clone(), until: *until });
        }
        let refused = self.refused.iter().find(|refused| refused.change.hash == *hash && refused.is_final);
        if let Some(refused) = refused {
            return Some(Outcome::Rejected { code: refused.code.clone(), path: refused.path.clone() });
        }
        let held = self.held.iter().find(|held| held.change.hash == *hash)?;
        Some(Outcome::Held { reason: held.reason.clone(), until: held.until })
    }

    fn take_guarded(&mut self, offered: &PushedChange, guarded: &GuardedChange) -> Result<Outcome, Outcome> {
        self.require_dependencies(offered, &guarded.header.deps)?;
        let binding = self.require_own_actor(offered, guarded.header.actor)?;
        let writes = self.require_fit(offered, guarded)?;
        if self.document.operation_count() > ORDER_OPERATIONS_MAX {
            return Err(self.hold(offered, HeldReason::OrderFull));
        }
        let before = self.require_permission(offered, guarded, &writes)?;
        self.merge(offered, guarded)?;
        self.touched.extend(writes.iter().map(field_of));
        self.note_broken_steps(&before, guarded.header.hash, &writes);
        self.bound.insert(guarded.header.actor, binding);
        self.accepted.push(AcceptedChange {
            change: change_of(offered),
            actor: guarded.header.actor,
            seq: guarded.header.seq,
            binding,
            is_vouched: false,
        });
        Ok(Outcome::Applied)
    }

    /// Somebody else's change, which an earlier life of the server judged and accepted; without proof of that it stays out.
    fn take_vouched(&mut self, offered: &PushedChange, guarded: &GuardedChange) -> Result<Outcome, Outcome> {
        let actor = guarded.header.actor;
        let is_proven = self.vouched.contains(&offered.hash) && self.pusher.access == Access::Granted;
        if !is_proven || actor == INIT_ACTOR || actor == self.context.system_actor {
            return Err(self.refuse_for_now(offered, RejectCode::ActorNotYours));
        }
        self.require_dependencies(offered, &guarded.header.deps)?;
        self.require_fit(offered, guarded)?;
        self.merge(offered, guarded)?;
        self.touched.insert("anything".to_owned());
        let binding = self.author_of(guarded);
        self.bound.insert(actor, binding);
        self.accepted.push(AcceptedChange {
            change: change_of(offered),
            actor,
            seq: guarded.header.seq,
            binding,
            is_vouched: true,
        });
        Ok(Outcome::Applied)
    }

    /// Whose a pen is: as it was bound, or else as the order says. The device is not known any more.
    fn author_of(&self, guarded: &GuardedChange) -> ActorBinding {
        let actor = guarded.header.actor;
        let bound = self.state.actors.get(&actor).or_else(|| self.bound.get(&actor));
        bound.copied().unwrap_or_else(|| {
            let order = Order::read_at(&self.document, &[guarded.header.hash], self.context.workflows);
            let user = order.authors.get(&actor).map_or(SYSTEM_USER, |author| author.user);
            ActorBinding { device: None, user }
        })
    }

    /// A change shares the fate of what it builds on.
    fn require_dependencies(&mut self, offered: &PushedChange, deps: &[ChangeHash]) -> Result<(), Outcome> {
        let unknown: Vec<_> = deps.iter().filter(|dep| !self.document.contains(dep)).copied().collect();
        for dep in &unknown {
            match self.known(dep) {
                Some(Outcome::Rejected { .. }) => {
                    let path = Some(dep.to_string());
                    return Err(self.refuse(offered, RejectCode::DependsOnRefused, path));
                }
                Some(Outcome::Held { .. }) => return Err(self.hold(offered, HeldReason::DependsOnHeld)),
                Some(_) | None => {}
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        if self.state.document.is_none() && self.accepted.is_empty() {
            return Err(self.refuse_for_now(offered, RejectCode::UnknownOrder));
        }
        Err(Outcome::MissingDeps { hashes: unknown })
    }

    fn require_own_actor(&mut self, offered: &PushedChange, actor: ActorId) -> Result<ActorBinding, Outcome> {
        let own = ActorBinding { device: self.pusher.device, user: self.pusher.user };
        let bound = self.state.actors.get(&actor).or_else(|| self.bound.get(&actor));
        // Whose device it was is not known of a pen that somebody else gave back.
        let is_own = bound.is_none_or(|bound| {
            bound.user == own.user && (bound.device.is_none() || bound.device == own.device)
        });
        if is_own && actor != INIT_ACTOR && actor != self.context.system_actor {
            Ok(own)
        } else {
            Err(self.refuse(offered, RejectCode::ActorNotYours, None))
        }
    }

    fn require_fit(
        &mut self,
        offered: &PushedChange,
        guarded: &GuardedChange,
    ) -> Result<Vec<Write>, Outcome> {
        match self.document.examine(guarded) {
            Examined::Fits(writes) => Ok(writes),
            Examined::Duplicate => Err(Outcome::Duplicate),
            Examined::MissingDependencies(hashes) => Err(Outcome::MissingDeps { hashes }),
            Examined::Forked => {
                let heads = self.document.heads();
                self.keep_refused(offered, RejectCode::ActorNotYours, None, false);
                Err(Outcome::ActorForked { heads })
            }
            Examined::Refused(refusal) => Err(self.refuse_by_guard(offered, &refusal)),
        }
    }

    /// The policy, on the order as its author saw it.
    fn require_permission(
        &mut self,
        offered: &PushedChange,
        guarded: &GuardedChange,
        writes: &[Write],
    ) -> Result<Order, Outcome> {
        let workflows = self.context.workflows;
        let before = Order::read_at(&self.document, &guarded.header.deps, workflows);
        let writer = Writer { user: self.pusher.user, role: self.pusher.role, actor: guarded.header.actor };
        judge(writes, &before, writer, self.context.rules)
            .map_err(|violation| self.refuse(offered, violation.code, violation.path))?;
        let creates = |write: &Write| write.path().keys() == ["plan", "created_by"];
        if before.is_created() || self.state.document.is_some() || writes.iter().any(creates) {
            return Ok(before);
        }
        if self.accepted.is_empty() {
            return Err(self.refuse_for_now(offered, RejectCode::UnknownOrder));
        }
        Ok(before)
    }

    /// An app that let a step happen before its conditions were met; the step counts and the office hears of it.
    fn note_broken_steps(&mut self, before: &Order, hash: ChangeHash, writes: &[Write]) {
        let makes_step = |write: &Write| matches!(write.path().keys()[..], ["status", _]);
        if !writes.iter().any(makes_step) {
            return;
        }
        let workflow = self.context.workflows.of(&before.plan);
        let after = Order::read_at(&self.document, &[hash], self.context.workflows);
        let facts = after.guard_facts();
        for (id, event) in &after.status_events {
            let is_fresh = !before.status_events.contains_key(id);
            let step = workflow.transition(&before.status.state, &event.to);
            let lacks_reason = step.is_some_and(|step| step.reason_required) && event.reason.is_none();
            let is_unmet = !workflow.unmet_guards(&before.status.state, &event.to, &facts).is_empty();
            if is_fresh && (lacks_reason || is_unmet) {
                self.broken_steps.push(format!("status/{id}"));
            }
        }
    }

    fn merge(&mut self, offered: &PushedChange, guarded: &GuardedChange) -> Result<(), Outcome> {
        let Some(next) = self.document.with_change(guarded) else {
            return Err(self.refuse(offered, RejectCode::Unloadable, None));
        };
        if self.proof == Proof::Each {
            match next.verified_save() {
                None => return Err(self.refuse(offered, RejectCode::Unloadable, None)),
                Some(save) if save.len() > ORDER_SAVE_BYTES_MAX => {
                    return Err(self.hold(offered, HeldReason::OrderFull));
                }
                Some(_) => {}
            }
        }
        self.document = next;
        Ok(())
    }

    fn hold(&mut self, offered: &PushedChange, reason: HeldReason) -> Outcome {
        let until = self.context.now.plus_millis(KEPT_MS);
        self.held.push(HeldChange { change: change_of(offered), reason: reason.clone(), until });
        Outcome::Held { reason, until }
    }

    fn refuse_by_guard(&mut self, offered: &PushedChange, refusal: &Refusal) -> Outcome {
        let code = RejectCode::from(refusal.code.as_str());
        // The name belongs to other bytes, which the device may still have.
        let is_final = !matches!(refusal.code, RefusalCode::HashMismatch | RefusalCode::Checksum);
        self.keep_refused(offered, code.clone(), refusal.path.clone(), is_final);
        Outcome::Rejected { code, path: refusal.path.clone() }
    }

    fn refuse(&mut self, offered: &PushedChange, code: RejectCode, path: Option<String>) -> Outcome {
        self.keep_refused(offered, code.clone(), path.clone(), true);
        Outcome::Rejected { code, path }
    }

    /// The order may come to exist, so the answer may change.
    fn refuse_for_now(&mut self, offered: &PushedChange, code: RejectCode) -> Outcome {
        self.keep_refused(offered, code.clone(), None, false);
        Outcome::Rejected { code, path: None }
    }

    fn keep_refused(
        &mut self,
        offered: &PushedChange,
        code: RejectCode,
        path: Option<String>,
        is_final: bool,
    ) {
        self.refused.push(RefusedChange { change: change_of(offered), code, path, is_final });
    }
}

/// The field or entry that a write is about: `plan/window`, `notes/…`.
fn field_of(write: &Write) -> String {
    let keys = write.path().keys();
    keys[..keys.len().min(2)].join("/")
}

fn change_of(offered: &PushedChange) -> Change {
    Change { hash: offered.hash, bytes: offered.bytes.clone() }
}
