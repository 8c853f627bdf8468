//! Every edit of an order, on a phone, in a browser or by the server, is one `OrderCommand`. A stored and wire format.
//!
//! A command is checked by `rules` and turned into field-level writes; it never touches a document itself. Commands
//! carry the ids of what they add, so that performing one again changes nothing.

mod apply;
mod check;
mod refused;
mod signature;
pub(super) mod status_entry;
mod writes;

use serde::{Deserialize, Serialize};

pub use refused::Refused;

use super::Workflows;
use super::entry::{AnswerValue, PhotoStage, RaisedKind, SignaturePurpose, Source};
use super::plan::{CrewRole, DraftCustomer, Place, Position, Priority, Window};
use crate::ids::{BlobHash, DeviceId, EntryId, RecordId, UserId};
use crate::tax_id::TaxIdKind;
use crate::time::{TimeClaim, Timestamp};
use crate::workflow::{Role, StateKey};

/// In whose name, when and where a command is given.
#[derive(Debug, Clone, Copy)]
pub struct CommandContext<'a> {
    /// Who.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// When.
    pub at: TimeClaim,
    /// Position of the order's site, where known; the distance of a check-in is measured to it.
    pub site: Option<Position>,
    /// The workflows of the organization.
    pub workflows: &'a Workflows,
}

/// A step through the workflow that goes with another command, so that one tap is one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusStep {
    /// Id of the status event.
    pub event: EntryId,
    /// The state to go to.
    pub to: StateKey,
}

/// What an order begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewOrder {
    /// The kind of order.
    pub kind: Option<String>,
    /// The workflow, such as `field-service@1`; the organization's usual one when absent.
    pub workflow: Option<String>,
    /// The checklist template, such as `chiller@3`.
    pub checklist: Option<String>,
    /// How soon it matters.
    pub priority: Priority,
    /// Why the customer asked.
    pub reason: Option<String>,
    /// The customer.
    pub customer: Option<RecordId>,
    /// The person at the customer's.
    pub contact: Option<RecordId>,
    /// Where.
    pub site: Option<RecordId>,
    /// A customer not yet in the records.
    pub draft_customer: Option<DraftCustomer>,
    /// On site, in the shop or remote.
    pub place: Place,
    /// When somebody is to arrive.
    pub window: Option<Window>,
    /// Until when the work is promised.
    pub promised: Option<Timestamp>,
    /// How long it is expected to take.
    pub duration_minutes: Option<u32>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// IANA name.
    pub zone: Option<String>,
    /// How the order came in.
    pub origin: Option<String>,
    /// Equipment the order is about.
    pub equipment: Vec<RecordId>,
    /// Who is to do it; a technician who creates an order is added as lead.
    pub assignees: Vec<NewAssignee>,
}

/// A person and the part in the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewAssignee {
    /// Who.
    pub technician: UserId,
    /// Lead or helper.
    pub role: CrewRole,
}

/// A moment of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VisitStamp {
    /// The visit; a fresh id begins another visit.
    pub visit: EntryId,
    /// Id of the stamp.
    pub stamp: EntryId,
    /// Where the phone is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Why: required for a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The step through the workflow that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<StatusStep>,
}

/// A material or service line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewLine {
    /// Id of the line.
    pub line: EntryId,
    /// The catalogue item; absent for free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<RecordId>,
    /// What the customer reads.
    pub description: String,
    /// A decimal number as text.
    pub quantity: String,
    /// Its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Price of one unit in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// Where the material comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Not part of what was first agreed.
    #[serde(default)]
    pub is_additional: bool,
}

/// New values for a line; absent ones stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineEdit {
    /// The line.
    pub line: EntryId,
    /// What the customer reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A decimal number as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Price of one unit in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// Where the material comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// What is known of a photo that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewPhoto {
    /// Id of the photo in the order.
    pub photo: EntryId,
    /// SHA-256 of the file.
    pub sha256: BlobHash,
    /// Length of the file.
    pub size_bytes: u64,
    /// Such as `image/jpeg`.
    pub media_type: String,
    /// Before, during or after.
    pub stage: PhotoStage,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// A signature, or the refusal to give one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewSignature {
    /// Id of the signature.
    pub signature: EntryId,
    /// What it is given for.
    #[serde(default)]
    pub purpose: SignaturePurpose,
    /// How many signatures the screen knew.
    #[serde(default)]
    pub index: u32,
    /// Who signs.
    pub signer_name: String,
    /// What kind of number the identity document has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_kind: Option<TaxIdKind>,
    /// Number of the identity document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Such as person in charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_role: Option<String>,
    /// The drawn strokes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strokes: Option<BlobHash>,
    /// The canonical text of `evidence::Snapshot`: what was on the screen, the terms and their language.
    pub snapshot: String,
    /// Heads of what was on the screen, hexadecimal, separated by spaces.
    pub heads: String,
    /// Why nobody signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// When, where the record was sealed; otherwise the moment of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<TimeClaim>,
    /// The seal of the device that shows the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<DeviceSeal>,
}

