//! Every field against the covered table, the committed bytes of a snapshot, and what asks for a new signature.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::covered::{Coverage, FIELDS};
use super::*;
use crate::document::OrderDocument;
use crate::ids::{ActorId, BlobHash, DeviceId, EntryId, OrderId, RecordId, UserId};
use crate::order::command::{
    DeviceSeal, LineEdit, NewAssignee, NewExpense, NewLine, NewOrder, NewPayment, NewPhoto, NewSignature,
    VisitStamp,
};
use crate::order::entry::{AnswerValue, PhotoStage, SignaturePurpose, Source};
use crate::order::plan::{CrewRole, DraftCustomer, Place, Position};
use crate::order::{
    AttentionKind, CommandContext, Order, OrderCommand, Priority, Refused, Window, Workflows, perform,
};
use crate::tax_id::TaxIdKind;
use crate::time::{TimeClaim, Timestamp};
use crate::workflow::Role;

const ORDER: OrderId = OrderId::from_bytes([0x0D; 16]);
const TECHNICIAN: UserId = UserId::from_bytes([0xA1; 16]);
const OFFICE: UserId = UserId::from_bytes([0x0F; 16]);
const RECORD: RecordId = RecordId::from_bytes([0xC0; 16]);
const TERMS: &str = "I confirm that the work was done.";
const NOON: Timestamp = Timestamp(1_794_499_200_000);

fn entry(byte: u8) -> EntryId {
    EntryId::from_bytes([byte; 16])
}

struct Desk {
    document: OrderDocument,
    workflows: Workflows,
}

impl Desk {
    /// An order with something in every area that a signature could cover.
    fn with_everything() -> Self {
        let mut desk = Self { document: OrderDocument::new(), workflows: Workflows::default() };
        let new = NewOrder {
            kind: Some("repair".to_owned()),
            reason: Some("Câmara fria não gela".to_owned()),
            customer: Some(RECORD),
            contact: Some(RECORD),
            site: Some(RECORD),
            draft_customer: Some(DraftCustomer { name: "Padaria".to_owned(), ..DraftCustomer::default() }),
            window: Some(Window { start: NOON, end: NOON.plus_millis(1) }),
            promised: Some(NOON),
            duration_minutes: Some(30),
            currency: Some("BRL".to_owned()),
            zone: Some("America/Sao_Paulo".to_owned()),
            origin: Some("call".to_owned()),
            equipment: vec![RECORD],
            assignees: vec![NewAssignee { technician: TECHNICIAN, role: CrewRole::Lead }],
            ..NewOrder::default()
        };
        desk.office(OrderCommand::CreateOrder(Box::new(new)));
        let position =
            Some(Position { latitude_e7: 1, longitude_e7: 2, accuracy_m: Some(5), is_mock: false });
        desk.works(OrderCommand::CheckIn(VisitStamp {
            visit: entry(1),
            stamp: entry(2),
            position,
            reason: Some("x".to_owned()),
            then: None,
        }));
        for (id, area) in [(3, OrderCommand::AddMaterial as fn(NewLine) -> _), (4, OrderCommand::AddService)]
        {
            desk.works(area(NewLine {
                line: entry(id),
                item: Some(RECORD),
                description: "Capacitor 35 µF".to_owned(),
                quantity: "1.5".to_owned(),
                unit: Some("pc".to_owned()),
                price_minor: Some(4_990),
                source: Some(Source::Van),
                is_additional: true,
            }));
        }
        let value = AnswerValue::Number { value: "3.2".to_owned(), unit: Some("A".to_owned()) };
        desk.works(OrderCommand::AnswerQuestion { question: "current".to_owned(), answer: value });
        desk.works(OrderCommand::AddNote { note: entry(5), text: "Limpo".to_owned(), is_internal: false });
        desk.works(OrderCommand::AddNote { note: entry(6), text: "Deve 300".to_owned(), is_internal: true });
        desk.works(OrderCommand::AddPhoto(photo(7)));
        desk.works(OrderCommand::AddExpense(NewExpense {
            expense: entry(8),
            kind: "toll".to_owned(),
            amount_minor: 900,
            currency: "BRL".to_owned(),
            description: Some("BR-101".to_owned()),
            receipt: Some(BlobHash::from_bytes([9; 32])),
        }));
        desk.works(OrderCommand::RecordPayment(NewPayment {
            payment: entry(9),
            method: "pix".to_owned(),
            amount_minor: 5_000,
            currency: "BRL".to_owned(),
            reference: Some("E2E123".to_owned()),
        }));
        desk
    }

