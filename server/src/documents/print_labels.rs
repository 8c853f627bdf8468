//! Prints labels for equipment: a QR code that any camera reads, and what to type where there is none.

use campo_documents::labels::{Label, LabelForm, LabelSheet};
use campo_documents::pipe::{Job, Outcome};
use sync_core::equipment_label::EquipmentLabel;
use sync_core::ids::RecordId;

use crate::app::App;
use crate::messages::Language;
use crate::orders::Caller;
use crate::reference::{EquipmentFields, Record, ReferenceFields, records_of};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::{Tx, organizations};

/// Labels in one request.
pub const LABELS_MAX: usize = 500;

/// Which labels are asked for.
#[derive(Debug, Clone)]
pub struct LabelRequest {
    /// These, in this order; without any, all of the customer.
    pub equipment: Vec<RecordId>,
    pub customer: Option<RecordId>,
    pub form: LabelForm,
    /// Labels of the first page that are used already.
    pub skip: usize,
    /// The organization's when not given.
    pub language: Option<Language>,
}

/// The bytes of a PDF.
///
/// # Errors
///
/// `Invalid` for equipment that does not exist, too many, or none.
pub async fn print_labels(app: &App, caller: Caller, request: LabelRequest) -> Result<Vec<u8>, Refusal> {
    let mut tx = app.store.begin_read(caller.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    let records = chosen(&mut tx, &request).await?;
    tx.commit().await?;
    let server = app.base_url();
    let label = |record: Record<EquipmentFields>| {
        let named = EquipmentLabel { organization: caller.organization, equipment: record.id };
        Label {
            url: named.to_url(&server),
            details: record.fields.details(),
            name: record.fields.name,
            code: record.fields.code,
        }
    };
    let sheet = LabelSheet {
        language: request.language.or_else(|| Language::from_name(&profile.language)).unwrap_or_default(),
        organization: profile.name,
        form: request.form,
        skip: request.skip,
        labels: records.into_iter().map(label).collect(),
    };
    match app.printer.run(&Job::Labels { sheet }).await? {
        Outcome::Rendered { pdf, page_count: _ } => Ok(pdf),
        Outcome::Good | Outcome::Bad(_) => Err(Refusal::internal("our own labels failed")),
    }
}

async fn chosen(tx: &mut Tx, request: &LabelRequest) -> Result<Vec<Record<EquipmentFields>>, Refusal> {
    let records = match request.customer.filter(|_| request.equipment.is_empty()) {
        Some(customer) => {
            let records = records_of::<EquipmentFields>(tx, customer).await?;
            records.into_iter().filter(|record| !record.archived).collect()
        }
        None => named(tx, &request.equipment).await?,
    };
    match records.len() {
        0 => Err(Refusal::invalid("equipment", FieldProblem::Required)),
        1..=LABELS_MAX => Ok(records),
        _ => Err(Refusal::invalid("equipment", FieldProblem::TooLong)),
    }
}

async fn named(tx: &mut Tx, ids: &[RecordId]) -> Result<Vec<Record<EquipmentFields>>, Refusal> {
    if ids.len() > LABELS_MAX {
        return Err(Refusal::invalid("equipment", FieldProblem::TooLong));
    }
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        let record = EquipmentFields::get(tx, *id).await?;
        records.push(record.ok_or_else(|| Refusal::invalid("equipment", FieldProblem::Unknown))?);
    }
    Ok(records)
}
