//! One result per change, whatever is offered, and what the server answers with.

use super::*;
use crate::document::genesis_heads;
use crate::document::{Path, Scalar, Write};
use crate::ids::EntryId;
use crate::order::attention::AttentionKind;
use crate::order::command::{NewAssignee, NewLine, NewOrder};
use crate::order::entry::RaisedKind;
use crate::order::plan::CrewRole;
use crate::workflow::StateKey;

const ANA: UserId = UserId::from_bytes([0xA1; 16]);
const ION: UserId = UserId::from_bytes([0x10; 16]);
const OFFICE: UserId = UserId::from_bytes([0x0F; 16]);

struct Person {
    user: UserId,
    role: Role,
    actor: ActorId,
    document: OrderDocument,
}

/// The server's side of one order.
struct Server {
    state: OrderState,
    workflows: Workflows,
    rules: OrganizationRules,
    now: Timestamp,
}

impl Person {
    fn new(user: UserId, role: Role) -> Self {
        let actor = ActorId::from_bytes(*user.as_bytes());
        Self { user, role, actor, document: OrderDocument::new() }
    }

    fn pusher(&self) -> Pusher {
        let device = Some(DeviceId::from_bytes(*self.user.as_bytes()));
        Pusher { user: self.user, role: self.role, device, access: Access::Granted }
    }

    fn does(&mut self, command: &OrderCommand) -> PushedChange {
        let workflows = Workflows::default();
        let at = TimeClaim::by_server(Timestamp(5_000));
        let context =
            CommandContext { user: self.user, role: self.role, at, site: None, workflows: &workflows };
        let change = perform(&mut self.document, command, &context, self.actor).unwrap().unwrap();
        PushedChange { hash: change.hash, bytes: change.bytes, voucher: None }
    }

    fn writes(&mut self, writes: &[Write]) -> PushedChange {
        let change = self.document.commit(self.actor, Timestamp(1), writes).unwrap().unwrap();
        PushedChange { hash: change.hash, bytes: change.bytes, voucher: None }
    }

    fn hears(&mut self, server: &Server) {
        let document = server.state.document.as_ref().unwrap();
        self.document.merge_saved(&document.save()).unwrap();
    }
}

impl Server {
    fn new() -> Self {
        Self {
            state: OrderState::default(),
            workflows: Workflows::default(),
            rules: OrganizationRules::default(),
            now: Timestamp(9_000),
        }
    }

    fn takes(&mut self, pusher: Pusher, offered: &[PushedChange]) -> Intake {
        let context = IntakeContext {
            order: OrderId::from_bytes([1; 16]),
            now: self.now,
            workflows: &self.workflows,
            rules: self.rules,
            system_actor: ActorId::from_bytes([0xEE; 16]),
            limits: Limits::default(),
            vouched: &NOTHING_VOUCHED,
        };
        let intake = accept(&self.state, pusher, offered, &context);
        self.state.document.clone_from(&intake.document);
        for accepted in &intake.accepted {
            self.state.actors.insert(accepted.actor, accepted.binding);
        }
        for refused in intake.refused.iter().filter(|refused| refused.is_final) {
            let answer = (refused.code.clone(), refused.path.clone());
            self.state.refused.insert(refused.change.hash, answer);
        }
        for held in &intake.held {
            self.state.held.insert(held.change.hash, (held.reason.clone(), held.until));
        }
        intake
    }

    fn order(&self) -> Order {
        read(self.state.document.as_ref().unwrap(), &self.workflows)
    }
}

fn note(byte: u8) -> OrderCommand {
    OrderCommand::AddNote { note: EntryId::from_bytes([byte; 16]), text: "x".to_owned(), is_internal: false }
}

fn line(byte: u8) -> OrderCommand {
    OrderCommand::AddMaterial(NewLine {
        line: EntryId::from_bytes([byte; 16]),
        item: None,
        description: "Filter".to_owned(),
        quantity: "1".to_owned(),
        unit: None,
        price_minor: None,
        source: None,
        is_additional: false,
    })
}

