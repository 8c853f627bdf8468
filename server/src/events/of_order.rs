//! Which events a moved order means: what it says after a push and did not say before. Never reads a clock or a row.

use std::collections::BTreeSet;

use sync_core::ids::{ChangeHash, OrderId};
use sync_core::order::status::StepOutcome;
use sync_core::order::visit::Visit;
use sync_core::order::{Order, Workflows};
use sync_core::time::Timestamp;
use sync_core::workflow::{Effect, StatusCategory};

use crate::events::{Event, EventKind};

/// An order before and after some changes were merged.
pub(crate) struct MovedOrder<'a> {
    pub order: OrderId,
    /// `None` for an order that was not there.
    pub before: Option<&'a Order>,
    pub after: &'a Order,
    /// The first of the changes: each is merged once, so what it caused has one name.
    pub change: ChangeHash,
    pub workflows: &'a Workflows,
    pub at: Timestamp,
}

/// Whether a visit has come to some moment.
type Moment = fn(&Visit) -> bool;

/// The events, in the order in which people expect to hear of them.
pub(crate) fn events_of(moved: &MovedOrder<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let was_created = moved.before.is_some_and(Order::is_created);
    if moved.after.is_created() && !was_created {
        events.push(moved.event(EventKind::OrderCreated, "created"));
    }
    if !moved.after.is_created() {
        return events;
    }
    events.extend(moved.assigned());
    events.extend(moved.offered());
    events.extend(moved.scheduled());
    events.extend(moved.visits());
    events.extend(moved.status());
    events.extend(moved.signed());
    events.extend(moved.attention());
    events
}

impl MovedOrder<'_> {
    fn event(&self, kind: EventKind, cause: &str) -> Event {
        Event::new(kind, format!("{}:{cause}", self.order), self.at).about("order_id", self.order)
    }

    fn assigned(&self) -> Vec<Event> {
        let was_assigned = |user| self.before.is_some_and(|before| before.assignees.contains_key(user));
        let fresh = self.after.assignees.keys().filter(|user| !was_assigned(user));
        fresh
            .map(|user| {
                let cause = format!("{user}:{}", self.change);
                self.event(EventKind::OrderAssigned, &cause).about("user_id", user)
            })
            .collect()
    }

    /// One event for each person who may take the order now and could not before.
    fn offered(&self) -> Vec<Event> {
        let was_offered = |user| self.before.is_some_and(|before| before.is_offered(user));
        let fresh = self.after.offered_to.iter();
        let fresh = fresh.filter(|user| self.after.is_offered(**user) && !was_offered(**user));
        fresh
            .map(|user| {
                let cause = format!("{user}:{}", self.change);
                self.event(EventKind::OrderOffered, &cause).about("user_id", user)
            })
            .collect()
    }

    fn scheduled(&self) -> Option<Event> {
        let window = self.after.plan.window?;
        let is_known = self.before.and_then(|before| before.plan.window) == Some(window);
        (!is_known).then(|| {
            let event = self.event(EventKind::OrderScheduled, &self.change.to_string());
            let (start, end) = (window.start.0.to_string(), window.end.0.to_string());
            event.saying("window_start", start).saying("window_end", end)
        })
    }

    fn visits(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (id, visit) in &self.after.visits {
            let before = self.before.and_then(|before| before.visits.get(id));
            let is_fresh = |moment: Moment| moment(visit) && !before.is_some_and(moment);
            let moments: [(EventKind, Moment); 3] = [
                (EventKind::VisitTravelStarted, |visit| visit.travel_start.is_some()),
                (EventKind::VisitCheckedIn, |visit| visit.arrived.is_some()),
                (EventKind::VisitCheckedOut, |visit| visit.left.is_some()),
            ];
            for (kind, moment) in moments {
                if is_fresh(moment) {
                    let event = self.event(kind, &id.to_string());
                    events.push(event.about("visit_id", id).about("user_id", visit.technician));
                }
            }
        }
        events
    }

    /// One event for each step that counted. People are told of the last one only: it says where the order stands.
    fn status(&self) -> Vec<Event> {
        let known: BTreeSet<_> =
            self.before.iter().flat_map(|before| &before.status.history).map(|step| step.id).collect();
        let workflow = self.workflows.of(&self.after.plan);
        let fresh = self.after.status.history.iter().filter(|step| !known.contains(&step.id));
        let mut events = Vec::new();
        for step in fresh.filter(|step| step.outcome == StepOutcome::Counted) {
            let is_last = self.after.status.decided_by == Some(step.id);
            let effects = match workflow.transition(&step.from, &step.to) {
                Some(transition) if is_last => transition.effects.clone(),
                Some(_) | None => Vec::new(),
            };
            let cause = step.id.to_string();
            let mut told =
                self.event(EventKind::OrderStatusChanged, &cause).about("status_event_id", step.id);
            told = told.saying("workflow", workflow.reference()).saying("state", step.to.as_str());
            told.effects.clone_from(&effects);
            events.push(told);
            if is_last && workflow.category(&step.to) == StatusCategory::Cancelled {
                events.push(self.event(EventKind::OrderCancelled, &cause).about("status_event_id", step.id));
            }
            if effects.contains(&Effect::AskForRating) {
                events.push(self.event(EventKind::OrderRatingAsked, &cause));
            }
        }
        events
    }

    fn signed(&self) -> Vec<Event> {
        let is_known = |id| self.before.is_some_and(|before| before.signatures.contains_key(id));
        let fresh = self.after.signatures.iter().filter(|(id, _)| !is_known(id));
        fresh
            .filter(|(_, signature)| signature.refusal.is_none())
            .map(|(id, _)| self.event(EventKind::OrderSigned, &id.to_string()).about("signature_id", id))
            .collect()
    }

    fn attention(&self) -> Vec<Event> {
        let known: BTreeSet<&str> =
            self.before.iter().flat_map(|before| &before.attention).map(|item| item.key.as_str()).collect();
        let fresh = self.after.attention.iter().filter(|item| !known.contains(item.key.as_str()));
        fresh
            .map(|item| {
                let cause = format!("{}:{}", item.key, self.change);
                self.event(EventKind::OrderAttentionRaised, &cause).about("attention_key", &item.key)
            })
            .collect()
    }
}
