//! Every matter has one whole sentence in every language, and the sentences of the design read word for word.

use sync_core::document::OrderDocument;
use sync_core::evidence::Difference;
use sync_core::ids::{ChangeHash, EntryId};
use sync_core::message::{HeldReason, RejectCode};
use sync_core::order::entry::RaisedKind;
use sync_core::order::status::{HistoryStep, StatusAttention, StepOutcome, VoidReason};
use sync_core::order::visit::VisitState;
use sync_core::order::{AttentionItem, AttentionKind, Conflict, ConflictField, Refused, Side};
use sync_core::time::{TimeClaim, TimeTrust};
use sync_core::workflow::{Guard, Role, StateKey, Workflow};

use super::*;

const ANA: UserId = UserId::from_bytes([0xA1; 16]);
const ION: UserId = UserId::from_bytes([0x10; 16]);
const OFFICE: UserId = UserId::from_bytes([0x0F; 16]);
/// 12 November 2026, 13:00 in Brasília.
const NOON: Timestamp = Timestamp(1_794_499_200_000);
const MINUTE_MS: i64 = 60_000;

fn names() -> Names {
    Names {
        people: [(ANA, "Ana".to_owned()), (ION, "Ion".to_owned())].into(),
        access_ended: [(ION, NOON.plus_millis(-60 * MINUTE_MS))].into(),
        ..Names::default()
    }
}

fn wording(language: Language, names: &Names, reader: Option<UserId>) -> Wording<'_> {
    Wording { language, zone: zone("America/Sao_Paulo"), currency: "BRL", now: NOON, reader, names }
}

/// A moment of the day of `NOON`, as Brasília's wall clock shows it.
fn at(hour: i64, minute: i64) -> Timestamp {
    NOON.plus_millis(((hour - 13) * 60 + minute) * MINUTE_MS)
}

fn id(byte: u8) -> EntryId {
    EntryId::from_bytes([byte; 16])
}

fn step(byte: u8, to: &str, by: UserId, role: Role, at: Timestamp) -> HistoryStep {
    HistoryStep {
        id: id(byte),
        from: StateKey::new("created"),
        to: StateKey::new(to),
        by,
        role,
        at: TimeClaim::by_server(at),
        reason: None,
        outcome: StepOutcome::Counted,
    }
}

fn order() -> Order {
    let (mut order, _) = Order::read(&OrderDocument::new(), &Workflows::default());
    order.status.history = vec![
        step(1, "cancelled", OFFICE, Role::Dispatcher, at(10, 5)),
        step(2, "done", ANA, Role::Technician, at(10, 40)),
        step(3, "elsewhere", ION, Role::Technician, at(10, 41)),
    ];
    order
}

fn tell(kind: AttentionKind, language: Language) -> String {
    let item = AttentionItem { key: "key".to_owned(), kind };
    let workflow = Workflow::builtin("field-service@1").unwrap();
    attention(&item, &order(), workflow, &wording(language, &names(), None))
}

fn side(value: serde_json::Value, by: UserId, at: Timestamp) -> Side {
    Side {
        value,
        by: Some(by),
        is_office: by == OFFICE,
        at,
        change: ChangeHash::from_bytes([by.as_bytes()[0]; 32]),
    }
}

fn disagreement(field: ConflictField, kept: serde_json::Value, other: serde_json::Value) -> Conflict {
    Conflict {
        path: "plan/window".to_owned(),
        field,
        kept: side(kept, ANA, at(10, 20)),
        others: vec![side(other, OFFICE, at(10, 12))],
    }
}

fn hours(start: i64, end: i64) -> serde_json::Value {
    format!("{{\"start\":{},\"end\":{}}}", at(start, 0).0, at(end, 0).0).into()
}

fn plan(name: &str) -> ConflictField {
    ConflictField::Plan { name: name.to_owned() }
}

fn line(name: &str) -> ConflictField {
    let description = "Filter 20 cm".to_owned();
    ConflictField::Line { line: id(9), description, name: name.to_owned() }
}

fn check_sentence(language: Language, sentence: &str) {
    assert!(!sentence.is_empty(), "{language:?}: no sentence");
    assert!(!sentence.contains(['{', '}', '$']) || sentence.contains("R$ "), "{language:?}: {sentence}");
    assert!(sentence.ends_with(['.', '"', '”', '»']), "{language:?}: {sentence}");
    let first = sentence.chars().next().unwrap();
    assert!(!first.is_lowercase(), "{language:?}: {sentence}");
}