/// An order created by the office and known to the server, with Ana and Ion assigned.
fn story() -> (Server, Person, Person, Person) {
    let (mut server, mut office) = (Server::new(), Person::new(OFFICE, Role::Dispatcher));
    let assignees = [ANA, ION].map(|technician| NewAssignee { technician, role: CrewRole::Lead }).to_vec();
    let created =
        office.does(&OrderCommand::CreateOrder(Box::new(NewOrder { assignees, ..NewOrder::default() })));
    let intake = server.takes(office.pusher(), &[created]);
    assert_eq!(intake.outcomes, [Outcome::Applied]);
    let (mut ana, mut ion) = (Person::new(ANA, Role::Technician), Person::new(ION, Role::Technician));
    ana.hears(&server);
    ion.hears(&server);
    (server, office, ana, ion)
}

fn rejected(code: RejectCode, path: Option<&str>) -> Outcome {
    Outcome::Rejected { code, path: path.map(str::to_owned) }
}

#[test]
fn the_same_change_twice_is_applied_and_then_a_duplicate() {
    // covers: A4
    let (mut server, _, mut ana, _) = story();
    let change = ana.does(&note(1));

    let first = server.takes(ana.pusher(), &[change.clone(), change.clone()]);
    let second = server.takes(ana.pusher(), &[change]);

    assert_eq!(first.outcomes, [Outcome::Applied, Outcome::Duplicate]);
    assert_eq!(second.outcomes, [Outcome::Duplicate]);
    assert!(second.accepted.is_empty() && second.save.is_none());
}

#[test]
fn a_change_before_its_dependency_is_asked_for_and_nothing_is_kept() {
    // covers: B4
    let (mut server, _, mut ana, _) = story();
    let (first, second) = (ana.does(&note(1)), ana.does(&note(2)));

    let early = server.takes(ana.pusher(), std::slice::from_ref(&second));

    assert_eq!(early.outcomes, [Outcome::MissingDeps { hashes: vec![first.hash] }]);
    assert!(early.accepted.is_empty() && early.held.is_empty() && early.refused.is_empty());
    let both = server.takes(ana.pusher(), &[first, second]);
    assert_eq!(both.outcomes, [Outcome::Applied, Outcome::Applied]);
}

#[test]
fn two_installs_with_one_pen_are_told_apart() {
    // covers: A8
    let (mut server, _, mut ana, _) = story();
    let mut clone = Person { document: ana.document.clone(), ..Person::new(ANA, Role::Technician) };
    let (first, second) = (ana.does(&note(1)), clone.does(&note(2)));
    server.takes(ana.pusher(), &[first]);

    let intake = server.takes(clone.pusher(), &[second]);

    let heads = server.state.document.as_ref().unwrap().heads();
    assert_eq!(intake.outcomes, [Outcome::ActorForked { heads }]);
}

#[test]
fn a_pen_belongs_to_the_device_that_used_it_first() {
    // covers: F1
    let (mut server, _, mut ana, mut ion) = story();
    let own = ana.does(&note(1));
    server.takes(ana.pusher(), &[own]);
    ion.hears(&server);
    ion.actor = ana.actor;

    let forged = ion.does(&note(2));
    let intake = server.takes(ion.pusher(), &[forged]);

    assert_eq!(intake.outcomes, [rejected(RejectCode::ActorNotYours, None)]);
    assert_eq!(server.order().notes.len(), 1);
}