/// A device's word for a signature record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceSeal {
    /// The device.
    pub device: DeviceId,
    /// Its Ed25519 signature of `evidence::seal_text`, 128 hexadecimal digits; empty while the record is being made.
    pub signature: String,
}

/// Money that was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewExpense {
    /// Id of the expense.
    pub expense: EntryId,
    /// `fuel`, `parking`, `toll`, `meal`, `other`.
    pub kind: String,
    /// Amount in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Photo of the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<BlobHash>,
}

/// Money that was received, or given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewPayment {
    /// Id of the payment.
    pub payment: EntryId,
    /// `cash`, `card`, `pix`, `transfer`, `cheque`, `other`.
    pub method: String,
    /// Amount in minor units; below zero for money given back, never zero.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// What the payer or the bank calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// One edit of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum OrderCommand {
    /// Begins an order.
    CreateOrder(Box<NewOrder>),
    /// Gives the order its number; the server's alone.
    SetNumber { number: String },
    /// Says why the customer asked.
    SetReason { reason: String },
    /// Says how soon it matters.
    SetPriority { priority: Priority },
    /// Says for whom, with whom and where.
    SetCustomer { customer: RecordId, contact: Option<RecordId>, site: Option<RecordId> },
    /// Says where the work is done.
    SetPlace { place: Place },
    /// Adds or takes away equipment the order is about.
    SetEquipment { equipment: RecordId, is_included: bool },
    /// Says when somebody is to arrive and how long it takes; `null` empties.
    Schedule { window: Option<Window>, duration_minutes: Option<u32> },
    /// Says until when the work is promised.
    Promise { promised: Option<Timestamp> },
    /// Adds a technician, or changes the part.
    Assign { technician: UserId, role: CrewRole },
    /// Takes a technician off the order, or out of those it was offered to.
    Unassign { technician: UserId },
    /// Puts the order into the shared pool: each of these may take it while nobody does it.
    Offer { technicians: Vec<UserId> },
    /// Takes the order from the shared pool.
    Take,
    /// The technician sets out.
    StartTravel(VisitStamp),
    /// The technician arrives.
    CheckIn(VisitStamp),
    /// Work stops for a while, with a reason.
    Pause(VisitStamp),
    /// Work goes on.
    Resume(VisitStamp),
    /// The technician leaves.
    CheckOut(VisitStamp),
    /// The office corrects the time of a stamp, with a reason.
    CorrectStamp { stamp: EntryId, corrects: EntryId, at: TimeClaim, reason: String },
    /// Adds a consumed article.
    AddMaterial(NewLine),
    /// Changes one.
    ChangeMaterial(LineEdit),
    /// Takes one back.
    RemoveMaterial { line: EntryId },
    /// Puts one back.
    RestoreMaterial { line: EntryId },
    /// Adds a performed service.
    AddService(NewLine),
    /// Changes one.
    ChangeService(LineEdit),
    /// Takes one back.
    RemoveService { line: EntryId },
    /// Puts one back.
    RestoreService { line: EntryId },
    /// Answers a question of the checklist.
    AnswerQuestion { question: String, answer: AnswerValue },
    /// Adds a remark.
    AddNote { note: EntryId, text: String, is_internal: bool },
    /// Takes one back.
    RemoveNote { note: EntryId },
    /// Adds a photo.
    AddPhoto(NewPhoto),
    /// Says what a photo shows.
    CaptionPhoto { photo: EntryId, caption: String },
    /// Takes one back; the file stays.
    RemovePhoto { photo: EntryId },
    /// The customer signs or refuses to.
    Sign(Box<NewSignature>),
    /// Adds money spent.
    AddExpense(NewExpense),
    /// Takes one back.
    RemoveExpense { expense: EntryId },
    /// Records money received.
    RecordPayment(NewPayment),
    /// Takes one back that was recorded wrongly; money given back is a payment below zero.
    RemovePayment { payment: EntryId },
    /// Takes the order to another state.
    ChangeStatus { event: EntryId, to: StateKey, reason: Option<String> },
    /// Chooses one of the values people set without knowing of each other.
    ResolveConflict { path: String, value: serde_json::Value },
    /// Decides an attention item.
    Decide { attention: String, decision: String, reason: Option<String> },
    /// The server takes out what broke a rule; history keeps it.
    TakeOut { area: String, entry: EntryId, reason: String },
    /// The server raises a matter.
    Raise { matter: EntryId, kind: RaisedKind, about: UserId, entries: Vec<String> },
}
