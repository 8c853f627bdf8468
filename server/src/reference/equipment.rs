//! Equipment: a machine or device of a customer that orders are about. Never its history, which is that of its orders.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{RecordId, UserId};

use crate::reference::{Record, ReferenceFields, SiteFields};
use crate::refusal::{FieldProblem, Refusal, optional_date, optional_text, require_text};
use crate::store::{self, ListPage, Result, Tx, equipment_moves, record_words};

/// A part of a part of a part; deeper is a mistake.
const DEPTH_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EquipmentFields {
    /// Whose it is.
    pub customer_id: RecordId,
    /// Where it stands.
    #[serde(default)]
    pub site_id: Option<RecordId>,
    /// What it is a part of.
    #[serde(default)]
    pub parent_id: Option<RecordId>,
    pub name: String,
    /// Such as chiller or elevator, in the organization's own words.
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub manufacturer: String,
    #[serde(default)]
    pub model: String,
    #[serde(default)]
    pub serial: String,
    /// What its label says.
    #[serde(default)]
    pub code: String,
    /// `YYYY-MM-DD`, or empty.
    #[serde(default)]
    pub installed_on: String,
    #[serde(default)]
    pub notes: String,
}

impl EquipmentFields {
    /// What tells it from others of its kind: manufacturer, model, serial number.
    pub fn details(&self) -> String {
        let serial = if self.serial.is_empty() { String::new() } else { format!("nº {}", self.serial) };
        let given = [&self.manufacturer, &self.model, &serial].map(String::as_str);
        given.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

impl ReferenceFields for EquipmentFields {
    const KIND: &'static str = "equipment";

    fn check(&mut self) -> std::result::Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.kind = optional_text("kind", &self.kind, 100)?;
        self.manufacturer = optional_text("manufacturer", &self.manufacturer, 100)?;
        self.model = optional_text("model", &self.model, 100)?;
        self.serial = optional_text("serial", &self.serial, 100)?;
        self.code = optional_text("code", &self.code, 60)?;
        self.installed_on = optional_date("installed_on", &self.installed_on)?;
        self.notes = optional_text("notes", &self.notes, 4_000)?;
        Ok(())
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        [&self.name, &self.kind, &self.manufacturer, &self.model, &self.serial, &self.code]
            .map(String::as_str)
            .join(" ")
    }

    fn customer(&self) -> Option<RecordId> {
        Some(self.customer_id)
    }

    async fn check_references(&self, tx: &mut Tx, id: RecordId) -> std::result::Result<(), Refusal> {
        if let Some(site) = self.site_id {
            let site = SiteFields::get(tx, site).await?;
            if site.is_none_or(|site| site.fields.customer_id != self.customer_id) {
                return Err(Refusal::invalid("site_id", FieldProblem::Unknown));
            }
        }
        let unknown = || Refusal::invalid("parent_id", FieldProblem::Unknown);
        let mut above = self.parent_id;
        for _ in 0..DEPTH_MAX {
            let Some(parent) = above else { return Ok(()) };
            let record = Self::get(tx, parent).await?.filter(|_| parent != id).ok_or_else(unknown)?;
            if self.parent_id == Some(parent) && record.fields.customer_id != self.customer_id {
                return Err(unknown());
            }
            above = record.fields.parent_id;
        }
        Err(Refusal::invalid("parent_id", FieldProblem::Range))
    }

    async fn written(
        tx: &mut Tx,
        before: Option<&Record<Self>>,
        after: &Record<Self>,
        by: UserId,
    ) -> Result<()> {
        let place = |record: &Record<Self>| {
            let fields = &record.fields;
            (fields.customer_id, fields.site_id, fields.parent_id)
        };
        if before.is_some_and(|before| place(before) == place(after)) {
            return Ok(());
        }
        if let Some(before) = before
            && equipment_moves::of(tx, after.id).await?.is_empty()
        {
            equipment_moves::add(tx, before, None).await?;
        }
        equipment_moves::add(tx, after, Some(by)).await
    }

    async fn save(tx: &mut Tx, record: &Record<Self>) -> Result<bool> {
        let is_saved = store::equipment::save(tx, record).await?;
        if is_saved {
            record_words::follow(tx, record).await?;
        }
        Ok(is_saved)
    }

    async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Record<Self>>> {
        store::equipment::get(tx, id).await
    }

    async fn list(tx: &mut Tx, page: &ListPage) -> Result<Vec<Record<Self>>> {
        store::equipment::list(tx, page).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equipment(fields: &str) -> Option<EquipmentFields> {
        let json =
            format!(r#"{{"customer_id":"00000000-0000-0000-0000-000000000001","name":"Chiller 2"{fields}}}"#);
        let mut fields: EquipmentFields = serde_json::from_str(&json).ok()?;
        fields.check().ok().map(|()| fields)
    }

    #[test]
    fn a_date_is_a_day_that_exists_or_nothing() {
        for (date, is_kept) in [
            ("2024-02-29", true),
            ("", true),
            ("2023-02-29", false),
            ("29/02/2024", false),
            ("2024-2-9", false),
        ] {
            assert_eq!(equipment(&format!(r#","installed_on":"{date}""#)).is_some(), is_kept, "{date}");
        }
    }

    #[test]
    fn details_are_what_is_known() {
        let known = r#","manufacturer":"Carrier","model":"30RB-080","serial":"4419""#;

        assert_eq!(equipment(known).unwrap().details(), "Carrier, 30RB-080, nº 4419");
        assert_eq!(equipment("").unwrap().details(), "");
    }
}