fn every_difference() -> Vec<Difference> {
    let entry = |area: &str| format!("{area}/{}", id(5));
    let fields = |name: &str, value: &str| [(name.to_owned(), value.into())].into();
    let changed = |field: &str, signed: Option<serde_json::Value>, now: Option<serde_json::Value>| {
        Difference::Changed { field: field.to_owned(), signed, now }
    };
    vec![
        Difference::Added { entry: entry("materials"), fields: fields("description", "Capacitor 35 µF") },
        Difference::Removed { entry: entry("notes"), fields: fields("text", &"x".repeat(200)) },
        Difference::Removed { entry: entry("photos"), fields: fields("stage", "after") },
        Difference::Added { entry: entry("visits"), fields: fields("technician", &ANA.to_string()) },
        changed("plan/place", Some("on_site".into()), Some("in_shop".into())),
        changed("plan/reason", Some("Fuga".into()), None),
        changed("totals/total_minor", Some(9_900.into()), Some(12_350.into())),
        changed("checklist/gas/value/kind", Some("yes".into()), Some("no".into())),
        changed(&format!("visits/{}/arrived", id(5)), Some(at(10, 0).0.into()), Some(at(10, 5).0.into())),
    ]
}

/// Every kind of attention item there is; the match below stops compiling when one is added.
fn every_attention() -> Vec<AttentionKind> {
    const fn is_listed(kind: &AttentionKind) {
        match kind {
            AttentionKind::Status { .. }
            | AttentionKind::FarCheckIn { .. }
            | AttentionKind::Clock { .. }
            | AttentionKind::Raised { .. }
            | AttentionKind::NeedsSignature { .. }
            | AttentionKind::SignedTwice { .. }
            | AttentionKind::TakenTwice { .. }
            | AttentionKind::PaidTwice { .. }
            | AttentionKind::ManyActors { .. } => {}
        }
    }
    let raised = |raised, areas: &[&str]| AttentionKind::Raised {
        raised,
        about: ION,
        entries: areas.iter().map(|area| format!("{area}/{}", id(5))).collect(),
    };
    let far = |distance_m, reason: Option<&str>| AttentionKind::FarCheckIn {
        visit: id(4),
        technician: ANA,
        distance_m,
        reason: reason.map(str::to_owned),
    };
    let status = |status| AttentionKind::Status { status };
    let why = [
        VoidReason::UnknownPast,
        VoidReason::CyclicPast,
        VoidReason::UnknownState,
        VoidReason::NoTransition,
        VoidReason::RoleNotAllowed,
    ];
    let mut kinds = vec![
        status(StatusAttention::DoneBeatsCancel { cancel: id(1), done: id(2) }),
        status(StatusAttention::StatusOverruled { winner: id(2), loser: id(1) }),
        status(StatusAttention::StatusOverruled { winner: id(2), loser: id(77) }),
        far(2_130, Some("other gate")),
        far(340, None),
        AttentionKind::Clock { technician: ANA, offset_ms: -3 * 60 * MINUTE_MS },
        AttentionKind::Clock { technician: ANA, offset_ms: 30 * 24 * 60 * MINUTE_MS },
        AttentionKind::ManyActors { count: 201 },
        AttentionKind::SignedTwice { signatures: vec![id(1), id(2)] },
        AttentionKind::TakenTwice { technicians: vec![ANA, ION], is_begun: false },
        AttentionKind::TakenTwice { technicians: vec![ION, ANA], is_begun: true },
        AttentionKind::PaidTwice {
            payments: vec![id(1), id(2)],
            people: vec![ANA, ION],
            amount_minor: 9_180,
            currency: "BRL".to_owned(),
        },
        AttentionKind::NeedsSignature { signature: id(1), differences: every_difference() },
        AttentionKind::NeedsSignature { signature: id(1), differences: every_difference().split_off(5) },
        raised(RaisedKind::LateWork, &["visits"; 3]),
        raised(RaisedKind::WorkAfterReassignment, &["visits"]),
        raised(RaisedKind::RuleBroken, &["materials"]),
        raised(RaisedKind::RuleBroken, &["services"; 21]),
        raised(RaisedKind::RuleBroken, &["services", "materials"]),
        raised(RaisedKind::Deposited, &["notes"; 20]),
    ];
    kinds.extend(why.map(|why| status(StatusAttention::RuleBroken { event: id(3), why })));
    kinds.iter().for_each(is_listed);
    kinds
}

#[test]
fn every_attention_item_is_one_sentence_in_every_language() {
    for language in Language::ALL {
        for kind in every_attention() {
            check_sentence(language, &tell(kind, language));
        }
    }
}

