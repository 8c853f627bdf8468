//! The typed read view of one order, and the commands that change it. Never writes a document itself.

pub mod attention;
pub mod command;
pub mod conflict;
pub mod entry;
pub mod json_text;
pub mod kind;
mod money;
pub mod plan;
pub mod read;
pub mod status;
pub mod visit;

use std::collections::{BTreeMap, BTreeSet};

pub use attention::{AttentionItem, AttentionKind};
pub use command::{CommandContext, OrderCommand, Refused};
pub use conflict::{Conflict, ConflictField, Side};
pub use kind::OrderKind;
pub use plan::{CrewRole, Plan, Position, Priority, Window};
pub use read::Problem;

use crate::checklist::{self, ChecklistTemplate};
use crate::document::{Change, Node, OrderDocument, Path, Scalar, Write};
use crate::evidence::{self, Signing};
use crate::ids::{ActorId, ChangeHash, EntryId, RecordId, UserId};
use crate::time::Timestamp;
use crate::workflow::{GuardFacts, Role, StateKey, StatusCategory, Workflow};
use entry::{Answer, Decision, Expense, Line, Note, Payment, Photo, Raised, Signature, Stamp};
use read::Reader;
use status::{FoldedStatus, StatusEvent};
use visit::Visit;

/// The user in whose name the server itself writes: numbers, compensations, raised matters.
pub const SYSTEM_USER: UserId = UserId::from_bytes([0; 16]);

/// What orders name and never changes once published: the workflows and checklist templates of an organization, by
/// reference such as `field-service@1`. Phones also keep the kinds of order here.
#[derive(Debug, Clone)]
pub struct Workflows {
    by_reference: BTreeMap<String, Workflow>,
    checklists: BTreeMap<String, ChecklistTemplate>,
    kinds: BTreeMap<String, OrderKind>,
}

/// The references by which an order names its workflow and its checklist template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Such as `field-service@1`.
    pub workflow: Option<String>,
    /// Such as `chiller@3`.
    pub checklist: Option<String>,
}

impl Named {
    /// What a document names, without reading the rest of it.
    pub fn by(document: &OrderDocument) -> Self {
        let text = |field: &str| match document.scalar(&Path::new(["plan", field])) {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        };
        Self { workflow: text("workflow"), checklist: text("checklist") }
    }
}

impl Default for Workflows {
    fn default() -> Self {
        Self::new(Workflow::builtins().iter().cloned())
    }
}

impl Workflows {
    /// The workflow of orders that name none or an unknown one.
    pub const FALLBACK: &'static str = "field-service@1";

    /// The built-in workflows and these.
    pub fn new(workflows: impl IntoIterator<Item = Workflow>) -> Self {
        let all = Workflow::builtins().iter().cloned().chain(workflows);
        Self {
            by_reference: all.map(|workflow| (workflow.reference(), workflow)).collect(),
            checklists: BTreeMap::new(),
            kinds: BTreeMap::new(),
        }
    }

    /// The same with these checklist templates.
    #[must_use]
    pub fn with_checklists(mut self, templates: impl IntoIterator<Item = ChecklistTemplate>) -> Self {
        self.checklists.extend(templates.into_iter().map(|template| (template.reference(), template)));
        self
    }

    /// The same with these kinds of order.
    #[must_use]
    pub fn with_kinds(mut self, kinds: impl IntoIterator<Item = OrderKind>) -> Self {
        self.kinds.extend(kinds.into_iter().map(|kind| (kind.key.clone(), kind)));
        self
    }

    /// The kind of that key, if it is known.
    pub fn kind(&self, key: &str) -> Option<&OrderKind> {
        self.kinds.get(key)
    }

    /// The checklist template of that reference, if it is known.
    pub fn checklist(&self, reference: &str) -> Option<&ChecklistTemplate> {
        self.checklists.get(reference)
    }

    /// Whether something is named that is not here.
    pub fn lack(&self, named: &Named) -> bool {
        named.workflow.as_ref().is_some_and(|reference| !self.by_reference.contains_key(reference))
            || named.checklist.as_ref().is_some_and(|reference| !self.checklists.contains_key(reference))
    }

    /// The workflow of that reference, if it is known.
    pub fn get(&self, reference: &str) -> Option<&Workflow> {
        self.by_reference.get(reference)
    }

    /// The workflow an order runs on.
    pub fn of(&self, plan: &Plan) -> &Workflow {
        plan.workflow
            .as_deref()
            .and_then(|reference| self.get(reference))
            .or_else(|| self.get(Self::FALLBACK))
            .expect("the fallback workflow is built in")
    }
}

