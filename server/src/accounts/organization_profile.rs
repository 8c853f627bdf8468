//! The profile of an organization: what stands on its documents and how it counts money and time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::ids::{BlobHash, OrganizationId, RecordId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::messages::Language;
use crate::reference::{check_tax_id, publish_one};
use crate::refusal::{FieldProblem, Refusal, optional_email, optional_phone, optional_text, require_text};
use crate::store::organizations::{self, OrganizationRow};
use crate::store::{StoreError, Tx, blobs};
use sync_core::tax_id::TaxIdKind;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationFields {
    pub name: String,
    #[serde(default)]
    pub legal_name: String,
    #[serde(default)]
    pub tax_id: String,
    #[serde(default)]
    pub tax_id_kind: Option<TaxIdKind>,
    /// Lines, as they stand on paper.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub phone: String,
    /// Where customers write to.
    #[serde(default)]
    pub email: String,
    /// A picture that was uploaded, by its SHA-256.
    #[serde(default)]
    pub logo: Option<BlobHash>,
    #[serde(default)]
    pub language: Language,
    /// Three letters, ISO 4217.
    pub currency: String,
    /// A name of the IANA time zone database: `America/Sao_Paulo`.
    pub zone: String,
}

/// An organization's profile, as callers and phones receive it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Organization {
    pub id: OrganizationId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub fields: OrganizationFields,
}

impl OrganizationFields {
    /// Brings the fields into their stored form, or says which one cannot be.
    pub(crate) fn check(&mut self) -> Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.legal_name = optional_text("legal_name", &self.legal_name, 200)?;
        let checked = check_tax_id(self.tax_id_kind, &self.tax_id)?;
        self.tax_id_kind = checked.as_ref().map(|tax_id| tax_id.kind);
        self.tax_id = checked.map(|tax_id| tax_id.text).unwrap_or_default();
        self.address = optional_text("address", &self.address, 400)?;
        self.phone = optional_phone("phone", &self.phone)?;
        self.email = optional_email("email", &self.email)?;
        self.currency = self.currency.trim().to_uppercase();
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Refusal::invalid("currency", FieldProblem::Format));
        }
        let zone = jiff::tz::db().get(self.zone.trim());
        let zone = zone.map_err(|_| Refusal::invalid("zone", FieldProblem::Unknown))?;
        self.zone = zone.iana_name().unwrap_or("UTC").to_owned();
        Ok(())
    }
}

pub(crate) async fn save_organization(tx: &mut Tx, organization: &Organization) -> Result<(), Refusal> {
    let fields = &organization.fields;
    let row = OrganizationRow {
        name: fields.name.clone(),
        legal_name: fields.legal_name.clone(),
        tax_id: fields.tax_id.clone(),
        tax_id_kind: fields.tax_id_kind.map_or("", TaxIdKind::as_str).to_owned(),
        address: fields.address.clone(),
        phone: fields.phone.clone(),
        email: fields.email.clone(),
        logo: fields.logo.map(|hash| hash.to_string()).unwrap_or_default(),
        language: fields.language.as_str().to_owned(),
        currency: fields.currency.clone(),
        zone: fields.zone.clone(),
        version: organization.version,
        created_at: organization.created_at,
        updated_at: organization.updated_at,
    };
    if organizations::save(tx, &row).await? {
        Ok(())
    } else {
        Err(StoreError::Unavailable("a concurrent write came first".into()).into())
    }
}

pub(crate) async fn publish_organization(tx: &mut Tx, organization: &Organization) -> Result<(), Refusal> {
    let id = RecordId::from_bytes(*organization.id.as_bytes());
    publish_one(tx, "organization", id, organization, false).await
}

async fn load(tx: &mut Tx) -> Result<Organization, Refusal> {
    let row = organizations::get(tx).await?.ok_or(Refusal::NotFound)?;
    Ok(Organization {
        id: tx.organization(),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        fields: OrganizationFields {
            name: row.name,
            legal_name: row.legal_name,
            tax_id: row.tax_id,
            tax_id_kind: TaxIdKind::from_name(&row.tax_id_kind),
            address: row.address,
            phone: row.phone,
            email: row.email,
            logo: row.logo.parse().ok(),
            language: Language::from_name(&row.language).unwrap_or_default(),
            currency: row.currency,
            zone: row.zone,
        },
    })
}

pub async fn get_organization(app: &App, principal: &Principal) -> Result<Organization, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    load(&mut tx).await
}

pub async fn update_organization(
    app: &App,
    principal: &Principal,
    version: i64,
    mut fields: OrganizationFields,
) -> Result<Organization, Refusal> {
    principal.require_admin()?;
    fields.check()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let before = load(&mut tx).await?;
    if before.version != version {
        tx.commit().await?;
        let current = serde_json::to_value(before).map_err(|error| Refusal::internal(&error.to_string()))?;
        return Err(Refusal::Stale { current });
    }
    if let Some(logo) = fields.logo
        && before.fields.logo != fields.logo
        && !blobs::is_here(&mut tx, logo).await?
    {
        return Err(Refusal::invalid("logo", FieldProblem::Unknown));
    }
    let after = Organization { version: version + 1, updated_at: now, fields, ..before };
    save_organization(&mut tx, &after).await?;
    let details = json!({ "version": after.version });
    let entry =
        AuditEntry { action: "organization.update".to_owned(), subject: after.id.to_string(), details };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    publish_organization(&mut tx, &after).await?;
    tx.commit().await?;
    Ok(after)
}