    fn order(&self) -> Order {
        let (order, problems) = Order::read(&self.document, &self.workflows);
        assert_eq!(problems, []);
        order
    }

    fn try_as(&mut self, user: UserId, role: Role, command: &OrderCommand) -> Result<(), Refused> {
        let at = TimeClaim::by_server(NOON);
        let context = CommandContext { user, role, at, site: None, workflows: &self.workflows };
        perform(&mut self.document, command, &context, ActorId::from_bytes(*user.as_bytes())).map(|_| ())
    }

    fn works(&mut self, command: OrderCommand) {
        self.try_as(TECHNICIAN, Role::Technician, &command).unwrap();
    }

    fn office(&mut self, command: OrderCommand) {
        self.try_as(OFFICE, Role::Dispatcher, &command).unwrap();
    }

    fn signs(&mut self, id: u8) {
        let new = signature(id, &self.order());
        self.works(OrderCommand::Sign(Box::new(new)));
    }

    fn merged_with(mut self, other: &Self) -> Self {
        self.document.merge_saved(&other.document.save()).unwrap();
        self
    }

    fn copy(&self) -> Self {
        Self { document: self.document.clone(), workflows: self.workflows.clone() }
    }
}

fn photo(id: u8) -> NewPhoto {
    NewPhoto {
        photo: entry(id),
        sha256: BlobHash::from_bytes([id; 32]),
        size_bytes: 10,
        media_type: "image/jpeg".to_owned(),
        stage: PhotoStage::After,
        caption: Some("Depois".to_owned()),
        position: None,
    }
}

fn signature(id: u8, order: &Order) -> NewSignature {
    NewSignature {
        signature: entry(id),
        purpose: SignaturePurpose::Completion,
        index: u32::try_from(order.signatures.len()).unwrap(),
        signer_name: "Lúcia Ferrari".to_owned(),
        document_kind: Some(TaxIdKind::Cpf),
        document_number: Some("529.982.247-25".to_owned()),
        signer_role: Some("gerente".to_owned()),
        strokes: None,
        snapshot: Snapshot::of(order, ORDER, "pt-BR", TERMS).to_text(),
        heads: String::new(),
        refusal: None,
        position: None,
        at: None,
        seal: None,
    }
}

#[test]
fn the_table_knows_every_field_an_order_has() {
    let order = Desk::with_everything().order();
    let mut found = BTreeSet::new();
    let mut see = |area: &str, entry: Value| {
        let fields = entry.as_object().unwrap().keys().map(|field| (area.to_owned(), field.clone()));
        found.extend(fields);
    };
    see("plan", serde_json::to_value(&order.plan).unwrap());
    order.visits.values().for_each(|visit| see("visits", serde_json::to_value(visit).unwrap()));
    order.materials.values().for_each(|line| see("materials", serde_json::to_value(line).unwrap()));
    order.services.values().for_each(|line| see("services", serde_json::to_value(line).unwrap()));
    order.checklist.values().for_each(|answer| see("checklist", serde_json::to_value(answer).unwrap()));
    order.notes.values().for_each(|note| see("notes", serde_json::to_value(note).unwrap()));
    order.photos.values().for_each(|photo| see("photos", serde_json::to_value(photo).unwrap()));
    order.expenses.values().for_each(|expense| see("expenses", serde_json::to_value(expense).unwrap()));
    order.payments.values().for_each(|payment| see("payments", serde_json::to_value(payment).unwrap()));

    let listed: BTreeSet<_> =
        FIELDS.iter().map(|(area, field, _)| ((*area).to_owned(), (*field).to_owned())).collect();

    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(unlisted.is_empty(), "{unlisted:?} must be covered or free");
    assert_eq!(FIELDS.len(), listed.len(), "a field is listed twice");
    let optional =
        [("plan", "number"), ("notes", "is_internal"), ("plan", "equipment"), ("photos", "position")];
    let derived = ("totals", "total_minor");
    for (area, field) in listed.difference(&found) {
        let pair = (area.as_str(), field.as_str());
        assert!(optional.contains(&pair) || pair == derived, "{pair:?} is no field of an order");
    }
}

