//! Certificates, calibrations, warranties and licenses: what runs out on a day. Never health data: see prescriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::reference::expiry::{check_days, usual_days};
use crate::reference::{EquipmentFields, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal, optional_date, optional_text, require_date, require_text};
use crate::store::Tx;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiringRecordFields {
    pub customer_id: RecordId,
    /// What it is about, where that is one piece of equipment.
    #[serde(default)]
    pub equipment_id: Option<RecordId>,
    pub name: String,
    /// Its last day, `YYYY-MM-DD`.
    pub due_on: String,
    /// How many days before that somebody is told; each once.
    #[serde(default = "usual_days")]
    pub alert_days_before: Vec<u32>,
    pub details: ExpiringDetails,
    #[serde(default)]
    pub notes: String,
}

/// What it is, with the fields of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ExpiringDetails {
    Certificate {
        number: String,
        issuer: String,
        #[serde(default)]
        issued_on: String,
    },
    Calibration {
        /// Of the certificate of calibration.
        number: String,
        laboratory: String,
        calibrated_on: String,
    },
    Warranty {
        starts_on: String,
        scope: WarrantyScope,
        #[serde(default)]
        terms: String,
    },
    License {
        number: String,
        authority: String,
        #[serde(default)]
        issued_on: String,
    },
}

/// What a warranty covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarrantyScope {
    /// Articles that were put in.
    Material,
    /// Work that was done.
    Service,
    /// The whole equipment.
    Equipment,
}

impl ExpiringDetails {
    /// Forgets what names a person or a paper of theirs.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Certificate { number, issuer, issued_on: _ }
            | Self::License { number, authority: issuer, issued_on: _ } => {
                number.clear();
                issuer.clear();
            }
            Self::Calibration { number, laboratory, calibrated_on: _ } => {
                number.clear();
                laboratory.clear();
            }
            Self::Warranty { starts_on: _, scope: _, terms } => terms.clear(),
        }
    }

    /// Brings the texts into their stored form; returns the day on which it began, if it is known.
    fn check(&mut self) -> Result<String, Refusal> {
        let (number, issuer, day) = match self {
            Self::Certificate { number, issuer, issued_on } => (number, issuer, issued_on),
            Self::License { number, authority, issued_on } => (number, authority, issued_on),
            Self::Calibration { number, laboratory, calibrated_on } => {
                require_date("details.calibrated_on", calibrated_on)?;
                (number, laboratory, calibrated_on)
            }
            Self::Warranty { starts_on, scope: _, terms } => {
                *terms = optional_text("details.terms", terms, 4_000)?;
                *starts_on = require_date("details.starts_on", starts_on)?;
                return Ok(starts_on.clone());
            }
        };
        *number = require_text("details.number", number, 100)?;
        *issuer = require_text("details.issuer", issuer, 200)?;
        *day = optional_date("details.issued_on", day)?;
        Ok(day.clone())
    }

    fn number(&self) -> &str {
        match self {
            Self::Certificate { number, .. }
            | Self::Calibration { number, .. }
            | Self::License { number, .. } => number,
            Self::Warranty { .. } => "",
        }
    }
}

impl ReferenceFields for ExpiringRecordFields {
    const KIND: &'static str = "expiring_record";

    fn check(&mut self) -> Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.notes = optional_text("notes", &self.notes, 4_000)?;
        self.due_on = require_date("due_on", &self.due_on)?;
        check_days(&mut self.alert_days_before)?;
        let begins = self.details.check()?;
        if begins > self.due_on { Err(Refusal::invalid("due_on", FieldProblem::Range)) } else { Ok(()) }
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.name, self.details.number())
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

    async fn check_references(&self, tx: &mut Tx, _id: RecordId) -> Result<(), Refusal> {
        let Some(equipment) = self.equipment_id else { return Ok(()) };
        let equipment = EquipmentFields::get(tx, equipment).await?;
        if equipment.is_none_or(|equipment| equipment.fields.customer_id != self.customer_id) {
            return Err(Refusal::invalid("equipment_id", FieldProblem::Unknown));
        }
        Ok(())
    }
}
