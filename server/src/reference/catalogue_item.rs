//! A catalogue item: a material or a service with its price. Never a line of an order.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::messages::Language;
use crate::reference::{Record, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal, optional_text, require_text};
use crate::store::{self, ListPage, Result, Tx};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueKind {
    Material,
    Service,
}

impl CatalogueKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Material => "material",
            Self::Service => "service",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Material, Self::Service].into_iter().find(|kind| kind.as_str() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueItemFields {
    pub kind: CatalogueKind,
    /// The organization's own article number, unique in it.
    pub code: String,
    pub name: String,
    /// The name in other languages.
    #[serde(default)]
    pub names: BTreeMap<Language, String>,
    /// What is counted: piece, m, h.
    pub unit: String,
    /// In hundredths or whatever the currency's minor unit is.
    pub price_minor: i64,
    #[serde(default)]
    pub barcode: String,
}

impl ReferenceFields for CatalogueItemFields {
    const KIND: &'static str = "catalogue_item";

    fn check(&mut self) -> std::result::Result<(), Refusal> {
        const PRICE_MINOR_MAX: i64 = 1_000_000_000_000;
        self.code = require_text("code", &self.code, 64)?;
        self.name = require_text("name", &self.name, 200)?;
        for name in self.names.values_mut() {
            *name = require_text("names", name, 200)?;
        }
        self.unit = require_text("unit", &self.unit, 20)?;
        self.barcode = optional_text("barcode", &self.barcode, 64)?;
        if !(0..=PRICE_MINOR_MAX).contains(&self.price_minor) {
            return Err(Refusal::invalid("price_minor", FieldProblem::Range));
        }
        Ok(())
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        let names = self.names.values().map(String::as_str);
        [self.code.as_str(), &self.name, &self.barcode].into_iter().chain(names).collect::<Vec<_>>().join(" ")
    }

    async fn save(tx: &mut Tx, record: &Record<Self>) -> Result<bool> {
        store::catalogue_items::save(tx, record).await
    }

    async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Record<Self>>> {
        store::catalogue_items::get(tx, id).await
    }

    async fn list(tx: &mut Tx, page: &ListPage) -> Result<Vec<Record<Self>>> {
        store::catalogue_items::list(tx, page).await
    }
}