impl From<&Plan> for Named {
    fn from(plan: &Plan) -> Self {
        Self { workflow: plan.workflow.clone(), checklist: plan.checklist.clone() }
    }
}

/// Who writes as an actor: the person and the role in which the first change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorAuthor {
    /// The person.
    pub user: UserId,
    /// The role at that time.
    pub role: Role,
}

impl ActorAuthor {
    /// The stored form: `<user id>/<role>`.
    pub fn to_text(self) -> String {
        format!("{}/{}", self.user, self.role.as_str())
    }

    fn parse(text: &str) -> Option<Self> {
        let (user, role) = text.split_once('/')?;
        Some(Self { user: user.parse().ok()?, role: Role::from_name(role)? })
    }
}

/// One service order as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What is to be done.
    pub plan: Plan,
    /// Who does it.
    pub assignees: BTreeMap<UserId, CrewRole>,
    /// Who may take it from the shared pool while nobody does it.
    pub offered_to: BTreeSet<UserId>,
    /// Where the order stands in its workflow.
    pub status: FoldedStatus,
    /// The events the status was folded from.
    pub status_events: BTreeMap<EntryId, StatusEvent>,
    /// Attendances, from the stamps.
    pub visits: BTreeMap<EntryId, Visit>,
    /// Every recorded moment.
    pub stamps: BTreeMap<EntryId, Stamp>,
    /// Consumed articles.
    pub materials: BTreeMap<EntryId, Line>,
    /// Performed services.
    pub services: BTreeMap<EntryId, Line>,
    /// Answers by question.
    pub checklist: BTreeMap<String, Answer>,
    /// Remarks.
    pub notes: BTreeMap<EntryId, Note>,
    /// Money spent.
    pub expenses: BTreeMap<EntryId, Expense>,
    /// Money received, and given back.
    pub payments: BTreeMap<EntryId, Payment>,
    /// Photos, arrived or on their way.
    pub photos: BTreeMap<EntryId, Photo>,
    /// Signatures and refusals.
    pub signatures: BTreeMap<EntryId, Signature>,
    /// Whether the order as it stands is signed.
    pub signing: Signing,
    /// Who writes as which actor.
    pub authors: BTreeMap<ActorId, ActorAuthor>,
    /// What was decided about attention items, by their key.
    pub decisions: BTreeMap<String, Decision>,
    /// Matters the server raised.
    pub raised: BTreeMap<EntryId, Raised>,
    /// Fields that several people set without knowing of each other.
    pub conflicts: Vec<Conflict>,
    /// What a person must decide, without what was decided.
    pub attention: Vec<AttentionItem>,
    /// Required questions without an answer, by key; `None` when the checklist template is not known here.
    pub unanswered: Option<Vec<String>>,
    /// Paths of what is in the document and could not be read; nobody may write over it.
    unread: BTreeSet<String>,
}

impl Order {
    /// Reads an order and lists what could not be read.
    pub fn read(document: &OrderDocument, workflows: &Workflows) -> (Self, Vec<Problem>) {
        let (mut order, problems) = Self::from_tree(&document.tree(), workflows);
        order.conflicts = conflict::conflicts(document, &order);
        order.attention = attention::attention(&order);
        (order, problems)
    }

    /// Reads an order as it was at earlier heads, without conflicts and attention items.
    pub fn read_at(document: &OrderDocument, heads: &[ChangeHash], workflows: &Workflows) -> Self {
        Self::from_tree(&document.tree_at(heads), workflows).0
    }

    fn from_tree(tree: &Node, workflows: &Workflows) -> (Self, Vec<Problem>) {
        let mut reader = Reader::default();
        let mut plan: Plan = reader.fields(tree, "plan");
        plan.equipment = equipment(tree);
        let status_events = command::status_entry::events(reader.entries(tree, "status"));
        let stamps = reader.entries(tree, "visits");
        let (offered, crew): (BTreeMap<_, _>, _) =
            assignees(tree).partition(|(_, role)| *role == CrewRole::Offered);
        let mut order = Self {
            status: status::fold(workflows.of(&plan), &status_events),
            status_events,
            assignees: crew,
            offered_to: offered.into_keys().collect(),
            plan,
            visits: visit::visits(&stamps),
            stamps,
            materials: reader.entries(tree, "materials"),
            services: reader.entries(tree, "services"),
            checklist: reader.texts(tree, "checklist"),
            notes: reader.entries(tree, "notes"),
            expenses: reader.entries(tree, "expenses"),
            payments: reader.entries(tree, "payments"),
            photos: reader.entries(tree, "photos"),
            signatures: reader.entries(tree, "signatures"),
            signing: Signing::Unsigned,
            authors: authors(tree),
            decisions: reader.texts(tree, "decisions"),
            raised: reader.entries(tree, "attention"),
            conflicts: Vec::new(),
            attention: Vec::new(),
            unanswered: Some(Vec::new()),
            unread: reader.problems.iter().map(|problem| problem.path.clone()).collect(),
        };
        order.signing = evidence::signing(&order);
        if let Some(reference) = &order.plan.checklist {
            let template = workflows.checklist(reference);
            order.unanswered = template.map(|template| checklist::unanswered(template, &order));
        }
        (order, reader.problems)
    }

