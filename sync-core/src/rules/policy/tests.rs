//! Path × kind of write × role × assignment × phase: every cell as committed in `table.txt`, read by a person.

use std::fmt::Write as _;

use super::*;
use crate::document::OrderDocument;
use crate::order::command::{NewAssignee, NewExpense, NewLine, NewOrder, NewPayment, NewPhoto, NewSignature};
use crate::order::entry::{PhotoStage, SignaturePurpose};
use crate::order::plan::CrewRole;
use crate::order::{CommandContext, OrderCommand, Workflows, perform};
use crate::time::{TimeClaim, Timestamp};
use crate::workflow::StateKey;

const SELF: UserId = UserId::from_bytes([0xA1; 16]);
const OTHER: UserId = UserId::from_bytes([0x10; 16]);
const PEN: ActorId = ActorId::from_bytes([0xA1; 16]);
const OWN_ENTRY: EntryId = EntryId::from_bytes([0x51; 16]);
const OTHERS_ENTRY: EntryId = EntryId::from_bytes([0x52; 16]);
const FRESH_ENTRY: EntryId = EntryId::from_bytes([0x53; 16]);

fn snapshot() -> String {
    let empty = Order::read(&OrderDocument::new(), &Workflows::default()).0;
    Snapshot::of(&empty, crate::ids::OrderId::from_bytes([0; 16]), "pt-BR", "terms").to_text()
}

/// Records entries of `by` under `id`, whatever the rules say.
fn record(document: &mut OrderDocument, by: UserId, id: EntryId) {
    let line = NewLine {
        line: id,
        item: None,
        description: "Filter".to_owned(),
        quantity: "1".to_owned(),
        unit: None,
        price_minor: None,
        source: None,
        is_additional: false,
    };
    let sha256 = crate::ids::BlobHash::from_bytes([1; 32]);
    let photo = NewPhoto {
        photo: id,
        sha256,
        size_bytes: 1,
        media_type: "image/jpeg".to_owned(),
        stage: PhotoStage::Before,
        caption: None,
        position: None,
    };
    let signature = NewSignature {
        signature: id,
        purpose: SignaturePurpose::Completion,
        index: 0,
        signer_name: "Maria".to_owned(),
        document_kind: None,
        document_number: None,
        signer_role: None,
        strokes: None,
        snapshot: snapshot(),
        heads: String::new(),
        refusal: None,
        position: None,
        at: None,
        seal: None,
    };
    let expense = NewExpense {
        expense: id,
        kind: "toll".to_owned(),
        amount_minor: 1,
        currency: "BRL".to_owned(),
        description: None,
        receipt: None,
    };
    let payment = NewPayment {
        payment: id,
        method: "cash".to_owned(),
        amount_minor: 1,
        currency: "BRL".to_owned(),
        reference: None,
    };
    let stamp =
        crate::order::command::VisitStamp { visit: id, stamp: id, position: None, reason: None, then: None };
    for command in [
        OrderCommand::AddMaterial(line.clone()),
        OrderCommand::AddService(line),
        OrderCommand::AddPhoto(photo),
        OrderCommand::Sign(Box::new(signature)),
        OrderCommand::AddExpense(expense),
        OrderCommand::RecordPayment(payment),
        OrderCommand::AddNote { note: id, text: "x".to_owned(), is_internal: false },
        OrderCommand::CheckIn(stamp),
    ] {
        force(document, by, &command);
    }
}

/// Performs a command with the rights of the server and the name of a person.
fn force(document: &mut OrderDocument, by: UserId, command: &OrderCommand) {
    let workflows = Workflows::default();
    let at = TimeClaim::by_server(Timestamp(1));
    let context = CommandContext { user: by, role: Role::System, at, site: None, workflows: &workflows };
    perform(document, command, &context, ActorId::from_bytes([0xEE; 16])).unwrap();
}

fn order(phase: Phase, is_assigned: bool) -> Order {
    let mut document = OrderDocument::new();
    if phase != Phase::Absent {
        let technician = if is_assigned { SELF } else { OTHER };
        let assignees = vec![NewAssignee { technician, role: CrewRole::Lead }];
        let new = NewOrder { assignees, ..NewOrder::default() };
        force(&mut document, OTHER, &OrderCommand::CreateOrder(Box::new(new)));
        record(&mut document, SELF, OWN_ENTRY);
        record(&mut document, OTHER, OTHERS_ENTRY);
    }
    let steps: &[&str] = match phase {
        Phase::Absent => &[],
        Phase::Open => &["on_site"],
        Phase::Done => &["on_site", "done"],
        Phase::Ended => &["cancelled"],
    };
    for (index, step) in (0_u8..).zip(steps) {
        let event = if index == 0 { OTHERS_ENTRY } else { OWN_ENTRY };
        let stamp = crate::order::command::VisitStamp {
            visit: if index == 0 { OWN_ENTRY } else { OTHERS_ENTRY },
            stamp: EntryId::from_bytes([0x60 + index; 16]),
            position: None,
            reason: None,
            then: None,
        };
        force(&mut document, if index == 0 { SELF } else { OTHER }, &OrderCommand::CheckOut(stamp));
        let to = StateKey::new(*step);
        force(&mut document, OTHER, &OrderCommand::ChangeStatus { event, to, reason: Some("x".to_owned()) });
    }
    Order::read(&document, &Workflows::default()).0
}

