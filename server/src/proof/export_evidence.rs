//! Writes the evidence file of one order. The format is `sync_core::evidence::file`'s.

use std::collections::BTreeSet;

use sync_core::evidence::file::{Blob, Device, Header, Line, Person, RecordedChange, SignatureRecord, write};
use sync_core::ids::{BlobHash, DeviceId, OrderId, OrganizationId, UserId};
use sync_core::order::Order;

use crate::app::App;
use crate::audit;
use crate::orders::execute_command::damaged;
use crate::orders::{Caller, OrderRefusal};
use crate::store::changes::ChangeRow;
use crate::store::organizations::OrganizationRow;
use crate::store::{StoreError, Tx, audit_rows, changes, devices, organizations, users};
use crate::sync::order_state::StoredOrder;

/// Writes everything that proves what happened to an order, for the office.
///
/// # Errors
///
/// `RoleForbidden` for everybody but admins and dispatchers, `NotFound` for an order that does not exist.
pub async fn export_evidence(app: &App, caller: Caller, order: OrderId) -> Result<Vec<u8>, OrderRefusal> {
    if !caller.is_dispatcher() {
        return Err(OrderRefusal::RoleForbidden);
    }
    export(app, caller.organization, order).await
}

/// The same for the operator of the installation.
pub async fn export(
    app: &App,
    organization: OrganizationId,
    order: OrderId,
) -> Result<Vec<u8>, OrderRefusal> {
    let documents = app.orders.documents();
    let mut tx = app.store.begin_read(organization).await?;
    let stored = StoredOrder::load(&mut tx, documents, order).await?;
    if stored.head.is_none() {
        return Err(OrderRefusal::NotFound);
    }
    let profile = organizations::get(&mut tx).await?.ok_or(StoreError::NotFound)?;
    let rows = changes::after(&mut tx, order, 0).await?;
    let document = stored.open(documents).map_err(damaged)?.document;
    let (order_read, _) = Order::read(&document.unwrap_or_default(), app.orders.workflows());
    let mut lines = vec![header(app, organization, order, &profile, &order_read)];
    lines.extend(people(&mut tx, &order_read).await?);
    lines.extend(devices_of(&mut tx, &rows, &order_read).await?);
    lines.extend(rows.into_iter().map(change_line));
    lines.extend(
        order_read.signatures.iter().map(|(id, record)| {
            Line::Signature(Box::new(SignatureRecord { id: *id, record: record.clone() }))
        }),
    );
    lines.extend(files(&order_read).into_iter().map(|sha256| Line::Blob(Blob { sha256, bytes: None })));
    let links = audit_rows::list_by_subject(&mut tx, &order.to_string()).await?;
    lines.extend(links.iter().map(|row| Line::Audit(audit::link(row))));
    tx.commit().await?;
    Ok(write(&lines, |text| app.proof.seal(text)))
}

fn header(
    app: &App,
    organization: OrganizationId,
    order: OrderId,
    profile: &OrganizationRow,
    read: &Order,
) -> Line {
    Line::Header(Header {
        campo_evidence: 1,
        organization,
        organization_name: profile.formal_name().to_owned(),
        organization_tax_id: profile.tax_id.clone(),
        order,
        number: read.plan.number.clone(),
        exported_at: app.clock.now(),
    })
}

async fn people(tx: &mut Tx, order: &Order) -> Result<Vec<Line>, StoreError> {
    let named: BTreeSet<UserId> =
        order.authors.values().map(|author| author.user).chain(order.assignees.keys().copied()).collect();
    let mut lines = Vec::new();
    for id in named {
        if let Some(user) = users::get(tx, id).await? {
            lines.push(Line::Person(Person { id, name: user.name }));
        }
    }
    Ok(lines)
}

async fn devices_of(tx: &mut Tx, rows: &[ChangeRow], order: &Order) -> Result<Vec<Line>, StoreError> {
    let sealing = order.signatures.values().filter_map(|signature| signature.device);
    let named: BTreeSet<DeviceId> = rows.iter().filter_map(|row| row.device).chain(sealing).collect();
    let mut lines = Vec::new();
    for id in named {
        let Some(device) = devices::get(tx, id).await? else { continue };
        let public_key = BlobHash::from_slice(&device.public_key)
            .ok_or_else(|| StoreError::internal("a stored device key has a wrong length"))?;
        lines.push(Line::Device(Device { id, user: device.user, name: device.name, public_key }));
    }
    Ok(lines)
}

fn change_line(row: ChangeRow) -> Line {
    Line::Change(RecordedChange {
        hash: row.hash,
        user: row.user,
        device: row.device,
        received_at: row.received_at,
        bytes: row.bytes,
    })
}

/// Photos and drawings the order names, taken back or not.
fn files(order: &Order) -> BTreeSet<BlobHash> {
    let photos = order.photos.values().map(|photo| photo.sha256);
    let drawings = order.signatures.values().filter_map(|signature| signature.strokes);
    let receipts = order.expenses.values().filter_map(|expense| expense.receipt);
    photos.chain(drawings).chain(receipts).collect()
}
