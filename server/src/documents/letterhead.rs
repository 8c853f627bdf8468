//! The parties of a document from their records. Never takes a party's word for what an order says.

use campo_documents::data;
use sync_core::order::plan::{DraftCustomer, Plan};

use crate::reference::{ContactFields, CustomerFields, EquipmentFields, ReferenceFields, SiteFields};
use crate::store::organizations::OrganizationRow;
use crate::store::{StoreError, Tx};
use sync_core::tax_id::{TaxIdKind, formatted};

pub fn organization(row: &OrganizationRow, logo: Option<String>) -> data::Organization {
    data::Organization {
        name: row.name.clone(),
        legal_name: row.legal_name.clone(),
        tax_id: formatted(TaxIdKind::from_name(&row.tax_id_kind), &row.tax_id, false),
        address: row.address.lines().map(str::to_owned).collect(),
        phone: spaced_phone(&row.phone),
        email: row.email.clone(),
        logo,
    }
}

/// The customer of an order as the records say, or as it was written down in the field.
pub async fn customer(
    tx: &mut Tx,
    plan: &Plan,
) -> Result<(Option<data::Customer>, Option<CustomerFields>), StoreError> {
    if let Some(id) = plan.customer
        && let Some(record) = CustomerFields::get(tx, id).await?
    {
        let fields = record.fields;
        let told = data::Customer {
            name: fields.name.clone(),
            legal_name: fields.legal_name.clone(),
            tax_id: formatted(fields.tax_id_kind, &fields.tax_id, fields.vat_registered),
            phone: spaced_phone(&fields.phone),
            email: fields.email.clone(),
        };
        return Ok((Some(told), Some(fields)));
    }
    Ok((plan.draft_customer.as_ref().map(draft), None))
}

fn draft(draft: &DraftCustomer) -> data::Customer {
    data::Customer {
        name: draft.name.clone(),
        legal_name: String::new(),
        tax_id: draft.tax_id.clone().unwrap_or_default(),
        phone: draft.phone.clone().unwrap_or_default(),
        email: String::new(),
    }
}

/// Where the work is: the site, or the address that was dictated with a new customer.
pub async fn site(tx: &mut Tx, plan: &Plan) -> Result<Option<data::Site>, StoreError> {
    if let Some(id) = plan.site
        && let Some(record) = SiteFields::get(tx, id).await?
    {
        let fields = record.fields;
        return Ok(Some(data::Site { name: fields.name.clone(), address: address(&fields) }));
    }
    let dictated = plan.draft_customer.as_ref().and_then(|draft| draft.address.clone());
    Ok(dictated.map(|address| data::Site { name: String::new(), address: vec![address] }))
}

pub async fn contact(tx: &mut Tx, plan: &Plan) -> Result<Option<data::Contact>, StoreError> {
    let Some(id) = plan.contact else { return Ok(None) };
    let record = ContactFields::get(tx, id).await?;
    Ok(record.map(|record| data::Contact {
        name: record.fields.name,
        position: record.fields.position,
        phone: spaced_phone(&record.fields.phone),
        email: record.fields.email,
    }))
}

/// What the order is about, by name.
pub async fn equipment(tx: &mut Tx, plan: &Plan) -> Result<Vec<data::Equipment>, StoreError> {
    let mut told = Vec::new();
    for id in &plan.equipment {
        if let Some(record) = EquipmentFields::get(tx, *id).await? {
            told.push(data::Equipment { details: record.fields.details(), name: record.fields.name });
        }
    }
    told.sort_by(|one, other| (&one.name, &one.details).cmp(&(&other.name, &other.details)));
    Ok(told)
}

/// Street, number and complement; district; postal code, city and region.
fn address(fields: &SiteFields) -> Vec<String> {
    let joined = |parts: &[&str], between: &str| -> String {
        let given: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        given.join(between)
    };
    let place = joined(&[&fields.city, &fields.region], " – ");
    let lines = [
        joined(&[&fields.street, &fields.number, &fields.complement], ", "),
        fields.district.clone(),
        joined(&[&fields.postal_code, &place], " "),
    ];
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// A stored number in the groups it is read in, for the countries we know.
fn spaced_phone(phone: &str) -> String {
    let groups: &[usize] = match (phone.get(..3), phone.len()) {
        (Some("+55"), 14) => &[3, 2, 5, 4],
        (Some("+55"), 13) => &[3, 2, 4, 4],
        (Some("+40"), 12) => &[3, 3, 3, 3],
        _ => return phone.to_owned(),
    };
    let mut rest = phone;
    let mut parts = Vec::new();
    for length in groups {
        let (part, after) = rest.split_at(*length);
        parts.push(part);
        rest = after;
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_groups_of_their_country() {
        assert_eq!(spaced_phone("+5541988776655"), "+55 41 98877 6655");
        assert_eq!(spaced_phone("+554133221177"), "+55 41 3322 1177");
        assert_eq!(spaced_phone("+40721234567"), "+40 721 234 567");
        assert_eq!(spaced_phone("+34911234567"), "+34911234567");
        assert_eq!(spaced_phone(""), "");
    }
}
