//! Records of the office: the same operations for each kind.

use crate::geocoder::Geocoding;
use crate::http::equipment_labels::{self, LabelsQuery};
use crate::http::exports::{self, ExportRecordsRequest};
use crate::http::files;
use crate::http::list::{ListRequest, ListResponse};
use crate::http::operation::{Access, Operation};
use crate::http::places::{self, PlacesRequest};
use crate::http::records::{self, StarterWorkflows};
use crate::http::scope::Scope;
use crate::reference::{
    CatalogueItemFields, ChecklistTemplateFields, ContactFields, CustomerFields, EquipmentFields,
    EquipmentHistory, ExpiringRecordFields, LegalHoldFields, OpenTo, OrderKindFields, PrescriptionFields,
    Record, ReferenceFields, SiteFields, SkillFields, StaffProfileFields, TeamFields, WorkflowFields,
};
use crate::routes::table_file;

const CUSTOMERS: (Scope, Scope) = (Scope::CustomersRead, Scope::CustomersWrite);
const HEALTH: (Scope, Scope) = (Scope::HealthRead, Scope::HealthWrite);
const CATALOGUE: (Scope, Scope) = (Scope::CatalogueRead, Scope::CatalogueWrite);
const SETTINGS: (Scope, Scope) = (Scope::SettingsRead, Scope::SettingsWrite);
const PEOPLE: (Scope, Scope) = (Scope::PeopleRead, Scope::PeopleWrite);

/// What scans are.
const SCANS: &[&str] = &["image/jpeg", "image/png", "image/webp", "application/pdf"];

pub fn operations() -> Vec<Operation> {
    let kinds = [
        six::<CustomerFields>(["/v1/customers", "/v1/customers/export", "/v1/customers/{id}"], CUSTOMERS),
        six::<ContactFields>(["/v1/contacts", "/v1/contacts/export", "/v1/contacts/{id}"], CUSTOMERS),
        six::<SiteFields>(["/v1/sites", "/v1/sites/export", "/v1/sites/{id}"], CUSTOMERS),
        six::<EquipmentFields>(["/v1/equipment", "/v1/equipment/export", "/v1/equipment/{id}"], CUSTOMERS),
        vec![places()],
        vec![equipment_history(), labels()],
        six::<CatalogueItemFields>(
            ["/v1/catalogue-items", "/v1/catalogue-items/export", "/v1/catalogue-items/{id}"],
            CATALOGUE,
        ),
        six::<WorkflowFields>(["/v1/workflows", "/v1/workflows/export", "/v1/workflows/{id}"], SETTINGS),
        vec![starters()],
        six::<ChecklistTemplateFields>(
            ["/v1/checklist-templates", "/v1/checklist-templates/export", "/v1/checklist-templates/{id}"],
            SETTINGS,
        ),
        six::<OrderKindFields>(
            ["/v1/order-kinds", "/v1/order-kinds/export", "/v1/order-kinds/{id}"],
            SETTINGS,
        ),
        six::<ExpiringRecordFields>(
            ["/v1/expiring-records", "/v1/expiring-records/export", "/v1/expiring-records/{id}"],
            CUSTOMERS,
        ),
        // Health data leaves one by one, never as a file.
        five::<PrescriptionFields>("/v1/prescriptions", "/v1/prescriptions/{id}", HEALTH),
        vec![scan()],
        six::<LegalHoldFields>(
            ["/v1/legal-holds", "/v1/legal-holds/export", "/v1/legal-holds/{id}"],
            CUSTOMERS,
        ),
        six::<TeamFields>(["/v1/teams", "/v1/teams/export", "/v1/teams/{id}"], PEOPLE),
        six::<SkillFields>(["/v1/skills", "/v1/skills/export", "/v1/skills/{id}"], PEOPLE),
        six::<StaffProfileFields>(
            ["/v1/staff-profiles", "/v1/staff-profiles/export", "/v1/staff-profiles/{id}"],
            PEOPLE,
        ),
    ];
    kinds.into_iter().flatten().collect()
}

fn places() -> Operation {
    Operation::get("/v1/places", "findPlaces")
        .says("Asks the geocoder where an address is; the answer says when there is none, or when it does not answer")
        .access(Access::Office)
        .scope(Scope::CustomersRead)
        .query::<PlacesRequest>()
        .answers::<Geocoding>(200)
        .to(places::geocode)
}

