//! One order as JSON for the console and other programs. Never the document itself.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::document::OrderDocument;
use sync_core::evidence::Signing;
use sync_core::ids::{BlobHash, EntryId, OrderId, RecordId, UserId};
use sync_core::order::entry::{Answer, Expense, Line, Note, Payment, Photo, Signature, Stamp};
use sync_core::order::status::{HistoryStep, StepOutcome};
use sync_core::order::visit::Visit;
use sync_core::order::{AttentionItem, Conflict, CrewRole, Order, Plan, Workflows};
use sync_core::time::TimeClaim;
use sync_core::workflow::{Role, StateKey, StatusCategory};

use crate::orders::version_of;
use crate::store::blobs::ImageState;

/// One order as a person sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OrderView {
    /// The order.
    pub id: OrderId,
    /// Names this version; goes into `If-Match`.
    pub version: String,
    /// What is to be done.
    pub plan: Plan,
    /// Equipment the order is about.
    pub equipment: BTreeSet<RecordId>,
    /// Who does it, in which part.
    pub assignees: BTreeMap<UserId, CrewRole>,
    /// Who may take it from the shared pool while nobody works on it.
    pub offered_to: BTreeSet<UserId>,
    /// Where it stands.
    pub status: StatusView,
    /// Attendances.
    pub visits: BTreeMap<EntryId, Visit>,
    /// Recorded moments.
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
    /// Photos.
    pub photos: BTreeMap<EntryId, PhotoView>,
    /// Signatures and refusals.
    pub signatures: BTreeMap<EntryId, Signature>,
    /// Whether the order as it stands is signed, and what changed since.
    pub signing: Signing,
    /// Sum of the priced lines in minor units.
    pub total_minor: Option<i64>,
    /// What was received in the order's currency less what was given back, in minor units.
    pub paid_minor: Option<i64>,
    /// Whether at least what the lines come to is paid.
    pub is_paid: bool,
    /// Fields that several people set without knowing of each other.
    pub conflicts: Vec<Conflict>,
    /// What a person must decide.
    pub attention: Vec<AttentionItem>,
    /// The order itself, for those who tell it in words.
    #[serde(skip)]
    pub order: Box<Order>,
}

/// One photo, and whether its bytes are here.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PhotoView {
    /// What is known of it.
    #[serde(flatten)]
    pub photo: Photo,
    /// Whether it can be seen; absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PhotoState>,
}

/// Whether a photo can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhotoState {
    /// Its bytes have not arrived.
    OnItsWay,
    /// They are here.
    Stored,
    /// They are here, and no picture can be made of them.
    Unprocessable,
}

impl PhotoState {
    /// What the row of a blob means for a photo; `None` when there is none.
    pub const fn of(arrived: Option<ImageState>) -> Self {
        match arrived {
            None => Self::OnItsWay,
            Some(ImageState::Unprocessable) => Self::Unprocessable,
            Some(ImageState::None | ImageState::Pending | ImageState::Ready) => Self::Stored,
        }
    }
}

/// Where an order stands, how it came there, and where it may go.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusView {
    /// The state's key.
    pub state: StateKey,
    /// What the state means.
    pub category: StatusCategory,
    /// Since when.
    pub since: Option<TimeClaim>,
    /// The states the caller's role may take it to, guards apart.
    pub next: Vec<StateKey>,
    /// Every step people took.
    pub history: Vec<StepView>,
}

/// One step somebody took.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepView {
    /// The step.
    pub id: EntryId,
    /// The state before.
    pub from: StateKey,
    /// The state asked for.
    pub to: StateKey,
    /// Who.
    pub by: UserId,
    /// In which role.
    pub role: Role,
    /// When.
    pub at: TimeClaim,
    /// Why.
    pub reason: Option<String>,
    /// `counted`, `repeated` or `void`.
    pub outcome: &'static str,
}

impl OrderView {
    /// The view of an order for a caller in a role.
    pub fn of(id: OrderId, document: &OrderDocument, workflows: &Workflows, role: Role) -> Self {
        let (order, _) = Order::read(document, workflows);
        let next = order.next_states(workflows, role);
        let total_minor = order.total_minor();
        let (paid_minor, is_paid) = (order.paid_minor(), order.is_paid());
        let whole = Box::new(order.clone());
        let Order {
            plan, assignees, offered_to, status, visits, stamps, materials, services, checklist, ..
        } = order;
        Self {
            id,
            version: version_of(&document.heads()),
            equipment: plan.equipment.clone(),
            plan,
            assignees,
            offered_to,
            status: StatusView {
                state: status.state,
                category: status.category,
                since: status.since,
                next,
                history: status.history.into_iter().map(StepView::of).collect(),
            },
            visits,
            stamps,
            materials,
            services,
            checklist,
            notes: order.notes,
            expenses: order.expenses,
            payments: order.payments,
            photos: order
                .photos
                .into_iter()
                .map(|(id, photo)| (id, PhotoView { photo, state: None }))
                .collect(),
            signatures: order.signatures,
            signing: order.signing,
            total_minor,
            paid_minor,
            is_paid,
            conflicts: order.conflicts,
            attention: order.attention,
            order: whole,
        }
    }

    /// Says of each photo whether it is here, and counts those that are not.
    pub fn know_arrived(&mut self, arrived: &BTreeMap<BlobHash, ImageState>) -> usize {
        for view in self.photos.values_mut() {
            view.state = Some(PhotoState::of(arrived.get(&view.photo.sha256).copied()));
        }
        let is_away =
            |view: &&PhotoView| view.state == Some(PhotoState::OnItsWay) && view.photo.removed.is_none();
        self.photos.values().filter(is_away).count()
    }

    /// Who created the order.
    pub const fn created_by(&self) -> Option<UserId> {
        self.plan.created_by
    }
}

impl StepView {
    fn of(step: HistoryStep) -> Self {
        let HistoryStep { id, from, to, by, role, at, reason, outcome } = step;
        let outcome = match outcome {
            StepOutcome::Counted => "counted",
            StepOutcome::Repeated => "repeated",
            StepOutcome::Void(_) => "void",
        };
        Self { id, from, to, by, role, at, reason, outcome }
    }
}
