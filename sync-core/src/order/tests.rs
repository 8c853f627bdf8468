//! Stories of one order, told with commands on two or three documents.

mod disagreements;
mod taken_back;
mod visits;

use super::command::{LineEdit, NewAssignee, NewLine, NewOrder, NewPayment, StatusStep, VisitStamp};
use super::*;
use crate::time::{TimeClaim, Timestamp};

const ANA: UserId = UserId::from_bytes([0xA1; 16]);
const ION: UserId = UserId::from_bytes([0x10; 16]);
const OFFICE: UserId = UserId::from_bytes([0x0F; 16]);

/// One person with a copy of the order.
struct Hand {
    document: OrderDocument,
    user: UserId,
    role: Role,
    actor: ActorId,
    clock: i64,
    workflows: Workflows,
}

impl Hand {
    fn new(user: UserId, role: Role) -> Self {
        let actor = ActorId::from_bytes(*user.as_bytes());
        Self {
            document: OrderDocument::new(),
            user,
            role,
            actor,
            clock: 1_000,
            workflows: Workflows::default(),
        }
    }

    fn copy_of(other: &Self, user: UserId, role: Role) -> Self {
        Self { document: other.document.clone(), ..Self::new(user, role) }
    }

    fn try_do(&mut self, command: &OrderCommand) -> Result<Option<Change>, Refused> {
        self.clock += 1_000;
        let at = TimeClaim::by_server(Timestamp(self.clock));
        let context = CommandContext {
            user: self.user,
            role: self.role,
            at,
            site: Some(Position { latitude_e7: 0, longitude_e7: 0, accuracy_m: None, is_mock: false }),
            workflows: &self.workflows,
        };
        perform(&mut self.document, command, &context, self.actor)
    }

    fn does(&mut self, command: OrderCommand) -> &mut Self {
        self.try_do(&command).unwrap();
        self
    }

    fn hears(&mut self, other: &Self) -> &mut Self {
        self.document.merge_saved(&other.document.save()).unwrap();
        self
    }

    fn order(&self) -> Order {
        let (order, problems) = Order::read(&self.document, &self.workflows);
        assert_eq!(problems, []);
        order
    }
}

fn id(byte: u8) -> EntryId {
    EntryId::from_bytes([byte; 16])
}

fn state(key: &str) -> StateKey {
    StateKey::new(key)
}

fn filter() -> OrderCommand {
    OrderCommand::AddMaterial(NewLine {
        line: id(1),
        item: None,
        description: "Filter 20 cm".to_owned(),
        quantity: "2".to_owned(),
        unit: None,
        price_minor: Some(4_590),
        source: None,
        is_additional: false,
    })
}

fn quantity(quantity: &str) -> OrderCommand {
    OrderCommand::ChangeMaterial(LineEdit {
        line: id(1),
        description: None,
        quantity: Some(quantity.to_owned()),
        price_minor: None,
        source: None,
    })
}

fn stamp(byte: u8, then: Option<(u8, &str)>) -> VisitStamp {
    VisitStamp {
        visit: id(0x50),
        stamp: id(byte),
        position: None,
        reason: None,
        then: then.map(|(event, to)| StatusStep { event: id(event), to: state(to) }),
    }
}

fn assigned_order() -> Hand {
    let mut office = Hand::new(OFFICE, Role::Dispatcher);
    let assignees = [(ANA, CrewRole::Lead), (ION, CrewRole::Helper)]
        .map(|(technician, role)| NewAssignee { technician, role })
        .to_vec();
    let new = NewOrder { reason: Some("no cooling".to_owned()), assignees, ..NewOrder::default() };
    office.does(OrderCommand::CreateOrder(Box::new(new)));
    office
}

#[test]
fn work_of_two_technicians_and_the_office_merges_line_by_line() {
    let mut office = assigned_order();
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);
    let mut ion = Hand::copy_of(&office, ION, Role::Technician);

    ana.does(filter());
    ion.does(OrderCommand::AddNote { note: id(2), text: "belt worn".to_owned(), is_internal: false });
    office.does(OrderCommand::SetPriority { priority: Priority::Urgent });
    office.hears(&ana).hears(&ion);
    ana.hears(&office);

    let order = office.order();
    assert_eq!(order.materials.len(), 1);
    assert_eq!(order.notes[&id(2)].by, ION);
    assert_eq!(order.plan.priority, Priority::Urgent);
    assert_eq!(order.total_minor(), Some(9_180));
    assert_eq!(order.conflicts, []);
    assert_eq!(ana.order(), order);
}

