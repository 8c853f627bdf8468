//! What people record inside an order: stamps, lines, answers, notes, photos, signatures. A stored format.
//!
//! Each entry is a map of scalar fields under its id; composite values that belong together are JSON text in one
//! field. Never deleted: what is taken back is marked `removed`.

use serde::{Deserialize, Serialize};

use super::json_text;
use super::plan::Position;
use crate::ids::{BlobHash, DeviceId, EntryId, RecordId, UserId};
use crate::tax_id::{TaxId, TaxIdKind};
use crate::time::TimeClaim;

/// Which moment of a visit a stamp records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum StampKind {
    /// The technician set out.
    TravelStart,
    /// The technician arrived.
    CheckIn,
    /// Work stopped for a while.
    Pause,
    /// Work went on.
    Resume,
    /// The technician left.
    CheckOut,
}

/// One moment of one visit. Append-only; a correction is another stamp that names the one it corrects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stamp {
    /// The visit it belongs to.
    pub visit: EntryId,
    /// Which moment.
    pub kind: StampKind,
    /// Whose visit it is.
    pub technician: UserId,
    /// Its place among the stamps of the visit its author knew, from 0.
    pub index: u32,
    /// When, as claimed and as estimated.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Where the phone was.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub position: Option<Position>,
    /// Distance to the site in metres, where both are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<i64>,
    /// Why: of a pause, a far check-in, a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The stamp this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EntryId>,
    /// Who recorded it.
    pub by: UserId,
}

/// Where a material came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Source {
    /// The technician's van.
    Van,
    /// The warehouse.
    Warehouse,
    /// Bought for this order.
    Bought,
}

/// Who took something back, when, and what it read then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Removal {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: TimeClaim,
    /// Why, where a reason was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The quantity the remover saw; another one means somebody edited the line meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_quantity: Option<String>,
    /// The price the remover saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_price_minor: Option<i64>,
}

/// One consumed article or performed service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// The catalogue item; absent for free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<RecordId>,
    /// What the customer reads.
    pub description: String,
    /// A decimal number as text, such as `1.5`; never a float.
    pub quantity: String,
    /// The unit of the quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Price of one unit in minor units of the order's currency; absent means no price yet, never zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// Where the material came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Not part of what was first agreed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_additional: bool,
    /// Who added it.
    pub by: UserId,
    /// When.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Set once it was taken back.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub removed: Option<Removal>,
}

impl Line {
    /// Whether the line counts.
    pub const fn is_active(&self) -> bool {
        self.removed.is_none()
    }

    /// Quantity × price in minor units, half away from zero; `None` without a price or with an unreadable quantity.
    pub fn total_minor(&self) -> Option<i64> {
        use rust_decimal::prelude::{Decimal, RoundingStrategy, ToPrimitive};
        let quantity: Decimal = self.quantity.parse().ok()?;
        let total = quantity.checked_mul(Decimal::from(self.price_minor?))?;
        total.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
    }
}

/// What was answered to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AnswerValue {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Does not apply here.
    NotApplicable,
    /// A measured number.
    Number {
        /// A decimal number as text.
        value: String,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// One of the choices, by its key.
    Choice {
        /// The key.
        value: String,
    },
    /// Free text.
    Text {
        /// The text.
        value: String,
    },
    /// A photo of the order.
    Photo {
        /// Its id in the order.
        photo: EntryId,
    },
    /// A signature of the order.
    Signature {
        /// Its id in the order.
        signature: EntryId,
    },
}

/// An answer to one question of the checklist: one field, so that two answers compete as wholes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// What was answered.
    pub value: AnswerValue,
    /// By whom.
    pub by: UserId,
    /// When.
    pub at: TimeClaim,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Note {
    /// The text.
    pub text: String,
    /// Not for the customer's eyes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_internal: bool,
    /// Who wrote it.
    pub by: UserId,
    /// When.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Set once it was taken back.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub removed: Option<Removal>,
}

/// Money spent for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expense {
    /// What for: `fuel`, `parking`, `toll`, `meal`, `other`.
    pub kind: String,
    /// Amount in minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Photo of the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<BlobHash>,
    /// Who spent it.
    pub by: UserId,
    /// When.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Set once it was taken back.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub removed: Option<Removal>,
}

/// Money received for the order, or given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Payment {
    /// How: `cash`, `card`, `pix`, `transfer`, `cheque`, `other`.
    pub method: String,
    /// Amount in minor units of `currency`; below zero for money given back.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// What the payer or the bank calls it. Never a card's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who received it.
    pub by: UserId,
    /// When.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Set once it was taken back.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub removed: Option<Removal>,
}

/// When in the work a photo was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PhotoStage {
    /// Before.
    Before,
    /// During.
    During,
    /// After.
    After,
}

/// What is known of a photo; its bytes travel apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Photo {
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
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub position: Option<Position>,
    /// Who took it.
    pub by: UserId,
    /// When it was taken.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Set once it was taken back.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub removed: Option<Removal>,
}

/// What a signature is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SignaturePurpose {
    /// The customer confirms the work.
    #[default]
    Completion,
    /// The office or the customer approves what the order says.
    Approval,
}

/// A signature, or the refusal to give one. Immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Signature {
    /// What it is given for.
    #[serde(default)]
    pub purpose: SignaturePurpose,
    /// How many signatures its author knew, which places it among the others without a clock.
    #[serde(default)]
    pub index: u32,
    /// Who signed or refused.
    pub signer_name: String,
    /// What kind of number the identity document has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_kind: Option<TaxIdKind>,
    /// Number of the identity document; in its stored form where the check digits fit, else as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Such as person in charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_role: Option<String>,
    /// The drawn strokes; absent for a typed name or a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strokes: Option<BlobHash>,
    /// The canonical snapshot that was on the screen, with the terms and their language.
    pub snapshot: String,
    /// SHA-256 of the snapshot.
    pub snapshot_sha256: BlobHash,
    /// The document's heads when it was signed, hexadecimal, separated by spaces.
    pub heads: String,
    /// Why nobody signed; a signature has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Whose device it was signed on.
    pub by: UserId,
    /// When.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
    /// Where.
    #[serde(default, with = "json_text::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub position: Option<Position>,
    /// The device that sealed the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The device's Ed25519 signature of `evidence::seal_text`, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

impl Signature {
    /// Whether the check digits of the document number fit; `None` where none was given or its kind has none.
    pub fn is_document_number_valid(&self) -> Option<bool> {
        let kind = self.document_kind.filter(|kind| *kind != TaxIdKind::Other)?;
        let number = self.document_number.as_deref()?;
        Some(TaxId::parse(kind, number).is_ok())
    }
}

/// What a person decided about an attention item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decision {
    /// The chosen action, such as `bill` or `no_charge`.
    pub decision: String,
    /// Why, where a reason was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who.
    pub by: UserId,
    /// When.
    pub at: TimeClaim,
}

/// A matter the server raised while taking in changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Raised {
    /// Which kind, such as `late_work`.
    pub kind: RaisedKind,
    /// Whose work it is about.
    pub about: UserId,
    /// The entries it is about, as `area/id`.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub entries: Vec<String>,
    /// When the server raised it.
    #[serde(with = "json_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: TimeClaim,
}

/// Why the server raised a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RaisedKind {
    /// Work arrived that was done while somebody closed or cancelled the order.
    LateWork,
    /// Work arrived from a technician who had been taken off the order meanwhile.
    WorkAfterReassignment,
    /// Something was added without permission and was taken out again.
    RuleBroken,
    /// Work of a user whose access had ended was merged by the office.
    Deposited,
}
