//! An honest technician with one phone, and the server's decision about what she pushes.

use std::sync::LazyLock;

use sync_core::document::ingest_guard::Limits;
use sync_core::document::{Change, OrderDocument};
use sync_core::ids::{ActorId, DeviceId, EntryId, OrderId, UserId};
use sync_core::intake::{
    Access, ActorBinding, Intake, IntakeContext, NOTHING_VOUCHED, OrderState, Pusher, accept,
};
use sync_core::message::PushedChange;
use sync_core::order::command::{NewLine, NewOrder};
use sync_core::order::{CommandContext, OrderCommand, Workflows, perform};
use sync_core::rules::policy::OrganizationRules;
use sync_core::time::{TimeClaim, Timestamp};
use sync_core::workflow::Role;

pub const PEN: ActorId = ActorId::from_bytes([0x1a; 16]);
pub const NOW: Timestamp = Timestamp(1_790_000_600_000);
const ANA: UserId = UserId::from_bytes([0xA1; 16]);
const PHONE: DeviceId = DeviceId::from_bytes([0xD1; 16]);

static WORKFLOWS: LazyLock<Workflows> = LazyLock::new(Workflows::default);

pub fn entry(byte: u8) -> EntryId {
    EntryId::from_bytes([byte; 16])
}

pub fn note(byte: u8) -> OrderCommand {
    OrderCommand::AddNote { note: entry(byte), text: "rang twice".to_owned(), is_internal: false }
}

pub fn line(byte: u8) -> NewLine {
    NewLine {
        line: entry(byte),
        item: None,
        description: "Filter".to_owned(),
        quantity: "1".to_owned(),
        unit: None,
        price_minor: None,
        source: None,
        is_additional: false,
    }
}

pub fn created_order() -> OrderDocument {
    let mut document = OrderDocument::new();
    does(&mut document, PEN, &OrderCommand::CreateOrder(Box::<NewOrder>::default()));
    document
}

pub fn does(document: &mut OrderDocument, pen: ActorId, command: &OrderCommand) -> Change {
    let at = TimeClaim::by_server(Timestamp(1_790_000_000_000));
    let context = CommandContext { user: ANA, role: Role::Technician, at, site: None, workflows: &WORKFLOWS };
    perform(document, command, &context, pen).unwrap().unwrap()
}

pub fn pushed(change: &Change) -> PushedChange {
    PushedChange { hash: change.hash, bytes: change.bytes.clone(), voucher: None }
}

/// The server's side of an order that the technician's phone created.
pub fn known(document: OrderDocument) -> OrderState {
    let binding = ActorBinding { device: Some(PHONE), user: ANA };
    OrderState { document: Some(document), actors: [(PEN, binding)].into(), ..OrderState::default() }
}

pub fn offers(state: &OrderState, order: OrderId, changes: &[PushedChange]) -> Intake {
    let pusher = Pusher { user: ANA, role: Role::Technician, device: Some(PHONE), access: Access::Granted };
    let context = IntakeContext {
        order,
        now: NOW,
        workflows: &WORKFLOWS,
        rules: OrganizationRules::default(),
        system_actor: ActorId::from_bytes([0xEE; 16]),
        limits: Limits::default(),
        vouched: &NOTHING_VOUCHED,
    };
    accept(state, pusher, changes, &context)
}