#[test]
fn a_window_set_twice_is_one_sentence_and_one_tap() {
    let mut office = assigned_order();
    let mut creator = Hand::copy_of(&office, OFFICE, Role::Admin);
    creator.actor = ActorId::from_bytes([7; 16]);
    let window = |hour: i64| OrderCommand::Schedule {
        window: Some(Window { start: Timestamp(hour), end: Timestamp(hour + 1) }),
        duration_minutes: None,
    };
    office.does(window(14));
    creator.does(window(15));
    office.hears(&creator);

    let conflict = office.order().conflicts.remove(0);
    assert_eq!(conflict.path, "plan/window");
    assert_eq!(conflict.field, ConflictField::Plan { name: "window".to_owned() });
    assert!(conflict.kept.is_office);
    assert_eq!(conflict.others.len(), 1);

    let value = conflict.others[0].value.clone();
    office.does(OrderCommand::ResolveConflict { path: conflict.path, value: value.clone() });

    assert_eq!(office.order().conflicts, []);
    let chosen: Window = serde_json::from_str(value.as_str().unwrap()).unwrap();
    assert_eq!(office.order().plan.window, Some(chosen));
}

#[test]
fn a_line_removed_by_one_and_edited_by_another_is_a_conflict_until_somebody_taps() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(filter());
    let mut ion = Hand::copy_of(&ana, ION, Role::Technician);

    ana.does(OrderCommand::RemoveMaterial { line: id(1) });
    ion.does(quantity("3"));
    ana.hears(&ion);

    let conflict = ana.order().conflicts.remove(0);
    assert!(matches!(conflict.field, ConflictField::RemovedLine { .. }));
    assert_eq!(conflict.others[0].value, "3");
    assert_eq!(conflict.others[0].by, Some(ION));

    let mut left = Hand::copy_of(&ana, ANA, Role::Technician);
    left.does(OrderCommand::ResolveConflict { path: conflict.path.clone(), value: "left".into() });
    assert_eq!(left.order().conflicts, []);
    assert!(!left.order().materials[&id(1)].is_active());

    ana.does(OrderCommand::ResolveConflict { path: conflict.path, value: serde_json::Value::Null });
    assert_eq!(ana.order().conflicts, []);
    assert_eq!(ana.order().materials[&id(1)].quantity, "3");
    assert!(ana.order().materials[&id(1)].is_active());
}

#[test]
fn work_finished_offline_beats_a_cancel_and_asks_the_office() {
    // covers: C2
    let mut office = assigned_order();
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);

    ana.does(OrderCommand::CheckIn(stamp(0x30, Some((0x21, "on_site")))));
    ana.does(OrderCommand::CheckOut(stamp(0x31, Some((0x22, "done")))));
    office.does(OrderCommand::ChangeStatus {
        event: id(0x23),
        to: state("cancelled"),
        reason: Some("customer called".to_owned()),
    });
    office.hears(&ana);

    let order = office.order();
    assert_eq!(order.status.state, state("done"));
    assert_eq!(order.visits[&id(0x50)].state, visit::VisitState::Done);
    let item = &order.attention[0];
    assert!(matches!(
        item.kind,
        AttentionKind::Status { status: status::StatusAttention::DoneBeatsCancel { .. } }
    ));

    office.does(OrderCommand::Decide {
        attention: item.key.clone(),
        decision: "bill".to_owned(),
        reason: None,
    });
    assert_eq!(office.order().attention, []);
}

#[test]
fn performing_a_command_again_changes_nothing() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    let commands = [
        filter(),
        OrderCommand::AddNote { note: id(2), text: "x".to_owned(), is_internal: true },
        OrderCommand::CheckIn(stamp(0x30, Some((0x21, "on_site")))),
        OrderCommand::RemoveMaterial { line: id(1) },
    ];
    for command in &commands {
        assert!(ana.try_do(command).unwrap().is_some());
    }
    for command in &commands {
        assert_eq!(ana.try_do(command), Ok(None), "{command:?}");
    }
}

#[test]
fn a_check_in_far_from_the_site_is_kept_and_brought_up() {
    // covers: A16
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    let far = Position { latitude_e7: 200_000, longitude_e7: 0, accuracy_m: Some(30), is_mock: true };
    let mut check_in = stamp(0x30, None);
    check_in.position = Some(far);
    check_in.reason = Some("other gate".to_owned());

    ana.does(OrderCommand::CheckIn(check_in));

    let items = ana.order().attention;
    let AttentionKind::FarCheckIn { distance_m, reason, .. } = &items[0].kind else { panic!("{items:?}") };
    assert_eq!((*distance_m, reason.as_deref()), (2_224, Some("other gate")));
}

