//! What must be true of a healed world (contract 1.5). Never changes anything.

use sync_core::document::OrderDocument;
use sync_core::ids::OrderId;
use sync_core::order::Order;

use super::device::SimDevice;
use super::model::Recorded;
use super::server::SimServer;
use super::world::World;

/// A promise that was broken, in words.
pub type Violation = String;

/// How closely devices and server are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Heads,
    Content,
}

/// Checks a healed world.
///
/// # Errors
///
/// The first promise that was broken.
pub fn check(world: &mut World) -> Result<(), Violation> {
    outboxes_are_empty(world)?;
    acknowledged_changes_are_kept(world)?;
    recorded_work_is_found(world)?;
    devices_agree_with_the_server(world, Depth::Content)?;
    newer_fields_are_everywhere(world)
}

/// Whether nobody has anything left to say.
pub(super) fn is_quiet(world: &mut World) -> bool {
    outboxes_are_empty(world).is_ok() && devices_agree_with_the_server(world, Depth::Heads).is_ok()
}

/// I10: after the faults healed, everything was sent.
fn outboxes_are_empty(world: &World) -> Result<(), Violation> {
    for (number, device) in world.devices.iter().enumerate() {
        let unsent = device.session.unsent_count();
        if unsent > 0 && !device.is_stranded {
            return Err(format!("I10: device {number} still has {unsent} unsent changes"));
        }
    }
    Ok(())
}

/// I1: what a device was told is merged is merged, or its work is found under another name.
fn acknowledged_changes_are_kept(world: &mut World) -> Result<(), Violation> {
    for (order, hash) in &world.model.acknowledged {
        if world.server.has(*order, hash) {
            continue;
        }
        let work = world.model.recorded.iter().find(|recorded| recorded.change == *hash);
        let is_found = work.is_none_or(|recorded| {
            let order = world.server.order(recorded.order);
            order.is_some_and(|order| recorded.trace.is_in(&order))
                || explains(&mut world.devices[recorded.device], recorded)
        });
        if !is_found {
            return Err(format!("I1: acknowledged change {hash} of order {order} is gone"));
        }
    }
    Ok(())
}

/// I2: what a person recorded is on the server, waits for the office, or is explained in the Sync center.
fn recorded_work_is_found(world: &mut World) -> Result<(), Violation> {
    for recorded in &world.model.recorded {
        let order = world.server.order(recorded.order);
        let is_merged = order.is_some_and(|order| recorded.trace.is_in(&order));
        let is_waiting = || world.server.has(recorded.order, &recorded.change);
        if is_merged || is_waiting() {
            continue;
        }
        let device = &mut world.devices[recorded.device];
        let is_explained = explains(device, recorded);
        if !is_explained {
            let (number, trace, order) = (recorded.device, &recorded.trace, recorded.order);
            return Err(format!("I2: {trace:?} recorded on device {number} in order {order} is gone"));
        }
    }
    Ok(())
}

/// Whether the Sync center shows the command, or the device keeps it without a way to the server.
fn explains(device: &mut SimDevice, recorded: &Recorded) -> bool {
    let text = recorded.trace.text();
    let center = device.session.center(&device.store).expect("memory can be read");
    let of_order = center.iter().filter(|entry| entry.order == recorded.order);
    let is_shown = of_order.filter_map(|entry| entry.authored.as_ref()).any(|a| a.command.contains(&text));
    is_shown || device.is_stranded && device.holds(recorded.order, &text)
}

/// I3: devices hold exactly the orders of their scope, with equal heads, status and attention items.
fn devices_agree_with_the_server(world: &mut World, depth: Depth) -> Result<(), Violation> {
    let server = &world.server;
    for (number, device) in world.devices.iter_mut().enumerate() {
        if device.is_stranded || server.disabled.contains(&device.person.user) {
            continue;
        }
        let in_scope: Vec<_> = server.feeds.orders(device.person).into_iter().collect();
        if device.session.order_ids() != in_scope {
            let held = device.session.order_ids();
            return Err(format!("I3: device {number} holds {held:?}, its scope is {in_scope:?}"));
        }
        for order in in_scope {
            agree(device, server, order, depth).map_err(|error| format!("I3: device {number}: {error}"))?;
        }
    }
    Ok(())
}

fn agree(device: &mut SimDevice, server: &SimServer, order: OrderId, depth: Depth) -> Result<(), Violation> {
    let theirs = server.document(order).ok_or("the server has no such order")?;
    let ours = device.session.document(order, &device.store).expect("memory can be read");
    let ours = ours.ok_or_else(|| format!("order {order} cannot be read"))?;
    let waits = device.session.center(&device.store).expect("memory can be read");
    if waits.iter().any(|entry| entry.order == order && entry.held.is_some()) {
        let lacks = theirs.heads().iter().any(|head| !ours.contains(head));
        return if lacks { Err(format!("order {order} lacks changes")) } else { Ok(()) };
    }
    if ours.heads() != theirs.heads() {
        return Err(format!("order {order} has heads {:?}, the server {:?}", ours.heads(), theirs.heads()));
    }
    if depth == Depth::Heads {
        return Ok(());
    }
    let (ours, theirs) = (read(&ours, server), read(theirs, server));
    if ours.status != theirs.status || ours.attention != theirs.attention {
        return Err(format!("order {order} reads differently from the same changes"));
    }
    Ok(())
}

fn read(document: &OrderDocument, server: &SimServer) -> Order {
    Order::read(document, &server.workflows).0
}

/// Fields this version does not know travel all the same.
fn newer_fields_are_everywhere(world: &mut World) -> Result<(), Violation> {
    for (order, text) in &world.newer_fields {
        if !has_newer_field(&world.server, *order, text) {
            return Err(format!("B10: the server lost {text} of order {order}"));
        }
    }
    Ok(())
}

/// Whether the server's order has a field of a later version.
pub(super) fn has_newer_field(server: &SimServer, order: OrderId, text: &str) -> bool {
    server.document(order).is_some_and(|document| document.tree().at(&["extra", text]).is_some())
}
