//! Whose paper it is, for whom, and about what. Never guesses what was not given.

use serde::Serialize;

use crate::data::{Contact, Customer, Equipment, Organization, Site};
use crate::picture_names;
use crate::teller::{Teller, some_text, text};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrganizationView {
    pub name: String,
    pub legal_name: Option<String>,
    pub tax_id: Option<String>,
    pub address: Vec<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// A path for `image`.
    pub logo: Option<String>,
    pub logo_alt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomerView {
    pub name: String,
    pub legal_name: Option<String>,
    pub tax_id: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteView {
    pub name: Option<String>,
    pub address: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactView {
    pub name: String,
    pub position: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EquipmentView {
    pub name: String,
    pub details: Option<String>,
}

impl OrganizationView {
    pub fn of(organization: &Organization, teller: &Teller) -> Self {
        let legal_name = some_text(&organization.legal_name).filter(|name| *name != organization.name);
        Self {
            name: text(&organization.name),
            legal_name,
            tax_id: some_text(&organization.tax_id),
            address: lines(&organization.address),
            phone: some_text(&organization.phone),
            email: some_text(&organization.email),
            logo: organization.logo.as_deref().map(picture_names::path),
            logo_alt: teller.say("logo-alt", &[("name", organization.name.as_str().into())]),
        }
    }
}

impl CustomerView {
    pub fn of(customer: &Customer) -> Self {
        Self {
            name: text(&customer.name),
            legal_name: some_text(&customer.legal_name).filter(|name| *name != customer.name),
            tax_id: some_text(&customer.tax_id),
            phone: some_text(&customer.phone),
            email: some_text(&customer.email),
        }
    }
}

impl SiteView {
    pub fn of(site: &Site) -> Self {
        Self { name: some_text(&site.name), address: lines(&site.address) }
    }
}

impl ContactView {
    pub fn of(contact: &Contact) -> Self {
        Self {
            name: text(&contact.name),
            position: some_text(&contact.position),
            phone: some_text(&contact.phone),
            email: some_text(&contact.email),
        }
    }
}

impl EquipmentView {
    pub fn of(equipment: &Equipment) -> Self {
        Self { name: text(&equipment.name), details: some_text(&equipment.details) }
    }
}

fn lines(lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| some_text(line)).collect()
}