#[test]
fn a_step_written_again_after_somebody_else_took_it_stays_in_the_history() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(OrderCommand::ChangeStatus { event: id(1), to: state("traveling"), reason: None });
    let step = OrderCommand::ChangeStatus { event: id(2), to: state("traveling"), reason: None };
    assert_eq!(ana.try_do(&step), Ok(None));

    let at = TimeClaim::by_server(Timestamp(9_000));
    let context =
        CommandContext { user: ANA, role: Role::Technician, at, site: None, workflows: &ana.workflows };
    let again = perform_again(&mut ana.document, &step, &context, ana.actor);

    assert!(matches!(again, Ok(Some(_))), "{again:?}");
    assert_eq!(ana.order().status.state, state("traveling"));
    assert!(ana.order().status_events.contains_key(&id(2)));
    let context =
        CommandContext { user: ANA, role: Role::Technician, at, site: None, workflows: &ana.workflows };
    assert_eq!(perform_again(&mut ana.document, &step, &context, ana.actor), Ok(None));
}

#[test]
fn commands_that_make_no_sense_say_why() {
    let mut ana = Hand::copy_of(&assigned_order(), ANA, Role::Technician);
    ana.does(filter());
    let cases = [
        (quantity("1,5"), Refused::InvalidValue { field: "quantity" }),
        (quantity("-1"), Refused::InvalidValue { field: "quantity" }),
        (OrderCommand::RemoveMaterial { line: id(9) }, Refused::NoSuchEntry),
        (OrderCommand::CheckOut(stamp(0x30, None)), Refused::VisitStep { state: visit::VisitState::Planned }),
        (OrderCommand::Assign { technician: ION, role: CrewRole::Lead }, Refused::RoleForbidden),
        (
            OrderCommand::ChangeStatus { event: id(3), to: state("closed"), reason: None },
            Refused::NoTransition { from: state("created"), to: state("closed") },
        ),
        (
            OrderCommand::AddNote { note: id(3), text: "a\u{0}b".to_owned(), is_internal: false },
            Refused::InvalidValue { field: "text" },
        ),
    ];
    for (command, refused) in cases {
        assert_eq!(ana.try_do(&command), Err(refused), "{command:?}");
    }
    let mut stranger = Hand::copy_of(&ana, UserId::from_bytes([9; 16]), Role::Technician);
    assert_eq!(stranger.try_do(&quantity("3")), Err(Refused::NotAssigned));
}

#[test]
fn a_damaged_field_is_a_problem_and_not_a_failure() {
    let office = assigned_order();
    let mut document = office.document.clone();
    let damage = [
        Write::Put(Path::parse("plan/window"), Scalar::from("not a window")),
        Write::Put(Path::parse("checklist/q1"), Scalar::Int(3)),
    ];
    document.commit(office.actor, Timestamp(1), &damage).unwrap();

    let (order, problems) = Order::read(&document, &office.workflows);

    assert_eq!(order.plan.reason.as_deref(), Some("no cooling"));
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["plan/window", "checklist/q1"]);
}

fn pooled_order() -> Hand {
    let mut office = Hand::new(OFFICE, Role::Dispatcher);
    office.does(OrderCommand::CreateOrder(Box::default()));
    office.does(OrderCommand::Offer { technicians: vec![ANA, ION] });
    office
}

#[test]
fn an_order_in_the_pool_is_seen_by_those_it_is_offered_to_until_one_takes_it() {
    let mut office = pooled_order();
    assert_eq!(office.order().audience(), [(ANA, CrewRole::Offered), (ION, CrewRole::Offered)].into());
    assert!(!office.order().guard_facts().has_assignee);
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);
    assert_eq!(ana.try_do(&filter()), Err(Refused::NotAssigned), "it is not hers yet");

    ana.does(OrderCommand::Take);
    ana.does(filter());
    office.hears(&ana);

    assert_eq!(office.order().audience(), [(ANA, CrewRole::Taken)].into());
    assert_eq!(office.order().attention, []);
    let mut late = Hand::copy_of(&office, ION, Role::Technician);
    assert_eq!(late.try_do(&OrderCommand::Take), Err(Refused::NotAssigned));
    office.does(OrderCommand::Unassign { technician: ANA });
    assert_eq!(office.order().audience(), [(ION, CrewRole::Offered)].into(), "it is back in the pool");
}

#[test]
fn two_who_take_it_offline_both_stay_and_the_first_to_begin_leads() {
    let mut office = pooled_order();
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);
    let mut ion = Hand::copy_of(&office, ION, Role::Technician);
    ana.does(OrderCommand::Take);
    ion.does(OrderCommand::Take);
    ion.does(OrderCommand::StartTravel(stamp(0x51, None)));
    office.hears(&ana).hears(&ion);

    let order = office.order();
    assert_eq!(order.assignees, [(ANA, CrewRole::Taken), (ION, CrewRole::Taken)].into());
    assert_eq!(order.conflicts, []);
    let both = AttentionKind::TakenTwice { technicians: vec![ION, ANA], is_begun: true };
    assert_eq!(order.attention[0].kind, both);
    office.does(OrderCommand::Unassign { technician: ANA });
    assert_eq!(office.order().attention, []);
}

