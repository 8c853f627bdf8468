//! Builds realistic orders with the commands that phones and the office use. Never writes a document by any other way.

use sha2::{Digest, Sha256};
use sync_core::document::OrderDocument;
use sync_core::ids::{ActorId, DeviceId, EntryId, OrderId, RecordId, UserId};
use sync_core::message::PushedChange;
use sync_core::order::command::{LineEdit, NewAssignee, NewLine, NewOrder};
use sync_core::order::entry::Source;
use sync_core::order::plan::{DraftCustomer, Place};
use sync_core::order::{
    CommandContext, CrewRole, OrderCommand, Position, Priority, Window, Workflows, perform,
};
use sync_core::time::{TimeClaim, Timestamp};
use sync_core::workflow::Role;

/// Lines of every order, each of nine or ten fields.
const LINES: u64 = 10;
/// Monday morning of a made-up week.
const MORNING: i64 = 1_790_000_000_000;
const HOUR_MS: i64 = 3_600_000;

/// Somebody who works on orders with one device.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    pub user: UserId,
    pub role: Role,
    pub device: DeviceId,
}

/// Changes of one order that one author made in a row.
#[derive(Debug, Clone)]
pub struct Stretch {
    pub author: usize,
    pub changes: Vec<PushedChange>,
}

/// An order and how it came about.
#[derive(Debug)]
pub struct Built {
    pub number: u64,
    pub order: OrderId,
    pub document: OrderDocument,
    pub stretches: Vec<Stretch>,
}

impl Author {
    /// Somebody without an account, for benchmarks that need no server.
    pub const fn imagined(number: u8, role: Role) -> Self {
        Self { user: UserId::from_bytes([number; 16]), role, device: DeviceId::from_bytes([number; 16]) }
    }

    /// Performs a command as one change.
    ///
    /// # Panics
    ///
    /// When the author may not, or the command changes nothing.
    pub fn perform(
        self,
        order: OrderId,
        document: &mut OrderDocument,
        command: &OrderCommand,
    ) -> PushedChange {
        let workflows = workflows();
        let context = CommandContext {
            user: self.user,
            role: self.role,
            at: TimeClaim::by_server(Timestamp(MORNING)),
            site: Some(Position {
                latitude_e7: -235_505_200,
                longitude_e7: -466_333_100,
                accuracy_m: Some(8),
                is_mock: false,
            }),
            workflows,
        };
        let change = perform(document, command, &context, self.pen(order))
            .expect("a benchmark gives only permitted commands")
            .expect("a benchmark gives only commands that change something");
        PushedChange { hash: change.hash, bytes: change.bytes, voucher: None }
    }

    fn pen(self, order: OrderId) -> ActorId {
        let digest =
            Sha256::new().chain_update(self.device.as_bytes()).chain_update(order.as_bytes()).finalize();
        ActorId::from_slice(&digest[..16]).expect("half of a SHA-256 is sixteen bytes")
    }
}

fn workflows() -> &'static Workflows {
    static WORKFLOWS: std::sync::OnceLock<Workflows> = std::sync::OnceLock::new();
    WORKFLOWS.get_or_init(Workflows::default)
}

/// The id of the order of that number in one run of a benchmark.
pub fn order_id(number: u64) -> OrderId {
    OrderId::from_bytes(id(b'o', number, 0))
}

/// An order of some thirty fields, ten lines and a note by the first author, then `edits` changes of one field each,
/// in turn by every author.
pub fn build(number: u64, authors: &[Author], edits: u64) -> Built {
    let order = order_id(number);
    let mut document = OrderDocument::new();
    let office = authors.first().expect("the first author makes the order");
    let changes = beginning(number, authors)
        .iter()
        .map(|command| office.perform(order, &mut document, command))
        .collect();
    let mut stretches = vec![Stretch { author: 0, changes }];
    let each = edits.div_ceil(authors.len() as u64);
    let mut done = 0;
    for turn in (1..authors.len()).chain([0]) {
        let share = each.min(edits - done);
        let changes = (done..done + share)
            .map(|edit| authors[turn].perform(order, &mut document, &one_field(number, edit)))
            .collect();
        stretches.push(Stretch { author: turn, changes });
        done += share;
    }
    Built { number, order, document, stretches }
}