    /// Whether anybody has created the order yet.
    pub const fn is_created(&self) -> bool {
        self.plan.created_by.is_some()
    }

    /// Whether a person is assigned.
    pub fn is_assigned(&self, user: UserId) -> bool {
        self.assignees.contains_key(&user)
    }

    /// Whether a person may take it from the shared pool: it was offered to them and nobody does it.
    pub fn is_offered(&self, user: UserId) -> bool {
        self.assignees.is_empty() && self.offered_to.contains(&user)
    }

    /// The technicians who see it: those who do it, or while there are none, those who may take it.
    pub fn audience(&self) -> BTreeMap<UserId, CrewRole> {
        if self.assignees.is_empty() {
            return self.offered_to.iter().map(|user| (*user, CrewRole::Offered)).collect();
        }
        self.assignees.clone()
    }

    /// Who took it from the shared pool, the one first whose work began first.
    pub(crate) fn takers(&self) -> Vec<UserId> {
        let mut takers: Vec<_> = self
            .assignees
            .iter()
            .filter(|(_, role)| **role == CrewRole::Taken)
            .map(|(user, _)| *user)
            .collect();
        takers.sort_by_key(|user| self.began_at(*user).unwrap_or(Timestamp(i64::MAX)));
        takers
    }

    /// The first moment of a person's visits, as estimated.
    pub(crate) fn began_at(&self, technician: UserId) -> Option<Timestamp> {
        let own = self.stamps.values().filter(|stamp| stamp.technician == technician);
        own.map(|stamp| stamp.at.estimated).min()
    }

    /// Whether an area holds an entry.
    pub(crate) fn has_entry(&self, area: &str, id: EntryId) -> bool {
        if self.unread.contains(&format!("{area}/{id}")) {
            return true;
        }
        match area {
            "status" => self.status_events.contains_key(&id),
            "visits" => self.stamps.contains_key(&id),
            "signatures" => self.signatures.contains_key(&id),
            "attention" => self.raised.contains_key(&id),
            _ => self.entry_author(area, id).is_some(),
        }
    }

    /// How many entries an area holds.
    pub(crate) fn entry_count(&self, area: &str) -> usize {
        match area {
            "status" => self.status_events.len(),
            "visits" => self.stamps.len(),
            "signatures" => self.signatures.len(),
            "materials" => self.materials.len(),
            "services" => self.services.len(),
            "notes" => self.notes.len(),
            "photos" => self.photos.len(),
            "expenses" => self.expenses.len(),
            "payments" => self.payments.len(),
            _ => 0,
        }
    }

    /// Who alone, besides the office, may take an entry back; `None` where every colleague may.
    pub(crate) fn entry_owner(&self, area: &str, id: EntryId) -> Option<UserId> {
        if matches!(area, "materials" | "services") { None } else { self.entry_author(area, id) }
    }

    fn entry_author(&self, area: &str, id: EntryId) -> Option<UserId> {
        match area {
            "materials" => self.materials.get(&id).map(|line| line.by),
            "services" => self.services.get(&id).map(|line| line.by),
            "notes" => self.notes.get(&id).map(|note| note.by),
            "photos" => self.photos.get(&id).map(|photo| photo.by),
            "expenses" => self.expenses.get(&id).map(|expense| expense.by),
            "payments" => self.payments.get(&id).map(|payment| payment.by),
            _ => None,
        }
    }

    /// What the guards of a workflow look at.
    pub fn guard_facts(&self) -> GuardFacts {
        self.guard_facts_after_leaving(None)
    }