#[test]
fn nobody_takes_in_the_name_of_another_and_offers_are_of_people() {
    let mut office = pooled_order();
    let field = |field| Err(Refused::InvalidValue { field });

    let taken = OrderCommand::Assign { technician: ANA, role: CrewRole::Taken };
    assert_eq!(office.try_do(&taken), field("role"));
    assert_eq!(office.try_do(&OrderCommand::Take), Err(Refused::RoleForbidden));
    assert_eq!(office.try_do(&OrderCommand::Offer { technicians: Vec::new() }), field("technicians"));
}

fn payment(byte: u8, amount_minor: i64) -> OrderCommand {
    OrderCommand::RecordPayment(NewPayment {
        payment: id(byte),
        method: "cash".to_owned(),
        amount_minor,
        currency: "BRL".to_owned(),
        reference: None,
    })
}

#[test]
fn an_order_is_paid_when_what_was_received_and_kept_reaches_what_its_lines_come_to() {
    let mut office = assigned_order();
    office.does(filter());
    let paid = |hand: &Hand| (hand.order().paid_minor(), hand.order().is_paid());

    assert_eq!(paid(&office), (Some(0), false));
    office.does(payment(1, 5_000));
    assert_eq!(paid(&office), (Some(5_000), false), "a deposit");
    office.does(payment(2, 4_180)).does(payment(2, 4_180));
    assert_eq!(paid(&office), (Some(9_180), true), "the rest, recorded once");
    assert!(office.order().guard_facts().is_paid);
    office.does(payment(3, -180));
    assert_eq!(paid(&office), (Some(9_000), false), "given back");
    office.does(OrderCommand::RemovePayment { payment: id(3) });
    assert_eq!(paid(&office), (Some(9_180), true), "which was a mistake");
    let nothing = office.try_do(&payment(4, 0)).unwrap_err();
    assert_eq!(nothing.code(), "invalid_value");
}

#[test]
fn both_record_payments_offline_and_each_takes_back_only_their_own() {
    let mut office = assigned_order();
    office.does(filter());
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);

    office.does(payment(1, 4_000));
    ana.does(payment(2, 5_180));
    office.hears(&ana);
    ana.hears(&office);

    assert_eq!(office.order().payments, ana.order().payments);
    assert!(ana.order().is_paid());
    let refused = ana.try_do(&OrderCommand::RemovePayment { payment: id(1) }).unwrap_err();
    assert_eq!(refused.code(), "role_forbidden");
    let cancel = OrderCommand::ChangeStatus {
        event: id(9),
        to: state("cancelled"),
        reason: Some("customer called".to_owned()),
    };
    office.does(cancel).does(payment(3, -9_180));
    ana.hears(&office);
    assert_eq!(ana.try_do(&payment(4, 1)).unwrap_err().code(), "order_closed");
    assert_eq!(ana.order().paid_minor(), Some(0));
}

#[test]
fn the_same_money_recorded_by_two_people_is_one_matter_until_one_takes_it_back() {
    let mut office = assigned_order();
    office.does(filter());
    let mut ana = Hand::copy_of(&office, ANA, Role::Technician);
    let twice = |hand: &Hand| {
        let kinds = hand.order().attention.into_iter().map(|item| item.kind);
        kinds.filter(|kind| matches!(kind, AttentionKind::PaidTwice { .. })).collect::<Vec<_>>()
    };

    office.does(payment(1, 4_590));
    ana.does(payment(2, 4_590));
    office.hears(&ana);
    assert_eq!(twice(&office), [], "two halves");
    office.does(payment(3, 9_180));
    let mut ion = Hand::copy_of(&office, ION, Role::Technician);
    ion.does(payment(4, 9_180));
    office.hears(&ion);

    let expected = |payments: [u8; 2], people: [UserId; 2], amount_minor| AttentionKind::PaidTwice {
        payments: payments.map(id).to_vec(),
        people: people.to_vec(),
        amount_minor,
        currency: "BRL".to_owned(),
    };
    assert_eq!(
        twice(&office),
        [expected([1, 2], [OFFICE, ANA], 4_590), expected([3, 4], [OFFICE, ION], 9_180)]
    );
    office.does(OrderCommand::RemovePayment { payment: id(3) });
    ana.does(OrderCommand::RemovePayment { payment: id(2) });
    office.hears(&ana);
    assert_eq!(twice(&office), []);
}
