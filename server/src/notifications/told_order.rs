//! What sentences need to know of an order: its number, whose it is, when somebody comes. Never an internal note.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::ids::{OrderId, RecordId};
use sync_core::order::{Named, Order, Window, Workflows};
use sync_core::time::Timestamp;

use crate::app::App;
use crate::messages::Language;
use crate::reference::{ContactFields, CustomerFields, ReferenceFields};
use crate::refusal::Refusal;
use crate::sentences::{self, Names, Wording};
use crate::store::Tx;
use crate::store::organizations::OrganizationRow;
use crate::sync::order_state::StoredOrder;

/// An order, and the people outside it is told to.
pub(super) struct ToldOrder {
    pub order: Order,
    pub customer: Option<(RecordId, CustomerFields)>,
    pub contact: Option<ContactFields>,
    /// The organization's workflows, with the one the order follows.
    pub workflows: Arc<Workflows>,
}

impl ToldOrder {
    pub async fn load(app: &App, tx: &mut Tx, id: OrderId) -> Result<Option<Self>, Refusal> {
        let stored = StoredOrder::load(tx, app.orders.documents(), id).await?;
        if stored.head.is_none() {
            return Ok(None);
        }
        let state = stored.open(app.orders.documents());
        let state = state.map_err(|_| Refusal::internal("a stored document cannot be read"))?;
        let Some(document) = state.document else { return Ok(None) };
        let workflows = app.orders.workflows(tx, &Named::by(&document)).await?;
        let order = Order::read(&document, &workflows).0;
        let customer = match order.plan.customer {
            Some(id) => CustomerFields::get(tx, id).await?.map(|record| (id, record.fields)),
            None => None,
        };
        let contact = match order.plan.contact {
            Some(id) => ContactFields::get(tx, id).await?.map(|record| record.fields),
            None => None,
        };
        Ok(Some(Self { order, customer, contact, workflows }))
    }

    /// The customer's name as the records or the field say it.
    pub fn customer_name(&self) -> Option<&str> {
        let draft = self.order.plan.draft_customer.as_ref().map(|draft| draft.name.as_str());
        self.customer.as_ref().map(|(_, fields)| fields.name.as_str()).or(draft)
    }

    /// Whom a message greets: the contact, or the customer.
    pub fn addressee(&self) -> Option<&str> {
        let contact = self.contact.as_ref().map(|contact| contact.name.as_str());
        contact.filter(|name| !name.is_empty()).or_else(|| self.customer_name())
    }

    /// Where mails go: to the contact, or to the customer.
    pub fn email(&self) -> Option<&str> {
        let contact = self.contact.as_ref().map(|contact| contact.email.as_str());
        let customer = self.customer.as_ref().map(|(_, fields)| fields.email.as_str());
        contact.filter(|email| !email.is_empty()).or(customer.filter(|email| !email.is_empty()))
    }

    /// The number that a person writes to.
    pub fn phone(&self) -> Option<&str> {
        let contact = self.contact.as_ref().map(|contact| contact.phone.as_str());
        let customer = self.customer.as_ref().map(|(_, fields)| fields.phone.as_str());
        let draft = self.order.plan.draft_customer.as_ref().and_then(|draft| draft.phone.as_deref());
        [contact, customer, draft].into_iter().flatten().find(|phone| !phone.is_empty())
    }

    /// The language messages to the customer are written in.
    pub fn language(&self, profile: &OrganizationRow) -> Language {
        let customers = self.customer.as_ref().and_then(|(_, fields)| fields.language);
        let own = self.contact.as_ref().and_then(|contact| contact.language).or(customers);
        own.or_else(|| Language::from_name(&profile.language)).unwrap_or_default()
    }

    /// What is told of it in every language alike; moments as milliseconds, states by their keys.
    pub fn facts(&self) -> BTreeMap<String, String> {
        let plan = &self.order.plan;
        let mut facts = BTreeMap::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                facts.insert(name.to_owned(), value);
            }
        };
        put("number", plan.number.clone());
        put("customer", self.customer_name().map(str::to_owned));
        put("name", self.addressee().map(str::to_owned));
        put("workflow", Some(self.workflows.of(plan).reference()));
        put("state_key", Some(self.order.status.state.as_str().to_owned()));
        put("window_start", plan.window.map(|window| window.start.0.to_string()));
        put("window_end", plan.window.map(|window| window.end.0.to_string()));
        facts
    }
}

/// What has to be known before facts can be put into words.
pub(crate) fn named_in(facts: &BTreeMap<String, String>) -> Named {
    Named { workflow: facts.get("workflow").cloned(), checklist: None }
}

/// Puts facts into the words of one language: states, windows, and what an order is called.
pub(crate) fn worded(
    workflows: &Workflows,
    mut facts: BTreeMap<String, String>,
    profile: &OrganizationRow,
    language: Language,
) -> BTreeMap<String, String> {
    facts.insert("company".to_owned(), profile.name.clone());
    let named = [facts.get("number"), facts.get("customer")].into_iter().flatten();
    let about = named.map(String::as_str).collect::<Vec<_>>().join(" · ");
    if !about.is_empty() {
        facts.insert("about".to_owned(), about);
    }
    if let Some(state) = state_name(workflows, &facts, language) {
        facts.insert("state".to_owned(), state);
    }
    if let Some(window) = window_of(&facts) {
        let (zone, names) = (sentences::zone(&profile.zone), Names::default());
        // Read on another day, "14:00" says nothing: the date is always told.
        let wording =
            Wording { language, zone, currency: "", now: Timestamp(0), reader: None, names: &names };
        facts.insert("window".to_owned(), sentences::window(window, &wording));
    }
    facts
}

fn state_name(workflows: &Workflows, facts: &BTreeMap<String, String>, language: Language) -> Option<String> {
    let workflow = workflows.get(facts.get("workflow")?)?;
    let key = facts.get("state_key")?.as_str().into();
    Some(workflow.state(&key)?.name.in_language(language.as_str()).to_owned())
}

fn window_of(facts: &BTreeMap<String, String>) -> Option<Window> {
    let moment = |name| facts.get(name)?.parse().ok().map(Timestamp);
    Some(Window { start: moment("window_start")?, end: moment("window_end")? })
}