    /// The same, as if one visit had been checked out.
    pub(crate) fn guard_facts_after_leaving(&self, leaving: Option<EntryId>) -> GuardFacts {
        let is_left = |(id, visit): (&EntryId, &Visit)| {
            visit.arrived.is_none() || visit.left.is_some() || leaving == Some(*id)
        };
        GuardFacts {
            is_checklist_complete: self.unanswered.as_ref().is_some_and(Vec::is_empty),
            is_signed: self.signing.is_answered(),
            photo_count: u32::try_from(self.photos.values().filter(|photo| photo.removed.is_none()).count())
                .unwrap_or(u32::MAX),
            is_quote_approved: false,
            is_checked_out: self.visits.iter().all(is_left),
            has_report_text: self.notes.values().any(|note| note.removed.is_none() && !note.is_internal),
            is_paid: self.is_paid(),
            has_assignee: !self.assignees.is_empty(),
            has_window: self.plan.window.is_some(),
        }
    }

    /// The category of the folded status.
    pub const fn category(&self) -> StatusCategory {
        self.status.category
    }

    /// The states a role may take the order to, without looking at guards.
    pub fn next_states(&self, workflows: &Workflows, role: Role) -> Vec<StateKey> {
        let workflow = workflows.of(&self.plan);
        workflow.transitions_from(&self.status.state, role).into_iter().map(|step| step.to.clone()).collect()
    }
}

/// Performs a command on a document as one change; `None` when it was performed before.
///
/// # Errors
///
/// Says why the command is not allowed; the document is then as it was.
pub fn perform(
    document: &mut OrderDocument,
    command: &OrderCommand,
    context: &CommandContext<'_>,
    actor: ActorId,
) -> Result<Option<Change>, Refused> {
    let (order, _) = Order::read(document, context.workflows);
    commit(document, &order, command.writes(&order, context)?, context, actor)
}

/// Performs a command once more whose first change could not be merged; `None` when that left nothing behind.
///
/// A step that somebody else took meanwhile is recorded all the same: it changes no status and stays in the history.
///
/// # Errors
///
/// Says why the command is not allowed; the document is then as it was.
pub fn perform_again(
    document: &mut OrderDocument,
    command: &OrderCommand,
    context: &CommandContext<'_>,
    actor: ActorId,
) -> Result<Option<Change>, Refused> {
    let (order, _) = Order::read(document, context.workflows);
    commit(document, &order, command.writes_again(&order, context)?, context, actor)
}

fn commit(
    document: &mut OrderDocument,
    order: &Order,
    mut writes: Vec<Write>,
    context: &CommandContext<'_>,
    actor: ActorId,
) -> Result<Option<Change>, Refused> {
    if writes.is_empty() {
        return Ok(None);
    }
    writes.extend(introduce_actor(order, actor, ActorAuthor { user: context.user, role: context.role }));
    document.commit(actor, context.at.estimated, &writes).map_err(|_| Refused::NoSuchEntry)
}

/// The write that introduces an actor to an order; `None` when the order knows it already.
pub fn introduce_actor(order: &Order, actor: ActorId, author: ActorAuthor) -> Option<Write> {
    if order.authors.contains_key(&actor) {
        return None;
    }
    let path = Path::new(["authors".to_owned(), actor.to_string()]);
    Some(Write::Put(path, Scalar::Text(author.to_text())))
}

fn authors(tree: &Node) -> BTreeMap<ActorId, ActorAuthor> {
    text_fields(tree, &["authors"])
        .filter_map(|(actor, author)| Some((actor.parse().ok()?, ActorAuthor::parse(author)?)))
        .collect()
}

fn assignees(tree: &Node) -> impl Iterator<Item = (UserId, CrewRole)> {
    text_fields(tree, &["plan", "assignees"])
        .filter_map(|(user, role)| Some((user.parse().ok()?, CrewRole::parse(role)?)))
}

fn equipment(tree: &Node) -> BTreeSet<RecordId> {
    let fields = tree.at(&["plan", "equipment"]).and_then(Node::as_map);
    fields
        .into_iter()
        .flatten()
        .filter(|(_, node)| node.as_scalar() == Some(&Scalar::Bool(true)))
        .filter_map(|(id, _)| id.parse().ok())
        .collect()
}

fn text_fields<'a>(tree: &'a Node, keys: &[&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let fields = tree.at(keys).and_then(Node::as_map);
    fields.into_iter().flatten().filter_map(|(key, node)| match node.as_scalar()? {
        Scalar::Text(text) => Some((key.as_str(), text.as_str())),
        Scalar::Null
        | Scalar::Bool(_)
        | Scalar::Int(_)
        | Scalar::Uint(_)
        | Scalar::Float(_)
        | Scalar::Bytes(_)
        | Scalar::Timestamp(_) => None,
    })
}

#[cfg(test)]
mod tests;
