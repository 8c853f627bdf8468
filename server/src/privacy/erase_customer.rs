//! Erases what is kept of a customer, all of it in one transaction. Never while a hold or an open order needs it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::ids::{OrderId, RecordId};

use super::{ErasureRequest, is_held};
use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::imports;
use crate::jobs::{self, Job};
use crate::reference::records_of;
use crate::reference::{
    ContactFields, CustomerFields, EquipmentFields, ExpiringRecordFields, LegalHoldFields,
    PrescriptionFields, Record, RecordWriter, ReferenceFields, SiteFields,
};
use crate::refusal::{Keeping, Refusal};
use crate::store::order_search::{self, OrderFilter, OrderQuery, OrderSort};
use crate::store::{Tx, geocoded_places, idempotency_keys, import_keys, messages};

/// Orders that are named in the report.
const ORDERS_NAMED_MAX: u32 = 1_000;

/// What was erased, and what stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErasureReport {
    /// What the customer is called from now on.
    pub name: String,
    /// Records whose personal fields are empty now, the customer's own among them.
    pub records_erased: usize,
    /// Addresses taken out of the log of messages.
    pub messages_erased: u64,
    /// Orders that stay as they are, as evidence of work done: what was written, photographed and signed in them.
    pub orders_kept: Vec<OrderId>,
}

/// Erases a customer. Doing it again erases what came since.
///
/// # Errors
///
/// Admins only; `Kept` under a legal hold or with open orders.
pub async fn erase_customer(
    app: &App,
    principal: &Principal,
    customer: RecordId,
    request: &ErasureRequest,
) -> Result<ErasureReport, Refusal> {
    principal.require_admin()?;
    let reason = request.checked()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let record = CustomerFields::get(&mut tx, customer).await?.ok_or(Refusal::NotFound)?;
    let today = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let today = today.strftime("%Y-%m-%d").to_string();
    let holds: Vec<Record<LegalHoldFields>> = records_of(&mut tx, customer).await?;
    if is_held(&holds, now) {
        return Err(Refusal::Kept(Keeping::LegalHold));
    }
    let filter = OrderFilter { customer: Some(customer), is_open: Some(true), ..OrderFilter::default() };
    if order_search::count(&mut tx, &filter).await? > 0 {
        return Err(Refusal::Kept(Keeping::OpenOrders));
    }
    let filter = OrderFilter { customer: Some(customer), ..OrderFilter::default() };
    let query = OrderQuery { filter, sort: OrderSort::default(), after: None, limit: ORDERS_NAMED_MAX };
    let orders_kept = order_search::page(&mut tx, &query).await?.iter().map(|place| place.order).collect();

    // Short enough to be read, and of this customer alone: its first bytes tell only when it was made.
    let name = format!("Erased {today} {:02x}{:02x}", customer.as_bytes()[14], customer.as_bytes()[15]);
    let mut erasing =
        Erasing { writer: RecordWriter::new(app, principal), customer, name: &name, records: Vec::new() };
    let prescriptions: Vec<Record<PrescriptionFields>> = records_of(&mut tx, customer).await?;
    let scans: Vec<_> = prescriptions.iter().filter_map(|record| record.fields.scan).collect();
    erasing.all::<PrescriptionFields>(&mut tx).await?;
    erasing.all::<ExpiringRecordFields>(&mut tx).await?;
    erasing.all::<EquipmentFields>(&mut tx).await?;
    erasing.all::<SiteFields>(&mut tx).await?;
    erasing.all::<ContactFields>(&mut tx).await?;
    erasing.one(&mut tx, record).await?;
    let Erasing { writer, records, .. } = erasing;
    let records_erased = records.len();
    let messages_erased = messages::erase_of_customer(&mut tx, customer, now).await?;
    forget_traces(&mut tx, customer, &records).await?;
    for scan in scans {
        let job = Job::EraseBlob { organization: principal.organization, sha256: scan };
        jobs::enqueue(&mut tx, &job, &format!("{customer} {}", now.0), now).await?;
    }
    let entry = AuditEntry {
        action: "customer.erase".to_owned(),
        subject: customer.to_string(),
        details: json!({ "reason": reason, "records": records_erased, "messages": messages_erased }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    writer.settle(&mut tx).await?;
    tx.commit().await?;
    imports::forget_files(app, principal.organization).await?;
    Ok(ErasureReport { name, records_erased, messages_erased, orders_kept })
}

/// What other parts of the server remember for a while: answers to repeated requests, places of addresses, names in other
/// software.
async fn forget_traces(tx: &mut Tx, customer: RecordId, records: &[RecordId]) -> Result<(), Refusal> {
    import_keys::forget(tx, records).await?;
    geocoded_places::forget_all(tx).await?;
    idempotency_keys::forget_answers_about(tx, &customer.to_string()).await?;
    Ok(())
}

struct Erasing<'a> {
    writer: RecordWriter<'a>,
    customer: RecordId,
    name: &'a str,
    records: Vec<RecordId>,
}

impl Erasing<'_> {
    async fn all<F: Erasable>(&mut self, tx: &mut Tx) -> Result<(), Refusal> {
        for record in records_of::<F>(tx, self.customer).await? {
            self.one(tx, record).await?;
        }
        Ok(())
    }

    async fn one<F: Erasable>(&mut self, tx: &mut Tx, record: Record<F>) -> Result<(), Refusal> {
        let id = record.id;
        let erase = |record: &mut Record<F>| {
            record.fields.erase(self.name);
            record.archived = true;
        };
        self.writer.change(tx, (record, "erase"), erase).await?;
        self.records.push(id);
        Ok(())
    }
}

/// A record about a person, without the person.
trait Erasable: ReferenceFields {
    /// Empties what tells who it is; `name` stands where something has to.
    fn erase(&mut self, name: &str);
}

impl Erasable for CustomerFields {
    fn erase(&mut self, name: &str) {
        *self = Self {
            name: name.to_owned(),
            kind: self.kind,
            legal_name: String::new(),
            tax_id: String::new(),
            tax_id_kind: None,
            vat_registered: false,
            email: String::new(),
            phone: String::new(),
            language: None,
            notes: String::new(),
            external_id: String::new(),
        };
    }
}

impl Erasable for ContactFields {
    fn erase(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        for text in [&mut self.position, &mut self.email, &mut self.phone] {
            text.clear();
        }
        self.language = None;
    }
}

impl Erasable for SiteFields {
    fn erase(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        let Self { street, number, complement, district, city, region, postal_code, instructions, .. } = self;
        for text in [street, number, complement, district, city, region, postal_code, instructions] {
            text.clear();
        }
        self.latitude_e7 = None;
        self.longitude_e7 = None;
    }
}

/// What it is stays: that is the machine's history.
impl Erasable for EquipmentFields {
    fn erase(&mut self, _: &str) {
        self.notes.clear();
    }
}

impl Erasable for ExpiringRecordFields {
    fn erase(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.details.clear();
        self.notes.clear();
    }
}

/// Health data: nothing of it stays.
impl Erasable for PrescriptionFields {
    fn erase(&mut self, name: &str) {
        name.clone_into(&mut self.patient);
        for text in [&mut self.prescriber, &mut self.registration, &mut self.notes] {
            text.clear();
        }
        self.scan = None;
        for eye in [&mut self.right, &mut self.left] {
            eye.clear();
        }
    }
}