#[test]
fn every_covered_field_is_in_the_snapshot_and_no_other() {
    let order = Desk::with_everything().order();

    let snapshot = Snapshot::of(&order, ORDER, "pt-BR", TERMS);

    let names: BTreeSet<(&str, &str)> = snapshot
        .covered
        .keys()
        .map(|path| {
            let keys: Vec<_> = path.split('/').collect();
            let field = if keys[0] == "plan" || keys[0] == "totals" { keys[1] } else { keys[2] };
            (keys[0], field)
        })
        .collect();
    let covered: BTreeSet<_> = FIELDS
        .iter()
        .filter(|(.., coverage)| *coverage == Coverage::Covered)
        .map(|(area, field, _)| (*area, *field))
        .collect();
    assert_eq!(names, covered);
}

#[test]
fn the_snapshot_has_the_committed_bytes() {
    // covers: C6
    let order = Desk::with_everything().order();

    let text = Snapshot::of(&order, ORDER, "pt-BR", TERMS).to_text();

    assert_eq!(text, include_str!("snapshot_1.json").trim_end());
    assert_eq!(Snapshot::parse(&text).unwrap().to_text(), text);
    assert_eq!(
        Snapshot::hash(&text).to_string(),
        "c2beaa6ec9bfb263b1fd241d8cf4076434b34d35b2723d9d9a2c025ecdec24fe"
    );
}

#[test]
fn a_snapshot_in_another_spelling_is_refused() {
    let order = Desk::with_everything().order();
    let text = Snapshot::of(&order, ORDER, "pt-BR", TERMS).to_text();

    let spaced = text.replacen(':', ": ", 1);
    let extended = text.replacen('{', "{\"extra\":1,", 1);
    let fraction = text.replacen("4990", "4990.0", 1);

    for other in [spaced, extended, fraction, text[1..].to_owned(), String::new()] {
        assert!(Snapshot::parse(&other).is_err(), "{other}");
    }
}

#[test]
fn a_signed_order_stays_signed_while_only_free_fields_change() {
    // covers: C5
    let mut desk = Desk::with_everything();
    desk.signs(0x51);
    assert_eq!(desk.order().signing, Signing::Signed { signature: entry(0x51) });

    desk.office(OrderCommand::SetPriority { priority: Priority::Urgent });
    desk.office(OrderCommand::Schedule { window: None, duration_minutes: None });
    desk.office(OrderCommand::Promise { promised: None });
    desk.works(OrderCommand::AddNote { note: entry(0x61), text: "cobrar".to_owned(), is_internal: true });
    desk.works(OrderCommand::RemoveExpense { expense: entry(8) });
    let leave = VisitStamp { visit: entry(1), stamp: entry(0x62), position: None, reason: None, then: None };
    desk.works(OrderCommand::CheckOut(leave));

    assert_eq!(desk.order().signing, Signing::Signed { signature: entry(0x51) });
    assert!(desk.order().guard_facts().is_signed);
}