/// Path patterns and a value that is acceptable there.
fn rows() -> Vec<(String, Scalar)> {
    let own_text = format!("{SELF}/");
    let stamped = |by: UserId| Scalar::Text(format!("{{\"by\":\"{by}\"}}"));
    let text = || Scalar::from("x");
    let mut rows = vec![
        (format!("authors/{PEN}"), Scalar::Text(own_text)),
        (format!("authors/{}", ActorId::from_bytes([9; 16])), text()),
        ("plan/number".to_owned(), text()),
        ("plan/reason".to_owned(), text()),
        ("plan/a_later_field".to_owned(), text()),
        ("plan/created_by".to_owned(), Scalar::Text(SELF.to_string())),
        ("plan/assignees".to_owned(), text()),
        (format!("plan/assignees/{SELF}"), Scalar::from("lead")),
        ("plan/assignees/nobody".to_owned(), Scalar::from("lead")),
        (format!("plan/equipment/{OTHERS_ENTRY}"), Scalar::Bool(true)),
        ("checklist/q1".to_owned(), stamped(SELF)),
        ("checklist/q2".to_owned(), stamped(OTHER)),
        ("decisions/k1".to_owned(), stamped(SELF)),
        ("decisions/k2".to_owned(), stamped(OTHER)),
        (format!("attention/{FRESH_ENTRY}"), text()),
        ("quote/x".to_owned(), text()),
        ("extra/x".to_owned(), text()),
        ("schema".to_owned(), Scalar::Int(2)),
        ("unheard_of/x".to_owned(), text()),
    ];
    for area in
        ["status", "visits", "materials", "services", "notes", "photos", "expenses", "payments", "signatures"]
    {
        rows.push((format!("{area}/{FRESH_ENTRY}"), text()));
        rows.push((format!("{area}/{FRESH_ENTRY}/reason"), text()));
        for field in ["quantity", "price_minor", "caption", "by", "a_later_field"] {
            rows.push((format!("{area}/{OTHERS_ENTRY}/{field}"), text()));
        }
        rows.push((format!("{area}/{OWN_ENTRY}/removed"), stamped(SELF)));
        rows.push((format!("{area}/{OTHERS_ENTRY}/removed"), stamped(SELF)));
        rows.push((format!("{area}/{OTHERS_ENTRY}/removed"), stamped(OTHER)));
    }
    rows
}

fn cell(write: &Write, before: &Order, role: Role) -> char {
    let own_text = ActorAuthor { user: SELF, role }.to_text();
    let write = match write {
        Write::Put(path, Scalar::Text(text)) if text.ends_with('/') => {
            Write::Put(path.clone(), Scalar::Text(own_text))
        }
        other @ (Write::Put(..) | Write::Make(_) | Write::Delete(_)) => other.clone(),
    };
    let writer = Writer { user: SELF, role, actor: PEN };
    let Err(violation) = judge(&[write], before, writer, OrganizationRules::default()) else { return '.' };
    if violation.code == RejectCode::ForbiddenField {
        return 'f';
    }
    let letters = [
        (RejectCode::Immutable, 'i'),
        (RejectCode::NotAssigned, 'n'),
        (RejectCode::UnknownOrder, 'u'),
        (RejectCode::Structure, 's'),
    ];
    letters
        .into_iter()
        .find(|(code, _)| *code == violation.code)
        .expect("the policy gives only these codes")
        .1
}

