//! Writes for each person the matrix names what is to be told: entries in inboxes, and mails to be sent. Sends nothing.
//!
//! Done twice for one event, it writes nothing more: entries and mails are unique by their cause.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;
use sync_core::workflow::{Role, StatusCategory};

use crate::app::App;
use crate::clock::fresh_id;
use crate::events::{Event, EventKind};
use crate::jobs::{self, Job};
use crate::messages::Language;
use crate::notifications::preferences::{TurnedOff, read_turned_off};
use crate::notifications::quiet_hours::next_allowed;
use crate::notifications::settings::{Audience, Channel, NotificationSettings};
use crate::notifications::told_order::ToldOrder;
use crate::reference::{CustomerFields, ReferenceFields};
use crate::refusal::Refusal;
use crate::sentences;
use crate::store::messages::{self, MessageRow};
use crate::store::notifications::{self, NewNotification};
use crate::store::organizations::OrganizationRow;
use crate::store::users::{self, UserRow};
use crate::store::{StoreError, Tx, listeners, organizations};

/// What telling one event needs.
struct Telling<'a> {
    app: &'a App,
    event: &'a Event,
    settings: &'a NotificationSettings,
    profile: &'a OrganizationRow,
    order: Option<ToldOrder>,
    facts: BTreeMap<String, String>,
    now: Timestamp,
}

pub(crate) async fn tell_people(
    app: &App,
    tx: &mut Tx,
    event: &Event,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(row) = listeners::get(tx).await? else { return Ok(()) };
    let settings = NotificationSettings::read(&row.settings);
    if settings.rules_for(event).next().is_none() {
        return Ok(());
    }
    let Some(profile) = organizations::get(tx).await? else { return Ok(()) };
    let order = match event.order() {
        Some(id) => ToldOrder::load(app, tx, id).await?,
        None => None,
    };
    let facts = facts(tx, event, order.as_ref()).await?;
    let telling = Telling { app, event, settings: &settings, profile: &profile, order, facts, now };
    for rule in settings.rules_for(event) {
        if rule.audience == Audience::Customer {
            telling.tell_customer(tx).await?;
            continue;
        }
        for user in telling.people(tx, rule.audience).await? {
            telling.tell_user(tx, &user, &rule.channels).await?;
        }
    }
    Ok(())
}

/// What the event says, on top of what the order says.
async fn facts(
    tx: &mut Tx,
    event: &Event,
    order: Option<&ToldOrder>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let mut facts = order.map(|order| order.facts()).unwrap_or_default();
    facts.extend(event.facts.clone());
    if let Some(state) = event.facts.get("state") {
        facts.insert("state_key".to_owned(), state.clone());
    }
    if let Some(id) = event.user()
        && let Some(user) = users::get(tx, id).await?
    {
        facts.insert("person".to_owned(), user.name);
    }
    if let Some(id) = event.ids.get("customer_id").and_then(|id| id.parse().ok())
        && let Some(record) = CustomerFields::get(tx, id).await?
    {
        facts.insert("customer".to_owned(), record.fields.name);
    }
    Ok(facts)
}