#[test]
fn each_covered_change_asks_for_a_signature_and_says_exactly_what_changed() {
    // covers: C5
    let edit = |line, quantity: &str| LineEdit {
        line: entry(line),
        description: None,
        quantity: Some(quantity.to_owned()),
        price_minor: None,
        source: None,
    };
    let price = LineEdit { price_minor: Some(5_000), quantity: None, ..edit(3, "") };
    let described = LineEdit { description: Some("Outro".to_owned()), quantity: None, ..edit(4, "") };
    let value = AnswerValue::Yes;
    let note = OrderCommand::AddNote { note: entry(0x61), text: "Mais".to_owned(), is_internal: false };
    let moved = OrderCommand::CorrectStamp {
        stamp: entry(0x63),
        corrects: entry(2),
        at: TimeClaim::by_server(NOON.plus_millis(60_000)),
        reason: "typed late".to_owned(),
    };
    let cases = [
        (OrderCommand::SetReason { reason: "Outra".to_owned() }, "plan/reason"),
        (OrderCommand::SetPlace { place: Place::InShop }, "plan/place"),
        (OrderCommand::SetEquipment { equipment: RECORD, is_included: false }, "plan/equipment/"),
        (OrderCommand::SetCustomer { customer: RECORD, contact: None, site: Some(RECORD) }, "plan/contact"),
        (
            OrderCommand::ChangeMaterial(edit(3, "2")),
            "materials/03030303-0303-0303-0303-030303030303/quantity",
        ),
        (OrderCommand::ChangeMaterial(price), "materials/03030303-0303-0303-0303-030303030303/price_minor"),
        (OrderCommand::ChangeService(described), "services/04040404-0404-0404-0404-040404040404/description"),
        (OrderCommand::RemoveService { line: entry(4) }, "services/04040404-0404-0404-0404-040404040404"),
        (
            OrderCommand::AnswerQuestion { question: "current".to_owned(), answer: value },
            "checklist/current/",
        ),
        (note, "notes/61616161-6161-6161-6161-616161616161"),
        (OrderCommand::AddPhoto(photo(0x64)), "photos/64646464-6464-6464-6464-646464646464"),
        (
            OrderCommand::CaptionPhoto { photo: entry(7), caption: "Antes".to_owned() },
            "photos/07070707-0707-0707-0707-070707070707/caption",
        ),
        (OrderCommand::RemovePhoto { photo: entry(7) }, "photos/07070707-0707-0707-0707-070707070707"),
        (moved, "visits/01010101-0101-0101-0101-010101010101/arrived"),
    ];
    for (command, expected) in cases {
        let mut desk = Desk::with_everything();
        desk.signs(0x51);

        desk.try_as(OFFICE, Role::Dispatcher, &command).unwrap();

        let order = desk.order();
        let Signing::NeedsSignature { signature, differences } = &order.signing else {
            panic!("{command:?} left the order signed");
        };
        assert_eq!(*signature, entry(0x51));
        let names = |difference: &Difference| match difference {
            Difference::Added { entry, .. } | Difference::Removed { entry, .. } => entry.clone(),
            Difference::Changed { field, .. } => field.clone(),
        };
        assert!(
            differences.iter().any(|difference| names(difference).starts_with(expected)),
            "{differences:?}"
        );
        let others = differences.iter().filter(|difference| {
            !names(difference).starts_with(expected) && names(difference) != "totals/total_minor"
        });
        assert_eq!(others.count(), 0, "{differences:?}");
        assert!(!order.guard_facts().is_signed);
        let asks = |kind: &AttentionKind| matches!(kind, AttentionKind::NeedsSignature { .. });
        assert!(order.attention.iter().any(|item| asks(&item.kind)));

        desk.signs(0x52);
        assert_eq!(desk.order().signing, Signing::Signed { signature: entry(0x52) }, "{command:?}");
    }
}

#[test]
fn a_change_that_is_taken_back_needs_no_new_signature() {
    let mut desk = Desk::with_everything();
    desk.signs(0x51);

    desk.office(OrderCommand::SetReason { reason: "Outra".to_owned() });
    assert!(matches!(desk.order().signing, Signing::NeedsSignature { .. }));
    desk.office(OrderCommand::SetReason { reason: "Câmara fria não gela".to_owned() });

    assert_eq!(desk.order().signing, Signing::Signed { signature: entry(0x51) });
}

#[test]
fn two_signatures_at_once_are_both_kept_and_the_office_hears_of_it() {
    // covers: C4
    let base = Desk::with_everything();
    let (mut one, mut other) = (base.copy(), base.copy());
    one.signs(0x51);
    let new = signature(0x52, &other.order());
    other.office(OrderCommand::Sign(Box::new(new)));

    let here = one.copy().merged_with(&other).order();
    let there = other.merged_with(&one).order();

    assert_eq!(here, there);
    assert_eq!(here.signatures.len(), 2);
    assert_eq!(here.signing, Signing::Signed { signature: entry(0x51) });
    let twice = AttentionKind::SignedTwice { signatures: vec![entry(0x51), entry(0x52)] };
    assert_eq!(here.attention.iter().filter(|item| item.kind == twice).count(), 1);
}

#[test]
fn the_same_signature_again_changes_nothing() {
    // covers: C4
    let mut desk = Desk::with_everything();
    let new = signature(0x51, &desk.order());
    desk.works(OrderCommand::Sign(Box::new(new.clone())));
    let heads = desk.document.heads();

    desk.works(OrderCommand::Sign(Box::new(new)));

    assert_eq!(desk.document.heads(), heads);
}

#[test]
fn a_refusal_with_its_reason_answers_but_does_not_sign() {
    let mut desk = Desk::with_everything();
    let refusal = NewSignature { refusal: Some("Preço".to_owned()), ..signature(0x51, &desk.order()) };

    desk.works(OrderCommand::Sign(Box::new(refusal)));

    assert_eq!(desk.order().signing, Signing::Refused { signature: entry(0x51) });
    assert!(desk.order().guard_facts().is_signed);
    desk.signs(0x52);
    assert_eq!(desk.order().signing, Signing::Signed { signature: entry(0x52) });
}

