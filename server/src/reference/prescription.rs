//! An optical prescription. Health data: never on phones, never for anybody but the office, and never changed.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{BlobHash, RecordId};

use crate::reference::expiry::{check_days, usual_days};
use crate::reference::{OpenTo, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal, optional_text, require_date, require_text};
use crate::store::{Tx, blobs};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrescriptionFields {
    pub customer_id: RecordId,
    /// Whose eyes, where that is not the customer.
    #[serde(default)]
    pub patient: String,
    pub prescriber: String,
    /// Of the prescriber, at the professional council.
    #[serde(default)]
    pub registration: String,
    pub issued_on: String,
    /// Its last day, `YYYY-MM-DD`.
    pub due_on: String,
    #[serde(default = "usual_days")]
    pub alert_days_before: Vec<u32>,
    pub right: Eye,
    pub left: Eye,
    /// The one it takes the place of.
    #[serde(default)]
    pub replaces: Option<RecordId>,
    /// A scan that was uploaded, by its SHA-256.
    #[serde(default)]
    pub scan: Option<BlobHash>,
    #[serde(default)]
    pub notes: String,
}

/// One eye. Dioptres and millimetres are decimal numbers as text, such as `-2.25`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eye {
    pub sphere: String,
    #[serde(default)]
    pub cylinder: String,
    /// In degrees, 1 to 180; only with a cylinder.
    #[serde(default)]
    pub axis: Option<u16>,
    #[serde(default)]
    pub addition: String,
    /// From the middle of the nose.
    #[serde(default)]
    pub pupillary_distance: String,
}

impl Eye {
    /// Forgets what was measured.
    pub(crate) fn clear(&mut self) {
        for text in [&mut self.sphere, &mut self.cylinder, &mut self.addition, &mut self.pupillary_distance] {
            text.clear();
        }
        self.axis = None;
    }

    fn check(&mut self, side: Side) -> Result<(), Refusal> {
        let [sphere, cylinder, axis, addition, distance] = side.fields();
        self.sphere = number(sphere, &self.sphere, (-40, 40))?;
        if self.sphere.is_empty() {
            return Err(Refusal::invalid(sphere, FieldProblem::Required));
        }
        self.cylinder = number(cylinder, &self.cylinder, (-15, 15))?;
        self.addition = number(addition, &self.addition, (0, 5))?;
        self.pupillary_distance = number(distance, &self.pupillary_distance, (15, 50))?;
        match (self.cylinder.is_empty(), self.axis) {
            (false, None) => Err(Refusal::invalid(axis, FieldProblem::Required)),
            (true, Some(_)) => Err(Refusal::invalid(cylinder, FieldProblem::Required)),
            (_, Some(degrees)) if !(1..=180).contains(&degrees) => {
                Err(Refusal::invalid(axis, FieldProblem::Range))
            }
            (_, Some(_)) | (true, None) => Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Right,
    Left,
}

impl Side {
    /// Sphere, cylinder, axis, addition, pupillary distance.
    const fn fields(self) -> [&'static str; 5] {
        match self {
            Self::Right => {
                ["right.sphere", "right.cylinder", "right.axis", "right.addition", "right.pupillary_distance"]
            }
            Self::Left => {
                ["left.sphere", "left.cylinder", "left.axis", "left.addition", "left.pupillary_distance"]
            }
        }
    }
}

/// A decimal number with at most two places, in its shortest spelling, or nothing.
fn number(field: &'static str, text: &str, (min, max): (i64, i64)) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let value: Decimal = text.parse().map_err(|_| Refusal::invalid(field, FieldProblem::Format))?;
    if value < Decimal::from(min) || value > Decimal::from(max) || value.normalize().scale() > 2 {
        return Err(Refusal::invalid(field, FieldProblem::Range));
    }
    Ok(value.normalize().to_string())
}

impl ReferenceFields for PrescriptionFields {
    const KIND: &'static str = "prescription";
    const FOR_PHONES: bool = false;
    const READERS: OpenTo = OpenTo::Office;
    const IS_FIXED: bool = true;

    fn check(&mut self) -> Result<(), Refusal> {
        self.patient = optional_text("patient", &self.patient, 200)?;
        self.prescriber = require_text("prescriber", &self.prescriber, 200)?;
        self.registration = optional_text("registration", &self.registration, 50)?;
        self.issued_on = require_date("issued_on", &self.issued_on)?;
        self.due_on = require_date("due_on", &self.due_on)?;
        self.notes = optional_text("notes", &self.notes, 4_000)?;
        check_days(&mut self.alert_days_before)?;
        if self.issued_on > self.due_on {
            return Err(Refusal::invalid("due_on", FieldProblem::Range));
        }
        self.right.check(Side::Right)?;
        self.left.check(Side::Left)
    }

    fn title(&self) -> &str {
        if self.patient.is_empty() { &self.prescriber } else { &self.patient }
    }

    fn search_text(&self) -> String {
        [&self.patient, &self.prescriber, &self.registration].map(String::as_str).join(" ")
    }

    fn customer(&self) -> Option<RecordId> {
        Some(self.customer_id)
    }

    fn due_on(&self) -> Option<&str> {
        Some(&self.due_on)
    }

    fn alert_days(&self) -> Vec<u32> {
        self.alert_days_before.clone()
    }

    /// People are told that it runs out, and not whose eyes it is about.
    fn alert_name(&self) -> &str {
        ""
    }

    async fn check_references(&self, tx: &mut Tx, _id: RecordId) -> Result<(), Refusal> {
        if let Some(scan) = self.scan
            && !blobs::is_here(tx, scan).await?
        {
            return Err(Refusal::invalid("scan", FieldProblem::Unknown));
        }
        let Some(before) = self.replaces else { return Ok(()) };
        let before = Self::get(tx, before).await?;
        if before.is_none_or(|before| before.fields.customer_id != self.customer_id) {
            return Err(Refusal::invalid("replaces", FieldProblem::Unknown));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dioptres_are_plain_numbers_in_their_range() {
        for (text, kept) in
            [("+1.50", Some("1.5")), ("-2.25", Some("-2.25")), ("", Some("")), ("0", Some("0"))]
        {
            assert_eq!(number("right.sphere", text, (-40, 40)).ok().as_deref(), kept, "{text}");
        }
        for wrong in ["-41", "1,5", "1.255", "plano", "NaN"] {
            assert!(number("right.sphere", wrong, (-40, 40)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cylinder_has_an_axis_and_nothing_else_has() {
        let eye = |cylinder: &str, axis| Eye {
            sphere: "-1".to_owned(),
            cylinder: cylinder.to_owned(),
            axis,
            addition: String::new(),
            pupillary_distance: String::new(),
        };

        for (cylinder, axis, is_good) in [
            ("-0.5", Some(90), true),
            ("", None, true),
            ("-0.5", None, false),
            ("", Some(90), false),
            ("-0.5", Some(181), false),
            ("-0.5", Some(0), false),
        ] {
            assert_eq!(eye(cylinder, axis).check(Side::Left).is_ok(), is_good, "{cylinder} {axis:?}");
        }
    }
}