fn table() -> (String, usize) {
    let mut orders = Vec::new();
    for is_assigned in [true, false] {
        orders.push(Phase::ALL.map(|phase| order(phase, is_assigned)));
    }
    let mut text = String::from(
        "# rows: path and kind of write; columns: role, assigned then not; letters: absent, open, done, ended order\n\
         # . allowed  f forbidden_field  i immutable  n not_assigned  u unknown_order  s structure\n\
         # admin     dispatcher technician viewer    customer  system\n",
    );
    let mut cells = 0;
    for (path, value) in rows() {
        let path = Path::parse(&path);
        let kinds = [
            ("put", Write::Put(path.clone(), value.clone())),
            ("make", Write::Make(path.clone())),
            ("delete", Write::Delete(path.clone())),
        ];
        for (kind, write) in kinds {
            for role in Role::ALL {
                for orders in &orders {
                    let letters: String = orders.iter().map(|order| cell(&write, order, role)).collect();
                    cells += letters.len();
                    text.push_str(&letters);
                    text.push(' ');
                }
            }
            writeln!(text, "{kind:6} {path}").unwrap();
        }
    }
    (text, cells)
}

#[test]
fn every_cell_of_the_policy_is_as_committed() {
    // covers: F2
    let (text, cells) = table();

    assert!(cells >= 5_000, "{cells}");
    let committed = include_str!("table.txt");
    for (line, (found, expected)) in text.lines().zip(committed.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", line + 1);
    }
    assert_eq!(text.lines().count(), committed.lines().count());
}

#[test]
fn a_price_is_refused_where_the_organization_does_not_leave_it_to_technicians() {
    let before = order(Phase::Open, true);
    let path = Path::parse(&format!("materials/{OTHERS_ENTRY}/price_minor"));
    let write = [Write::Put(path.clone(), Scalar::Int(5))];
    let rules = OrganizationRules { technicians_set_prices: false, ..OrganizationRules::default() };
    let by = |role| Writer { user: SELF, role, actor: PEN };

    let refused = Violation { code: RejectCode::ForbiddenField, path: Some(path.to_string()) };
    assert_eq!(judge(&write, &before, by(Role::Technician), rules), Err(refused));
    assert_eq!(judge(&write, &before, by(Role::Dispatcher), rules), Ok(()));
}

#[test]
fn an_area_that_is_full_takes_no_further_entry() {
    // covers: F10
    let before = order(Phase::Open, true);
    let writes: Vec<_> = (0..1_000_u64)
        .map(|number| {
            let mut id = [0_u8; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            Write::Make(Path::new(["notes".to_owned(), EntryId::from_bytes(id).to_string()]))
        })
        .collect();
    let writer = Writer { user: SELF, role: Role::Dispatcher, actor: PEN };

    let violation = judge(&writes, &before, writer, OrganizationRules::default()).unwrap_err();

    assert_eq!(violation.code, RejectCode::Structure);
}

#[test]
fn an_entry_that_only_a_newer_app_can_read_is_not_written_over() {
    // covers: B10
    let mut document = OrderDocument::new();
    force(&mut document, OTHER, &OrderCommand::CreateOrder(Box::default()));
    let entry = Path::parse(&format!("notes/{OTHERS_ENTRY}"));
    let newer = [Write::Make(entry.clone()), Write::Put(entry.join("drawing"), Scalar::from("later format"))];
    document.commit(ActorId::from_bytes([0xEE; 16]), Timestamp(1), &newer).unwrap();
    let before = Order::read(&document, &Workflows::default()).0;
    let writer = Writer { user: SELF, role: Role::Dispatcher, actor: PEN };

    let violation = judge(&[Write::Make(entry)], &before, writer, OrganizationRules::default()).unwrap_err();

    assert_eq!(violation.code, RejectCode::Immutable);
}

#[test]
fn a_signature_record_that_names_another_snapshot_is_refused() {
    let before = order(Phase::Open, true);
    let entry = Path::parse(&format!("signatures/{FRESH_ENTRY}"));
    let writer = Writer { user: SELF, role: Role::Technician, actor: PEN };
    let signed = |snapshot: String, name: String| {
        let put = |field: &str, text: String| Write::Put(entry.join(field), Scalar::Text(text));
        let writes = [
            Write::Make(entry.clone()),
            put("snapshot", snapshot),
            put("snapshot_sha256", name),
            put("by", SELF.to_string()),
        ];
        judge(&writes, &before, writer, OrganizationRules::default())
    };
    let honest = snapshot();
    let forged = honest.replace("terms", "other terms");
    let spaced = honest.replacen(':', ": ", 1);
    let name = |text: &str| Snapshot::hash(text).to_string();

    assert_eq!(signed(honest.clone(), name(&honest)), Ok(()));
    for (snapshot, name) in
        [(forged, name(&honest)), (spaced.clone(), name(&spaced)), (honest, String::new())]
    {
        let violation = signed(snapshot, name).unwrap_err();
        assert_eq!(violation.code, RejectCode::ForbiddenField);
        assert_eq!(violation.path, Some(format!("signatures/{FRESH_ENTRY}/snapshot_sha256")));
    }
}
