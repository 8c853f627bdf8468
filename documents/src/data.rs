//! What goes into a document: plain data, as recorded. Never a word, a format or a file name of any language.

use std::collections::BTreeMap;

use campo_locale::Language;
use serde::{Deserialize, Serialize};

/// Bytes of the pictures a document shows, by the name it refers to them: JPEG, PNG or WebP.
pub type Pictures = BTreeMap<String, Vec<u8>>;

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyFor {
    /// Without anything internal: no expenses, no internal notes, no sources of materials.
    Customer,
    /// With everything.
    Company,
}

/// How much room it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Small print and small photos.
    Compact,
    /// Room to read, large photos, the terms in full.
    Full,
}

/// How a recorded time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeTrust {
    /// The server read its own clock.
    Server,
    /// Counted by the device since it last heard the server.
    Anchored,
    /// The device's clock, corrected by the difference last seen.
    Offset,
    /// The device's clock alone.
    DeviceOnly,
}

/// A recorded moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The best estimate, milliseconds since 1970 in UTC.
    pub at_ms: i64,
    pub trust: TimeTrust,
    /// The estimate is right to within this; `None` when nothing bounds it.
    pub uncertainty_ms: Option<i64>,
}

/// One service order as a document tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceOrderDocument {
    pub copy: CopyFor,
    pub style: Style,
    pub language: Language,
    /// IANA name of the zone in which times are told.
    pub zone: String,
    /// ISO 4217.
    pub currency: String,
    /// Which moment of the order it shows; also the date of the file. Never the time of printing.
    pub dated_ms: i64,
    /// Names the version of the order it shows.
    pub version: String,
    /// Where anybody can check it; told as a QR code.
    pub verification_url: Option<String>,
    pub organization: Organization,
    pub customer: Option<Customer>,
    pub site: Option<Site>,
    pub contact: Option<Contact>,
    pub order: OrderFields,
    pub equipment: Vec<Equipment>,
    pub visits: Vec<Visit>,
    pub materials: Vec<Line>,
    pub services: Vec<Line>,
    pub expenses: Vec<Expense>,
    pub checklist: Vec<Answer>,
    pub notes: Vec<Note>,
    pub photos: Vec<Photo>,
    pub signatures: Vec<Signature>,
}

/// The company whose paper it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Organization {
    pub name: String,
    pub legal_name: String,
    /// With its punctuation.
    pub tax_id: String,
    /// Lines of the address.
    pub address: Vec<String>,
    pub phone: String,
    pub email: String,
    /// A name in `Pictures`.
    pub logo: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    pub name: String,
    pub legal_name: String,
    pub tax_id: String,
    pub phone: String,
    pub email: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Site {
    pub name: String,
    pub address: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub position: String,
    pub phone: String,
    pub email: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    #[default]
    Normal,
    High,
    Urgent,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrderFields {
    /// Absent until the server gave one.
    pub number: Option<String>,
    pub kind: String,
    pub reason: String,
    /// The state as the organization calls it, in the document's language.
    pub status: String,
    pub priority: Priority,
    pub created_ms: Option<i64>,
    /// The agreed time: from, until.
    pub window_ms: Option<(i64, i64)>,
    pub promised_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Equipment {
    pub name: String,
    /// Such as brand, model and serial number.
    pub details: String,
}

/// One attendance of one technician.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub technician: String,
    pub travel_start: Option<Moment>,
    pub check_in: Option<Moment>,
    pub pauses: Vec<Pause>,
    pub check_out: Option<Moment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: Moment,
    pub until: Option<Moment>,
    pub reason: String,
}

/// Where a material came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Van,
    Warehouse,
    Bought,
}

/// A material or a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub description: String,
    /// A decimal number as text.
    pub quantity: String,
    pub unit: String,
    /// Absent means not priced yet; it is never told as zero.
    pub price_minor: Option<i64>,
    pub total_minor: Option<i64>,
    pub is_additional: bool,
    pub source: Option<Source>,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expense {
    /// `fuel`, `parking`, `toll`, `meal`, `other`.
    pub kind: String,
    pub amount_minor: i64,
    pub currency: String,
    pub description: String,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerValue {
    Yes,
    No,
    NotApplicable,
    Number { value: String, unit: String },
    Text { value: String },
    Photo,
    Signature,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub question: String,
    pub value: AnswerValue,
    pub by: String,
    pub at: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub text: String,
    pub is_internal: bool,
    pub by: String,
    pub at: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoStage {
    Before,
    During,
    After,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// A name in `Pictures`; absent while the photo is on its way.
    pub picture: Option<String>,
    /// SHA-256 of the original, hexadecimal.
    pub sha256: String,
    pub stage: PhotoStage,
    pub caption: String,
    pub by: String,
    pub at: Moment,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Drawing {
    /// Points of each stroke, in any unit, the y axis downwards.
    Strokes { strokes: Vec<Vec<(f32, f32)>> },
    /// Drawn, but not arrived.
    OnItsWay,
}

/// A signature, or the refusal to give one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    pub signer_name: String,
    pub document_number: String,
    pub signer_role: String,
    /// Absent for a typed name and for a refusal.
    pub drawing: Option<Drawing>,
    /// Why nobody signed.
    pub refusal: Option<String>,
    /// The terms that were shown.
    pub terms: String,
    pub at: Moment,
    /// SHA-256 of what was signed, hexadecimal.
    pub snapshot_sha256: String,
}
