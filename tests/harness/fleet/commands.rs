//! What people do in a simulated world. Never asks whether it is allowed.

use sync_core::ids::{BlobHash, EntryId, OrderId, UserId};
use sync_core::order::Order;
use sync_core::order::OrderCommand;
use sync_core::order::command::{
    LineEdit, NewAssignee, NewExpense, NewLine, NewOrder, NewPayment, NewPhoto, StatusStep, VisitStamp,
};
use sync_core::order::entry::{AnswerValue, PhotoStage};
use sync_core::order::plan::CrewRole;
use sync_core::workflow::StateKey;

use super::device::AppVersion;
use super::dice::Dice;
use super::model::{Area, Trace};

/// The choices of [`work`] that an older app does not offer: expenses, payments and photos.
const NEWER_FEATURES: std::ops::RangeInclusive<usize> = 6..=7;

/// An order with somebody assigned.
pub fn create(technicians: &[UserId]) -> OrderCommand {
    let assignees =
        technicians.iter().map(|technician| NewAssignee { technician: *technician, role: CrewRole::Helper });
    OrderCommand::CreateOrder(Box::new(NewOrder { assignees: assignees.collect(), ..NewOrder::default() }))
}

/// Something a technician may do on an order as it looks, and the trace it leaves.
pub fn work(order: &Order, app: AppVersion, dice: &mut Dice) -> (OrderCommand, Option<Trace>) {
    let id = EntryId::from_bytes(dice.id());
    let entry = |area| Some(Trace::Entry(area, id));
    match dice.below(14) {
        newer if NEWER_FEATURES.contains(&newer) && app == AppVersion::Older => {
            (note(id), entry(Area::Notes))
        }
        0..=3 => (note(id), entry(Area::Notes)),
        4 => (OrderCommand::AddMaterial(line(id)), entry(Area::Materials)),
        5 => (OrderCommand::AddService(line(id)), entry(Area::Services)),
        6 if id.as_bytes()[0].is_multiple_of(2) => (payment(id), entry(Area::Payments)),
        6 => (expense(id), entry(Area::Expenses)),
        7 => (photo(id), entry(Area::Photos)),
        8 => {
            let question = format!("q{}", dice.below(4));
            let answer = AnswerValue::Text { value: format!("a{}", dice.below(1_000)) };
            (
                OrderCommand::AnswerQuestion { question: question.clone(), answer },
                Some(Trace::Answer(question)),
            )
        }
        9 => (change_line(order, dice).unwrap_or_else(|| note(id)), None),
        10 => (remove(order, dice).unwrap_or_else(|| note(id)), None),
        11..=12 => visit(order, id, dice),
        _ => (status(order, id, dice), entry(Area::Status)),
    }
}

/// Something the office does to an order.
pub fn office(order: &Order, technicians: &[UserId], may_cancel: bool, dice: &mut Dice) -> OrderCommand {
    let technician = dice.pick(technicians).copied().unwrap_or(UserId::from_bytes([1; 16]));
    match dice.below(8) {
        0..=2 if order.is_assigned(technician) => OrderCommand::Unassign { technician },
        0..=2 => OrderCommand::Assign { technician, role: CrewRole::Helper },
        3..=4 if may_cancel => OrderCommand::ChangeStatus {
            event: EntryId::from_bytes(dice.id()),
            to: StateKey::from(if dice.chance(70) { "cancelled" } else { "created" }),
            reason: Some("customer called".to_owned()),
        },
        5 => OrderCommand::SetReason { reason: format!("reason {}", dice.below(1_000)) },
        _ => note(EntryId::from_bytes(dice.id())),
    }
}

fn note(note: EntryId) -> OrderCommand {
    OrderCommand::AddNote { note, text: "seen".to_owned(), is_internal: false }
}

fn line(line: EntryId) -> NewLine {
    NewLine {
        line,
        item: None,
        description: "Filter 20 cm".to_owned(),
        quantity: "2".to_owned(),
        unit: None,
        price_minor: Some(1_200),
        source: None,
        is_additional: false,
    }
}

fn expense(expense: EntryId) -> OrderCommand {
    OrderCommand::AddExpense(NewExpense {
        expense,
        kind: "parking".to_owned(),
        amount_minor: 500,
        currency: "BRL".to_owned(),
        description: None,
        receipt: None,
    })
}

fn payment(payment: EntryId) -> OrderCommand {
    OrderCommand::RecordPayment(NewPayment {
        payment,
        method: "cash".to_owned(),
        amount_minor: 2_400,
        currency: "BRL".to_owned(),
        reference: None,
    })
}

fn photo(photo: EntryId) -> OrderCommand {
    let mut sha256 = [7; 32];
    sha256[..16].copy_from_slice(photo.as_bytes());
    OrderCommand::AddPhoto(NewPhoto {
        photo,
        sha256: BlobHash::from_bytes(sha256),
        size_bytes: 1_000,
        media_type: "image/jpeg".to_owned(),
        stage: PhotoStage::Before,
        caption: None,
        position: None,
    })
}

fn change_line(order: &Order, dice: &mut Dice) -> Option<OrderCommand> {
    let lines: Vec<_> = order.materials.keys().copied().collect();
    Some(OrderCommand::ChangeMaterial(LineEdit {
        line: *dice.pick(&lines)?,
        description: None,
        quantity: Some(format!("{}", 1 + dice.below(9))),
        price_minor: None,
        source: None,
    }))
}

fn remove(order: &Order, dice: &mut Dice) -> Option<OrderCommand> {
    let lines: Vec<_> = order.materials.keys().copied().collect();
    Some(OrderCommand::RemoveMaterial { line: *dice.pick(&lines)? })
}

fn visit(order: &Order, id: EntryId, dice: &mut Dice) -> (OrderCommand, Option<Trace>) {
    let visits: Vec<_> = order.visits.keys().copied().collect();
    let visit = match dice.pick(&visits) {
        Some(visit) if dice.chance(70) => *visit,
        _ => EntryId::from_bytes(dice.id()),
    };
    let is_begun = order.visits.contains_key(&visit);
    let then = (!is_begun && dice.chance(50))
        .then(|| StatusStep { event: EntryId::from_bytes(dice.id()), to: StateKey::from("on_site") });
    let stamp = VisitStamp { visit, stamp: id, position: None, reason: Some("lunch".to_owned()), then };
    let command = match (is_begun, dice.below(3)) {
        (false, 0) => OrderCommand::StartTravel(VisitStamp { then: None, ..stamp }),
        (false, _) => OrderCommand::CheckIn(stamp),
        (true, 0) => OrderCommand::Pause(stamp),
        (true, 1) => OrderCommand::CheckIn(stamp),
        (true, _) => OrderCommand::CheckOut(stamp),
    };
    (command, Some(Trace::Entry(Area::Visits, id)))
}

fn status(order: &Order, event: EntryId, dice: &mut Dice) -> OrderCommand {
    let steps = ["traveling", "on_site", "waiting_for_material", "done", "on_site"];
    let to = StateKey::from(*dice.pick(&steps).unwrap_or(&"on_site"));
    let _ = order;
    OrderCommand::ChangeStatus { event, to, reason: Some("as agreed".to_owned()) }
}

/// Names an order of the simulation.
pub fn order_id(dice: &mut Dice) -> OrderId {
    OrderId::from_bytes(dice.id())
}
