//! What a label shows to whoever scans it: the equipment and who looks after it. Never whose it is or where it stands.

use sync_core::equipment_label::EquipmentLabel;

use crate::reference::{EquipmentFields, ReferenceFields};
use crate::refusal::Refusal;
use crate::store::{Store, organizations};

/// What anybody may know who stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledEquipment {
    pub name: String,
    /// Manufacturer, model, serial number.
    pub details: String,
    pub code: String,
    pub company: String,
    pub phone: String,
    pub email: String,
}

/// Reads what a label may show.
///
/// # Errors
///
/// `NotFound` when the equipment is gone or archived, exactly as for a label that nobody printed.
pub async fn labelled_equipment(store: &Store, label: EquipmentLabel) -> Result<LabelledEquipment, Refusal> {
    let mut tx = store.begin_read(label.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    let record = EquipmentFields::get(&mut tx, label.equipment).await?;
    tx.commit().await?;
    let record = record.filter(|record| !record.archived).ok_or(Refusal::NotFound)?;
    Ok(LabelledEquipment {
        details: record.fields.details(),
        name: record.fields.name,
        code: record.fields.code,
        company: profile.name,
        phone: profile.phone,
        email: profile.email,
    })
}
