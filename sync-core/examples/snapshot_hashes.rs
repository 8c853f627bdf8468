//! Prints the hash of the snapshots of many different orders; `cargo xtask wasm` compares what two platforms print.

use sync_core::document::OrderDocument;
use sync_core::evidence::Snapshot;
use sync_core::ids::{ActorId, BlobHash, EntryId, OrderId, UserId};
use sync_core::order::command::{NewLine, NewOrder};
use sync_core::order::{CommandContext, Order, OrderCommand, Refused, Workflows, perform};
use sync_core::time::{TimeClaim, Timestamp};
use sync_core::workflow::Role;

const ORDERS: u8 = 200;
const ORDER: OrderId = OrderId::from_bytes([7; 16]);

#[expect(clippy::print_stdout, reason = "what it prints is compared")]
fn main() -> Result<(), Refused> {
    let snapshots = (0..ORDERS).map(snapshot).collect::<Result<Vec<_>, _>>()?;
    let whole = snapshots.iter().map(|text| Snapshot::hash(text).to_string()).collect::<String>();
    println!("{} {} snapshots", BlobHash::of(whole.as_bytes()), snapshots.len());
    Ok(())
}

fn snapshot(number: u8) -> Result<String, Refused> {
    let (mut document, workflows) = (OrderDocument::new(), Workflows::default());
    let reason = Some(format!("Não gela — ţară nº {number} 💧 <\"\\>"));
    let create = OrderCommand::CreateOrder(Box::new(NewOrder { reason, ..NewOrder::default() }));
    let lines = (0..number % 7).map(|line| OrderCommand::AddMaterial(material(number, line)));
    for command in std::iter::once(create).chain(lines) {
        let context = CommandContext {
            user: UserId::from_bytes([3; 16]),
            role: Role::Dispatcher,
            at: TimeClaim::by_server(Timestamp(1_700_000_000_000 + i64::from(number))),
            site: None,
            workflows: &workflows,
        };
        perform(&mut document, &command, &context, ActorId::from_bytes([9; 16]))?;
    }
    let read = Order::read(&document, &workflows).0;
    Ok(Snapshot::of(&read, ORDER, "pt-BR", "Confirmo que o serviço foi feito.").to_text())
}

fn material(number: u8, line: u8) -> NewLine {
    let mut id = [line; 16];
    id[0] = number;
    NewLine {
        line: EntryId::from_bytes(id),
        item: None,
        description: format!("Capacitor {line} µF"),
        quantity: format!("{}.{}", line + 1, number % 100),
        unit: Some("m²".to_owned()),
        price_minor: Some(i64::from(number) * 7_919 + i64::from(line)),
        source: None,
        is_additional: line.is_multiple_of(2),
    }
}