impl Telling<'_> {
    /// The people of an audience who may still sign in.
    async fn people(&self, tx: &mut Tx, audience: Audience) -> Result<Vec<UserRow>, Refusal> {
        let ids: Vec<_> = match audience {
            Audience::Customer => Vec::new(),
            Audience::Dispatchers => return Ok(users::list_enabled(tx, Role::Dispatcher).await?),
            Audience::Admins => return Ok(users::list_enabled(tx, Role::Admin).await?),
            Audience::Person => self.event.user().into_iter().collect(),
            Audience::Technicians => {
                self.order.iter().flat_map(|told| told.order.assignees.keys().copied()).collect()
            }
        };
        let mut people = Vec::new();
        for id in ids {
            people.extend(users::get(tx, id).await?.filter(|user| user.disabled_at.is_none()));
        }
        Ok(people)
    }

    async fn tell_user(
        &self,
        tx: &mut Tx,
        user: &UserRow,
        channels: &BTreeSet<Channel>,
    ) -> Result<(), Refusal> {
        let (stored, _) = notifications::preferences(tx, user.id).await?;
        let off = read_turned_off(&stored);
        let wants = |channel| {
            channels.contains(&channel) && !off.contains(&TurnedOff { event: self.event.kind, channel })
        };
        if wants(Channel::Inbox) {
            let facts = serde_json::to_string(&self.facts).unwrap_or_default();
            let new = NewNotification {
                id: fresh_id(),
                event: self.event.kind.as_str(),
                cause: &self.event.cause,
                order: self.event.order(),
                facts: &facts,
                at: self.now,
            };
            notifications::insert(tx, user.id, &new).await?;
        }
        if wants(Channel::Email) && !user.email.is_empty() {
            let row = MessageRow { user_id: Some(user.id), ..self.mail(&user.email, user.language) };
            queue_mail(self.app, tx, row, self.now).await?;
        }
        Ok(())
    }

    /// A customer who cannot be written to, or does not want to be, stands in the log with the reason.
    async fn tell_customer(&self, tx: &mut Tx) -> Result<(), Refusal> {
        let Some(told) = self.order.as_ref().filter(|_| self.is_for_customer()) else { return Ok(()) };
        let language = told.language(self.profile);
        let customer_id = told.customer.as_ref().map(|(id, _)| *id);
        let address = told.email().unwrap_or_default();
        let mut row = MessageRow { customer_id, ..self.mail(address, language) };
        if address.is_empty() {
            if customer_id.is_none() {
                return Ok(());
            }
            (row.state, row.reason) = ("not_sent".to_owned(), "no_address".to_owned());
        } else if messages::has_opted_out(tx, &address_hash(address)).await? {
            (row.state, row.reason) = ("not_sent".to_owned(), "opted_out".to_owned());
        }
        let zone = sentences::zone(&self.profile.zone);
        let at = next_allowed(self.now, zone, self.settings.quiet_hours);
        Ok(queue_mail(self.app, tx, row, at).await?)
    }

    /// A window and a cancellation are events of their own: the step that goes with them is not told a second time.
    fn is_for_customer(&self) -> bool {
        if self.event.kind != EventKind::OrderStatusChanged {
            return self.event.kind.concerns_customer();
        }
        let workflows = self.order.as_ref().map(|told| &told.workflows);
        let workflow = workflows.zip(self.event.facts.get("workflow")).and_then(|(all, name)| all.get(name));
        let state = self.event.facts.get("state").map(|state| state.as_str().into());
        let category = workflow.zip(state).map(|(workflow, state)| workflow.category(&state));
        !matches!(category, Some(StatusCategory::Scheduled | StatusCategory::Cancelled))
    }

    fn mail(&self, address: &str, language: Language) -> MessageRow {
        MessageRow {
            id: RecordId::from_bytes(fresh_id()),
            channel: "email".to_owned(),
            event: self.event.kind.as_str().to_owned(),
            cause: self.event.cause.clone(),
            order_id: self.event.order(),
            customer_id: None,
            user_id: None,
            address: address.to_owned(),
            language: language.as_str().to_owned(),
            facts: serde_json::to_string(&self.facts).unwrap_or_default(),
            state: "queued".to_owned(),
            reason: String::new(),
            attempts: 0,
            created_at: self.now,
            updated_at: self.now,
        }
    }
}

/// Writes a mail into the log, to be sent at a moment; without a mail server it stands there as not sent. One of the same cause
/// to the same address is written once.
pub(crate) async fn queue_mail(
    app: &App,
    tx: &mut Tx,
    mut row: MessageRow,
    at: Timestamp,
) -> Result<(), StoreError> {
    if row.state == "queued" && app.mailer.is_none() {
        (row.state, row.reason) = ("not_sent".to_owned(), "no_mail_server".to_owned());
    }
    let is_fresh = messages::insert(tx, &row).await?;
    if is_fresh && row.state == "queued" {
        let job = Job::SendMail { organization: tx.organization(), message: row.id };
        jobs::arm(tx, &job, &row.id.to_string(), at).await?;
    }
    Ok(())
}

/// By which an address is remembered that wants no more mail.
pub(crate) fn address_hash(address: &str) -> [u8; 32] {
    Sha256::digest(address.trim().to_lowercase().as_bytes()).into()
}