fn scan() -> Operation {
    Operation::get("/v1/prescriptions/{id}/scan", "readPrescriptionScan")
        .says("Reads the scan of a prescription as it was uploaded")
        .access(access(PrescriptionFields::READERS))
        .scope(Scope::HealthRead)
        .answers_bytes(200, SCANS)
        .answers_nothing(304)
        .to(files::get_scan)
}

fn labels() -> Operation {
    Operation::get("/v1/equipment-labels.pdf", "printEquipmentLabels")
        .says("Prints labels with QR codes for equipment")
        .access(Access::Office)
        .scope(Scope::CustomersRead)
        .query::<LabelsQuery>()
        .answers_bytes(200, &["application/pdf"])
        .to(equipment_labels::get_labels)
}

fn equipment_history() -> Operation {
    Operation::get("/v1/equipment/{id}/history", "readEquipmentHistory")
        .says("Reads where equipment was, and the newest orders about it")
        .access(Access::Office)
        .scope(Scope::CustomersRead)
        .answers::<EquipmentHistory>(200)
        .to(records::get_equipment_history)
}

fn starters() -> Operation {
    Operation::get("/v1/workflows/starters", "listStarterWorkflows")
        .says("Lists workflows to begin with, to be published as they are or changed")
        .access(Access::Session)
        .scope(Scope::SettingsRead)
        .answers::<StarterWorkflows>(200)
        .to(records::starter_workflows)
}

/// Who reads and who writes says the kind itself; its name and its path name the operations.
fn six<F: ReferenceFields>(
    [all, file, one]: [&'static str; 3],
    (reading, writing): (Scope, Scope),
) -> Vec<Operation> {
    let (kind, kinds) = (Name(F::KIND), Name(all.trim_start_matches("/v1/")));
    let read = |row: Operation| row.access(access(F::READERS)).scope(reading);
    let write = |row: Operation| row.access(access(F::WRITERS)).scope(writing).versioned();
    let mut rows = vec![
        write(Operation::post(all, format!("create{}", kind.joined())))
            .says(format!("Adds a {}", kind.spaced()))
            .body::<F>()
            .answers::<Record<F>>(201)
            .to(records::create_record::<F>),
        read(Operation::get(all, format!("list{}", kinds.joined())))
            .says(format!("Lists {} by name", kinds.spaced()))
            .query::<ListRequest>()
            .answers::<ListResponse<Record<F>>>(200)
            .to(records::list_records::<F>),
        table_file(read(Operation::get(file, format!("export{}", kinds.joined()))))
            .says(format!("Writes all {} of a list into a file, CSV or XLSX", kinds.spaced()))
            .query::<ExportRecordsRequest>()
            .to(exports::export_records::<F>),
        read(Operation::get(one, format!("read{}", kind.joined())))
            .says(format!("Reads a {}", kind.spaced()))
            .versioned()
            .answers::<Record<F>>(200)
            .to(records::get_record::<F>),
        write(Operation::put(one, format!("update{}", kind.joined())))
            .says(format!("Writes every field of a {}", kind.spaced()))
            .conditional()
            .body::<F>()
            .answers::<Record<F>>(200)
            .to(records::update_record::<F>),
        write(Operation::delete(one, format!("archive{}", kind.joined())))
            .says(format!("Archives a {}: lists leave it out, orders keep it", kind.spaced()))
            .conditional()
            .answers::<Record<F>>(200)
            .to(records::archive_record::<F>),
    ];
    rows.retain(|row| !F::IS_FIXED || row.method != "PUT");
    rows
}

/// The same without the file, for what must not leave as one.
fn five<F: ReferenceFields>(all: &'static str, one: &'static str, scopes: (Scope, Scope)) -> Vec<Operation> {
    const NO_FILE: &str = "";
    let mut rows = six::<F>([all, NO_FILE, one], scopes);
    rows.retain(|row| row.path != NO_FILE);
    rows
}

const fn access(open_to: OpenTo) -> Access {
    match open_to {
        OpenTo::Everyone => Access::Session,
        OpenTo::Office => Access::Office,
        OpenTo::Admins => Access::Admin,
    }
}

/// Words joined by `_` or `-`.
struct Name(&'static str);

impl Name {
    fn words(&self) -> impl Iterator<Item = &'static str> {
        self.0.split(['_', '-'])
    }

    fn spaced(&self) -> String {
        self.words().collect::<Vec<_>>().join(" ")
    }

    fn joined(&self) -> String {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.words().map(capital).collect()
    }
}