#[test]
fn what_a_technician_may_not_write_is_refused_with_its_path_and_others_go_on() {
    // covers: B8, F2
    let (mut server, _, mut ana, _) = story();
    let good = ana.does(&note(1));
    let text = |path: &str, text: &str| Write::Put(Path::parse(path), Scalar::from(text));
    let forbidden = [
        (text("plan/number", "1"), "plan/number"),
        (text("plan/reason", "x"), "plan/reason"),
        (text("extra/x", "x"), "extra/x"),
        (Write::Delete(Path::parse("plan/priority")), "plan/priority"),
        (Write::Make(Path::parse("attention/a")), "attention/a"),
    ];
    for (write, path) in forbidden {
        let mut hostile = Person { document: ana.document.clone(), ..Person::new(ANA, Role::Technician) };
        let bad = hostile.writes(&[write]);
        let on_top = hostile.does(&note(7));

        let intake = server.takes(ana.pusher(), &[good.clone(), bad.clone(), on_top]);

        assert!(matches!(intake.outcomes[0], Outcome::Applied | Outcome::Duplicate));
        assert_eq!(intake.outcomes[1], rejected(RejectCode::ForbiddenField, Some(path)), "{path}");
        let hash = bad.hash.to_string();
        assert_eq!(intake.outcomes[2], rejected(RejectCode::DependsOnRefused, Some(&hash)));
    }
    assert_eq!(server.order().notes.len(), 1);
}

#[test]
fn an_order_one_has_nothing_to_do_with_looks_like_one_that_does_not_exist() {
    // covers: F3
    let (mut server, _, ana, _) = story();
    let mut stranger =
        Person { document: ana.document, ..Person::new(UserId::from_bytes([9; 16]), Role::Technician) };
    let invisible = stranger.writes(&[Write::Put(Path::parse("plan/reason"), Scalar::from("mine"))]);
    let mut nowhere = Server::new();

    let seen = server.takes(stranger.pusher(), std::slice::from_ref(&invisible));
    let unseen = nowhere.takes(stranger.pusher(), &[invisible]);

    assert_eq!(seen.outcomes, [rejected(RejectCode::UnknownOrder, None)]);
    assert_eq!(seen.outcomes, unseen.outcomes);
}

#[test]
fn work_done_before_hearing_of_the_reassignment_counts_and_is_brought_up() {
    // covers: C1
    let (mut server, mut office, mut ana, mut ion) = story();
    let offline = [ana.does(&line(1)), ana.does(&note(2))];
    let removed = office.does(&OrderCommand::Unassign { technician: ANA });
    server.takes(office.pusher(), &[removed]);

    let intake = server.takes(ana.pusher(), &offline);

    assert_eq!(intake.outcomes, [Outcome::Applied, Outcome::Applied]);
    let order = server.order();
    assert_eq!(order.materials.len(), 1);
    let AttentionKind::Raised { raised, about, entries } = &order.attention[0].kind else { panic!() };
    assert_eq!((*raised, *about), (RaisedKind::WorkAfterReassignment, ANA));
    assert_eq!(entries.len(), 1);

    ana.hears(&server);
    let knowing = ana.writes(&[Write::Make(Path::parse("notes/05050505-0505-0505-0505-050505050505"))]);
    let late = server.takes(ana.pusher(), &[knowing]);
    let path = Some("notes/05050505-0505-0505-0505-050505050505");
    assert_eq!(late.outcomes, [rejected(RejectCode::NotAssigned, path)]);
    ion.hears(&server);
    let from_ion = ion.does(&note(6));
    assert_eq!(server.takes(ion.pusher(), &[from_ion]).outcomes, [Outcome::Applied]);
}

#[test]
fn lines_added_without_permission_are_taken_out_and_history_keeps_them() {
    let (mut server, _, mut ana, _) = story();
    server.rules.technicians_add_lines = false;
    let added = ana.does(&line(1));

    let intake = server.takes(ana.pusher(), &[added]);

    assert_eq!(intake.outcomes, [Outcome::Applied]);
    assert_eq!(intake.accepted.len(), 3);
    let order = server.order();
    assert!(order.materials.values().all(|line| !line.is_active()));
    assert!(matches!(order.attention[0].kind, AttentionKind::Raised { raised: RaisedKind::RuleBroken, .. }));
    let again = server.takes(ana.pusher(), &[]);
    assert!(again.accepted.is_empty());
}