#[test]
fn every_disagreement_is_one_sentence_in_every_language_for_every_reader() {
    let answer = serde_json::to_string(&serde_json::json!({
        "value": {"kind": "number", "value": "4.5", "unit": "bar"},
        "by": ANA, "at": TimeClaim::by_server(NOON),
    }));
    let disagreements = [
        disagreement(plan("window"), hours(15, 16), hours(14, 15)),
        disagreement(plan("window"), serde_json::Value::Null, hours(38, 39)),
        disagreement(plan("promised"), NOON.0.into(), at(40, 0).0.into()),
        disagreement(plan("duration_minutes"), 90.into(), 45.into()),
        disagreement(plan("priority"), "urgent".into(), "critical".into()),
        disagreement(plan("place"), "in_shop".into(), "on_site".into()),
        disagreement(plan("site"), id(3).to_string().into(), "x".into()),
        disagreement(plan("a_field_of_tomorrow"), true.into(), 1.into()),
        disagreement(ConflictField::Assignee { technician: ION }, "lead".into(), "".into()),
        disagreement(line("quantity"), "1.5".into(), "2".into()),
        disagreement(line("price_minor"), 142_000.into(), 4_590.into()),
        disagreement(line("description"), "a".into(), "b".into()),
        disagreement(
            ConflictField::Answer { question: "pressure".to_owned() },
            answer.unwrap().into(),
            "no".into(),
        ),
        disagreement(
            ConflictField::RemovedLine { line: id(9), description: "Filter 20 cm".to_owned() },
            "{}".into(),
            "3".into(),
        ),
    ];
    for language in Language::ALL {
        for reader in [None, Some(ANA), Some(OFFICE)] {
            for item in &disagreements {
                check_sentence(language, &conflict(item, &wording(language, &names(), reader)));
            }
        }
    }
}

#[test]
fn every_refusal_is_one_sentence_in_every_language() {
    let guards = vec![
        Guard::ChecklistComplete,
        Guard::Signed,
        Guard::MinimumPhotos(3),
        Guard::QuoteApproved,
        Guard::CheckedOut,
        Guard::ReportText,
        Guard::Paid,
        Guard::HasAssignee,
        Guard::HasWindow,
    ];
    let state = StateKey::new("done");
    let refusals = [
        Refused::RoleForbidden,
        Refused::NotAssigned,
        Refused::OrderClosed,
        Refused::WrongMoment,
        Refused::NoSuchEntry,
        Refused::InvalidValue { field: "quantity" },
        Refused::NoTransition { from: state.clone(), to: StateKey::new("elsewhere") },
        Refused::ReasonRequired,
        Refused::GuardsUnmet(guards),
        Refused::VisitStep { state: VisitState::Paused },
        Refused::Immutable,
    ];
    let workflow = Workflow::builtin("field-service@1").unwrap();
    for language in Language::ALL {
        let names = names();
        let wording = wording(language, &names, None);
        let told = refusals.iter().map(|item| refused(item, workflow, &wording));
        let codes = RejectCode::ALL.iter().cloned().chain([RejectCode::from("of_tomorrow")]);
        let reasons = HeldReason::ALL.iter().cloned().chain([HeldReason::from("of_tomorrow")]);
        let told = told.chain(codes.map(|code| rejected(&code, &wording)));
        let told: Vec<_> = told.chain(reasons.map(|reason| held(&reason, &wording))).collect();
        told.iter().for_each(|sentence| check_sentence(language, sentence));
    }
}

#[test]
fn every_step_of_the_history_is_one_sentence_in_every_language() {
    let workflow = Workflow::builtin("field-service@1").unwrap();
    let outcomes = [StepOutcome::Counted, StepOutcome::Repeated, StepOutcome::Void(VoidReason::NoTransition)];
    for language in Language::ALL {
        for role in Role::ALL {
            for outcome in outcomes {
                for reason in [None, Some("no access".to_owned())] {
                    let step = HistoryStep { outcome, reason, ..step(1, "done", ION, role, NOON) };
                    check_sentence(
                        language,
                        &history_step(&step, workflow, &wording(language, &names(), None)),
                    );
                }
            }
        }
    }
}

#[test]
fn the_window_disagreement_reads_as_designed() {
    let item = disagreement(plan("window"), hours(15, 16), hours(14, 15));
    let told = Language::ALL.map(|language| conflict(&item, &wording(language, &names(), Some(ANA))));

    assert_eq!(
        told,
        [
            "Time window: office set 14:00–15:00 at 10:12; you set 15:00–16:00 at 10:20. Kept: yours.",
            "Horário: o escritório definiu 14:00–15:00 às 10:12; você definiu 15:00–16:00 às 10:20. \
             Vale a sua versão.",
            "Horario: la oficina puso 14:00–15:00 a las 10:12; tú pusiste 15:00–16:00 a las 10:20. \
             Vale tu versión.",
            "Interval: biroul a stabilit 14:00–15:00 la 10:12; tu ai stabilit 15:00–16:00 la 10:20. \
             Rămâne varianta ta.",
        ]
    );
}