/// The commands that begin an order.
fn beginning(number: u64, authors: &[Author]) -> Vec<OrderCommand> {
    let technicians = authors.iter().filter(|author| author.role == Role::Technician);
    let assignees =
        technicians.map(|author| NewAssignee { technician: author.user, role: CrewRole::Helper }).collect();
    let mut commands = vec![OrderCommand::CreateOrder(Box::new(new_order(number, assignees)))];
    commands.extend((0..LINES).map(|line| OrderCommand::AddMaterial(new_line(number, line))));
    commands.push(OrderCommand::AddNote {
        note: EntryId::from_bytes(id(b'n', number, 0)),
        text: "Compressor replaced last winter; the customer wants the old parts back.".to_owned(),
        is_internal: false,
    });
    commands
}

fn new_order(number: u64, assignees: Vec<NewAssignee>) -> NewOrder {
    let record = |letter| RecordId::from_bytes(id(letter, number, 0));
    let start = MORNING + i64::try_from(number % 40).expect("less than forty") * HOUR_MS;
    NewOrder {
        kind: Some("repair".to_owned()),
        workflow: None,
        checklist: None,
        priority: Priority::High,
        reason: Some("Cold room does not hold 4 °C, the display blinks E7".to_owned()),
        customer: Some(record(b'c')),
        contact: Some(record(b'p')),
        site: Some(record(b's')),
        draft_customer: Some(DraftCustomer {
            name: "Padaria Estrela da Manhã".to_owned(),
            phone: Some("+55 11 98765-4321".to_owned()),
            tax_id: None,
            address: Some("Rua Augusta 1500, Consolação, São Paulo".to_owned()),
        }),
        place: Place::OnSite,
        window: Some(Window { start: Timestamp(start), end: Timestamp(start + 2 * HOUR_MS) }),
        promised: Some(Timestamp(start + 48 * HOUR_MS)),
        duration_minutes: Some(90),
        currency: Some("BRL".to_owned()),
        zone: Some("America/Sao_Paulo".to_owned()),
        origin: Some("call".to_owned()),
        equipment: vec![record(b'e')],
        assignees,
    }
}

fn new_line(number: u64, line: u64) -> NewLine {
    NewLine {
        line: line_id(number, line),
        item: Some(RecordId::from_bytes(id(b'i', line, 0))),
        description: format!("Copper tube 3/8\" with insulation, part {line}"),
        quantity: "1".to_owned(),
        unit: Some("m".to_owned()),
        price_minor: Some(4_590),
        source: Some(Source::Van),
        is_additional: true,
    }
}

/// Gives an order to a technician.
pub const fn assign(technician: UserId) -> OrderCommand {
    OrderCommand::Assign { technician, role: CrewRole::Lead }
}

/// A change of one field; each number gives a value of its own.
pub fn one_field(number: u64, edit: u64) -> OrderCommand {
    OrderCommand::ChangeMaterial(LineEdit {
        line: line_id(number, edit % LINES),
        description: None,
        quantity: Some((edit + 2).to_string()),
        price_minor: None,
        source: None,
    })
}

fn line_id(number: u64, line: u64) -> EntryId {
    EntryId::from_bytes(id(b'l', number, line))
}

/// Looks as random as real ids do, so that nothing compresses better here than in the field.
fn id(letter: u8, number: u64, part: u64) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update([letter])
        .chain_update(number.to_be_bytes())
        .chain_update(part.to_be_bytes())
        .finalize();
    digest[..16].try_into().expect("a SHA-256 holds more than sixteen bytes")
}