#[test]
fn work_that_arrives_after_a_cancel_is_kept_and_brought_up() {
    // covers: C2
    let (mut server, mut office, mut ana, _) = story();
    let offline = ana.does(&line(1));
    let cancelled = office.does(&OrderCommand::ChangeStatus {
        event: EntryId::from_bytes([3; 16]),
        to: StateKey::new("cancelled"),
        reason: Some("customer called".to_owned()),
    });
    server.takes(office.pusher(), &[cancelled]);

    server.takes(ana.pusher(), &[offline]);

    let order = server.order();
    assert_eq!(order.status.state, StateKey::new("cancelled"));
    assert!(order.materials.values().all(|line| line.is_active()));
    assert!(matches!(order.attention[0].kind, AttentionKind::Raised { raised: RaisedKind::LateWork, .. }));
    ana.hears(&server);
    let mut knowing = Person { document: ana.document, ..Person::new(ANA, Role::Technician) };
    let hostile =
        knowing.writes(&[Write::Make(Path::parse("materials/05050505-0505-0505-0505-050505050505"))]);
    let path = Some("materials/05050505-0505-0505-0505-050505050505");
    assert_eq!(server.takes(knowing.pusher(), &[hostile]).outcomes, [rejected(RejectCode::Immutable, path)]);
}

#[test]
fn a_deposit_is_held_and_counts_once_the_office_merges_it() {
    // covers: A12
    let (mut server, _, mut ana, _) = story();
    let changes = [ana.does(&line(1)), ana.does(&note(2))];
    let ended = Pusher { access: Access::Ended, ..ana.pusher() };

    let deposit = server.takes(ended, &changes);

    let until = server.now.plus_millis(KEPT_MS);
    let held = Outcome::Held { reason: HeldReason::AuthorDisabled, until };
    assert_eq!(deposit.outcomes, [held.clone(), held]);
    assert_eq!(server.order().materials.len(), 0);

    let merged = server.takes(Pusher { access: Access::Merging, ..ana.pusher() }, &changes);
    assert_eq!(merged.outcomes, [Outcome::Applied, Outcome::Applied]);
    assert!(matches!(
        server.order().attention[0].kind,
        AttentionKind::Raised { raised: RaisedKind::Deposited, .. }
    ));
}

#[test]
fn a_deposit_of_what_is_known_gets_the_same_answer_and_leaves_nothing() {
    // covers: A12
    let (mut server, _, mut ana, _) = story();
    let changes = [ana.does(&line(1)), ana.does(&note(2))];
    let ended = Pusher { access: Access::Ended, ..ana.pusher() };
    server.takes(ana.pusher(), &changes[..1]);
    server.takes(ended, &changes[1..]);

    let again = server.takes(ended, &changes);

    let until = server.now.plus_millis(KEPT_MS);
    let held = Outcome::Held { reason: HeldReason::AuthorDisabled, until };
    assert_eq!(again.outcomes, [held.clone(), held]);
    assert_eq!((again.held, again.refused, again.accepted), (vec![], vec![], vec![]));
}

#[test]
fn damaged_bytes_may_be_offered_again_whole() {
    // covers: B6
    let (mut server, _, mut ana, _) = story();
    let whole = ana.does(&note(1));
    let mut damaged = whole.clone();
    damaged.bytes[20] ^= 1;

    let first = server.takes(ana.pusher(), &[damaged]);
    let second = server.takes(ana.pusher(), &[whole]);

    assert!(matches!(first.outcomes[0], Outcome::Rejected { code: RejectCode::Checksum, .. }));
    assert_eq!(second.outcomes, [Outcome::Applied]);
}

#[test]
fn an_order_created_offline_by_a_technician_comes_with_its_first_work() {
    let mut server = Server::new();
    let mut ana = Person::new(ANA, Role::Technician);
    let created = ana.does(&OrderCommand::CreateOrder(Box::default()));
    let work = ana.does(&line(1));

    let intake = server.takes(ana.pusher(), &[created, work]);

    assert_eq!(intake.outcomes, [Outcome::Applied, Outcome::Applied]);
    assert!(server.order().is_assigned(ANA));
    assert_ne!(server.state.document.as_ref().unwrap().heads(), genesis_heads());
}