#[test]
fn the_removed_line_reads_as_designed() {
    let field = ConflictField::RemovedLine { line: id(9), description: "Filter 20 cm".to_owned() };
    let mut item = disagreement(field, "{}".into(), "3".into());
    item.others[0] = side("3".into(), ION, at(10, 12));

    let told = conflict(&item, &wording(Language::English, &names(), Some(ION)));

    assert_eq!(told, "Ana removed \"Filter 20 cm\"; you set it to 3. Kept: removed.");
}

#[test]
fn attention_items_read_as_designed() {
    let english = |kind| tell(kind, Language::English);
    let kinds = every_attention();
    let raised = |kind, count, area: &str| AttentionKind::Raised {
        raised: kind,
        about: ION,
        entries: vec![area.to_owned(); count],
    };

    assert_eq!(
        english(kinds[0].clone()),
        "The office cancelled at 10:05; Ana finished at 10:40 without knowing. The work counts."
    );
    assert_eq!(english(kinds[3].clone()), "Checked in 2.1 km from the site: \"other gate\".");
    assert_eq!(
        english(raised(RaisedKind::RuleBroken, 1, "materials/1")),
        "Ion added a material without permission. It was taken out; history keeps it."
    );
    assert_eq!(
        english(raised(RaisedKind::Deposited, 4, "notes/1")),
        "4 entries by Ion, whose access ended on Nov 12."
    );
    assert_eq!(
        tell(raised(RaisedKind::Deposited, 1, "notes/1"), Language::Portuguese),
        "1 registro de Ion, cujo acesso terminou em 12/11/2026."
    );
}

#[test]
fn the_owner_of_a_wrong_clock_is_told_about_this_phone() {
    let item = AttentionItem {
        key: "clock".to_owned(),
        kind: AttentionKind::Clock { technician: ANA, offset_ms: -3 * 60 * MINUTE_MS },
    };
    let workflow = Workflow::builtin("field-service@1").unwrap();
    let names = names();

    let told = attention(&item, &order(), workflow, &wording(Language::English, &names, Some(ANA)));

    assert_eq!(told, "This phone's clock is 3 h ahead. Times are estimated.");
}

#[test]
fn romanian_counts_in_three_forms() {
    let told = |count| {
        let entries = vec!["notes/1".to_owned(); count];
        tell(AttentionKind::Raised { raised: RaisedKind::LateWork, about: ION, entries }, Language::Romanian)
    };

    assert!(told(1).starts_with("1 înregistrare "));
    assert!(told(4).starts_with("4 înregistrări "));
    assert!(told(20).starts_with("20 de înregistrări "));
}

#[test]
fn a_time_that_is_not_known_well_is_about() {
    let vague =
        TimeClaim { trust: TimeTrust::DeviceOnly, uncertainty_ms: None, ..TimeClaim::by_server(at(10, 20)) };
    let workflow = Workflow::builtin("field-service@1").unwrap();
    let step = HistoryStep { at: vague, ..step(1, "on_site", ANA, Role::Technician, NOON) };

    let told = |language| history_step(&step, workflow, &wording(language, &names(), None));

    assert_eq!(told(Language::English), "Ana set it to \"On site\" about 10:20.");
    assert_eq!(told(Language::Portuguese), "Ana mudou para “No cliente” por volta das 10:20.");
}

#[test]
fn amounts_and_quantities_carry_the_mark_of_the_language() {
    let price = disagreement(line("price_minor"), 142_000.into(), 4_590.into());
    let quantity = disagreement(line("quantity"), "1.5".into(), "2".into());
    let told = |item, language| conflict(item, &wording(language, &names(), Some(ANA)));

    assert!(told(&price, Language::English).contains("you set R$ 1,420.00 at"));
    assert!(told(&price, Language::Portuguese).contains("você definiu R$ 1.420,00 às"));
    assert!(
        told(&quantity, Language::Romanian)
            .starts_with("Cantitate pentru „Filter 20 cm”: biroul a stabilit 2 ")
    );
    assert!(told(&quantity, Language::Spanish).contains("pusiste 1,5 "));
}

#[test]
fn every_language_has_the_same_messages() {
    for language in Language::ALL {
        assert_eq!(words::keys(language), words::keys(Language::English), "{language:?}");
    }
}
