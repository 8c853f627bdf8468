//! A customer: the person or company an order is for. Never the place, which is a site.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::messages::Language;
use crate::reference::{Record, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal, optional_email, optional_phone, optional_text, require_text};
use crate::search_text::fold;
use crate::store::{self, ListPage, Result, Tx, order_list, record_words};
use sync_core::tax_id::{TaxId, TaxIdError, TaxIdKind};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerFields {
    pub name: String,
    /// Set from the kind of tax number where that says so and nothing is given.
    #[serde(default)]
    pub kind: Option<CustomerKind>,
    #[serde(default)]
    pub legal_name: String,
    #[serde(default)]
    pub tax_id: String,
    #[serde(default)]
    pub tax_id_kind: Option<TaxIdKind>,
    /// Set from the number itself where it says so (RO…).
    #[serde(default)]
    pub vat_registered: bool,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub phone: String,
    /// The language messages to this customer are written in.
    #[serde(default)]
    pub language: Option<Language>,
    #[serde(default)]
    pub notes: String,
    #[serde(default)]
    pub external_id: String,
}

/// Who a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    Person,
    Company,
}

impl CustomerKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Person, Self::Company].into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whose numbers of a kind are.
    const fn of_tax_id(kind: TaxIdKind) -> Option<Self> {
        match kind {
            TaxIdKind::Cpf | TaxIdKind::Cnp => Some(Self::Person),
            TaxIdKind::Cnpj | TaxIdKind::Cui => Some(Self::Company),
            TaxIdKind::Other => None,
        }
    }
}

impl ReferenceFields for CustomerFields {
    const KIND: &'static str = "customer";

    fn check(&mut self) -> std::result::Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.legal_name = optional_text("legal_name", &self.legal_name, 200)?;
        self.email = optional_email("email", &self.email)?;
        self.phone = optional_phone("phone", &self.phone)?;
        self.notes = optional_text("notes", &self.notes, 4_000)?;
        self.external_id = optional_text("external_id", &self.external_id, 100)?;
        let checked = check_tax_id(self.tax_id_kind.or_else(|| likely_kind(&self.tax_id)), &self.tax_id)?;
        self.tax_id_kind = checked.as_ref().map(|tax_id| tax_id.kind);
        self.vat_registered |= checked.as_ref().is_some_and(|tax_id| tax_id.vat_registered);
        self.tax_id = checked.map(|tax_id| tax_id.text).unwrap_or_default();
        self.kind = self.kind.or_else(|| self.tax_id_kind.and_then(CustomerKind::of_tax_id));
        Ok(())
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        [&self.name, &self.legal_name, &self.tax_id, &self.email, &self.phone, &self.external_id]
            .map(String::as_str)
            .join(" ")
    }

    async fn save(tx: &mut Tx, record: &Record<Self>) -> Result<bool> {
        let is_saved = store::customers::save(tx, record).await?;
        if is_saved {
            record_words::follow(tx, record).await?;
            // No order can be of a customer that has just got its id.
            if record.version > 1 {
                order_list::rename_customer(tx, record.id, &fold(record.fields.title())).await?;
            }
        }
        Ok(is_saved)
    }

    async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Record<Self>>> {
        store::customers::get(tx, id).await
    }

    async fn list(tx: &mut Tx, page: &ListPage) -> Result<Vec<Record<Self>>> {
        store::customers::list(tx, page).await
    }
}

/// What a number says itself to be, where only one kind of number looks so and its check digits fit.
fn likely_kind(number: &str) -> Option<TaxIdKind> {
    let likely = match number.chars().filter(char::is_ascii_alphanumeric).count() {
        11 => TaxIdKind::Cpf,
        14 => TaxIdKind::Cnpj,
        13 => TaxIdKind::Cnp,
        _ if number.trim().to_uppercase().starts_with("RO") => TaxIdKind::Cui,
        _ => return None,
    };
    // A number of eleven digits with wrong check digits is a mistyped CPF in Brazil and something else elsewhere: dots and a
    // dash in their places say which.
    let looks_brazilian = number.contains('-') || number.contains('/');
    (TaxId::parse(likely, number).is_ok() || looks_brazilian).then_some(likely)
}

/// Checks an optional tax number; a number without a kind is kept as text.
pub fn check_tax_id(kind: Option<TaxIdKind>, number: &str) -> std::result::Result<Option<TaxId>, Refusal> {
    if number.trim().is_empty() {
        return Ok(None);
    }
    let checked = TaxId::parse(kind.unwrap_or(TaxIdKind::Other), number).map_err(|error| match error {
        TaxIdError::Form => Refusal::invalid("tax_id", FieldProblem::Format),
        TaxIdError::CheckDigits => Refusal::invalid("tax_id", FieldProblem::CheckDigits),
    })?;
    Ok(Some(checked))
}