#[test]
fn a_step_whose_conditions_were_not_met_counts_and_is_brought_up() {
    let (mut server, _, mut ana, _) = story();
    let id = "status/03030303-0303-0303-0303-030303030303";
    let at = serde_json::to_string(&TimeClaim::by_server(Timestamp(1))).unwrap();
    let ana_id = ANA.to_string();
    let fields = [
        ("from", "created"),
        ("to", "scheduled"),
        ("after", "[]"),
        ("by", &ana_id),
        ("role", "technician"),
        ("at", &at),
    ];
    let puts = fields.map(|(key, value)| Write::Put(Path::parse(id).join(key), Scalar::from(value)));
    let begun = ana.writes(&[&[Write::Make(Path::parse(id))], &puts[..]].concat());
    assert_eq!(server.takes(ana.pusher(), &[begun]).outcomes, [Outcome::Applied]);
    assert_eq!(server.order().status.state, StateKey::new("scheduled"));
    let items = server.order().attention;
    assert!(
        matches!(items[0].kind, AttentionKind::Raised { raised: RaisedKind::RuleBroken, .. }),
        "{items:?}"
    );
}

#[test]
fn two_takers_of_the_pool_are_both_merged_and_a_stranger_takes_nothing() {
    let (mut server, mut office) = (Server::new(), Person::new(OFFICE, Role::Dispatcher));
    let made = [
        office.does(&OrderCommand::CreateOrder(Box::default())),
        office.does(&OrderCommand::Offer { technicians: vec![ANA, ION] }),
    ];
    server.takes(office.pusher(), &made);
    let (mut ana, mut ion) = (Person::new(ANA, Role::Technician), Person::new(ION, Role::Technician));
    ana.hears(&server);
    ion.hears(&server);
    let mut stranger = Person::new(UserId::from_bytes([9; 16]), Role::Technician);
    stranger.hears(&server);
    let own =
        |user: UserId| Write::Put(Path::parse(&format!("plan/assignees/{user}")), Scalar::from("taken"));
    let hostile = stranger.writes(&[own(stranger.user)]);
    let in_anothers_name =
        Person { document: ion.document.clone(), ..Person::new(ION, Role::Technician) }.writes(&[own(ANA)]);

    assert_eq!(
        server.takes(stranger.pusher(), &[hostile]).outcomes,
        [rejected(RejectCode::UnknownOrder, None)]
    );
    let path = format!("plan/assignees/{ANA}");
    let forged = server.takes(ion.pusher(), &[in_anothers_name]);
    assert_eq!(forged.outcomes, [rejected(RejectCode::ForbiddenField, Some(&path))]);
    let mut ion = Person { document: ion.document, actor: ActorId::from_bytes([0x77; 16]), ..ion };
    let (first, second) =
        (ana.does(&OrderCommand::Take), [ion.does(&OrderCommand::Take), ion.does(&note(2))]);
    assert_eq!(server.takes(ana.pusher(), &[first]).outcomes, [Outcome::Applied]);
    assert_eq!(server.takes(ion.pusher(), &second).outcomes, [Outcome::Applied, Outcome::Applied]);

    let order = server.order();
    assert_eq!(order.assignees, [(ANA, CrewRole::Taken), (ION, CrewRole::Taken)].into());
    assert!(matches!(order.attention[0].kind, AttentionKind::TakenTwice { .. }));
}

#[test]
fn a_pen_that_somebody_else_gave_back_is_still_its_persons() {
    // covers: B14
    let (mut server, _, mut ana, mut ion) = story();
    server.state.actors.insert(ana.actor, ActorBinding { device: None, user: ANA });
    let own = ana.does(&note(1));

    assert_eq!(server.takes(ana.pusher(), &[own]).outcomes, [Outcome::Applied]);
    server.state.actors.insert(ana.actor, ActorBinding { device: None, user: ANA });
    ion.hears(&server);
    ion.actor = ana.actor;
    let forged = ion.does(&note(2));
    let refused = server.takes(ion.pusher(), &[forged]).outcomes;
    assert_eq!(refused, [rejected(RejectCode::ActorNotYours, None)]);
}