#[test]
fn an_approval_is_the_same_record_and_leaves_the_completion_open() {
    let mut desk = Desk::with_everything();
    let purpose = SignaturePurpose::Approval;
    let approval = NewSignature { purpose, ..signature(0x51, &desk.order()) };

    desk.office(OrderCommand::Sign(Box::new(approval)));

    assert_eq!(desk.order().signing, Signing::Unsigned);
    assert_eq!(desk.order().signatures[&entry(0x51)].purpose, purpose);
}

#[test]
fn the_document_number_is_stored_in_its_form_and_a_wrong_one_only_warns() {
    let mut desk = Desk::with_everything();
    desk.signs(0x51);
    let wrong =
        NewSignature { document_number: Some("529.982.247-26".to_owned()), ..signature(0x52, &desk.order()) };
    desk.works(OrderCommand::Sign(Box::new(wrong)));

    let order = desk.order();
    let number = |id| order.signatures[&entry(id)].document_number.clone().unwrap();

    assert_eq!(number(0x51), "52998224725");
    assert_eq!(order.signatures[&entry(0x51)].is_document_number_valid(), Some(true));
    assert_eq!(number(0x52), "529.982.247-26");
    assert_eq!(order.signatures[&entry(0x52)].is_document_number_valid(), Some(false));
}

#[test]
fn a_record_that_does_not_fit_is_refused_by_the_name_of_its_field() {
    let mut desk = Desk::with_everything();
    let good = signature(0x51, &desk.order());
    let seal = DeviceSeal { device: DeviceId::from_bytes([1; 16]), signature: "beef".to_owned() };
    let strokes = Some(BlobHash::from_bytes([1; 32]));
    let cases = [
        (NewSignature { signer_name: " ".to_owned(), ..good.clone() }, "signer_name"),
        (NewSignature { snapshot: "{}".to_owned(), ..good.clone() }, "snapshot"),
        (NewSignature { refusal: Some("no".to_owned()), strokes, ..good.clone() }, "strokes"),
        (NewSignature { refusal: Some(String::new()), ..good.clone() }, "refusal"),
        (good.sealed(seal), "seal"),
    ];
    for (new, field) in cases {
        let refused = desk.try_as(TECHNICIAN, Role::Technician, &OrderCommand::Sign(Box::new(new)));
        assert_eq!(refused, Err(Refused::InvalidValue { field }));
    }
    assert!(desk.order().signatures.is_empty());
}

#[test]
fn the_seal_names_every_field_of_the_record_but_itself() {
    let mut desk = Desk::with_everything();
    let seal = DeviceSeal { device: DeviceId::from_bytes([1; 16]), signature: "ab".repeat(64) };
    let new = signature(0x51, &desk.order()).sealed(seal);
    desk.works(OrderCommand::Sign(Box::new(new)));
    let record = desk.order().signatures[&entry(0x51)].clone();
    let text = seal_text(ORDER, entry(0x51), &record);

    let mut changed = vec![];
    let fields: Value = serde_json::from_str(&unsealed_record(&record)).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        let other = match value {
            Value::String(_) if name == "snapshot_sha256" || name == "strokes" => json!("00".repeat(32)),
            Value::String(_) if name == "by" || name == "device" => json!("00".repeat(16)),
            Value::String(_) if name == "purpose" => json!("approval"),
            Value::String(_) if name == "document_kind" => json!("cnpj"),
            Value::String(_) if name == "at" => {
                json!(serde_json::to_string(&TimeClaim::by_server(Timestamp(1))).unwrap())
            }
            Value::String(text) => json!(format!("{text}.")),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => json!(7),
        };
        let mut altered = fields.clone();
        altered[name] = other;
        altered["seal"] = json!("ab".repeat(64));
        let altered = serde_json::from_value(altered).unwrap();
        assert_ne!(seal_text(ORDER, entry(0x51), &altered), text, "{name}");
        changed.push(name.clone());
    }

    assert!(changed.len() >= 12, "{changed:?}");
    assert_ne!(seal_text(OrderId::from_bytes([1; 16]), entry(0x51), &record), text);
    assert_ne!(seal_text(ORDER, entry(0x52), &record), text);
}
