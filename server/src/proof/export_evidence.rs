//! Writes the evidence file of one order. The format is `sync_core::evidence::file`'s.

use std::collections::BTreeSet;

use sync_core::evidence::file::{Blob, Device, Header, Line, Person, RecordedChange, SignatureRecord, write};
use sync_core::ids::{BlobHash, DeviceId, OrderId, OrganizationId, UserId};
use sync_core::order::{Named, Order};

use crate::app::App;
use crate::audit;
use crate::evidence::read_drawing::whole;
use crate::evidence::read_photo::arrived;
use crate::evidence::sniff::MediaType;
use crate::orders::execute_command::damaged;
use crate::orders::{Caller, OrderRefusal};
use crate::store::blobs::BlobRow;
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
    export(app, caller.organization, order, Photos::ByName).await
}

/// How photos and papers are in the file; drawings of signatures are always there with their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photos {
    /// By their hashes.
    ByName,
    /// With their bytes. All of them are in memory at once: never in a process that serves others.
    Whole,
}

/// The same for the operator of the installation.
pub async fn export(
    app: &App,
    organization: OrganizationId,
    order: OrderId,
    photos: Photos,
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
    let document = document.unwrap_or_default();
    let workflows = app.orders.workflows(&mut tx, &Named::by(&document)).await?;
    let (order_read, _) = Order::read(&document, &workflows);
    let mut lines = vec![header(app, organization, order, &profile, &order_read)];
    lines.extend(people(&mut tx, &order_read).await?);
    lines.extend(devices_of(&mut tx, &rows, &order_read).await?);
    lines.extend(rows.into_iter().map(change_line));
    lines.extend(
        order_read.signatures.iter().map(|(id, record)| {
            Line::Signature(Box::new(SignatureRecord { id: *id, record: record.clone() }))
        }),
    );
    let links = audit_rows::list_by_subject(&mut tx, &order.to_string()).await?;
    tx.commit().await?;
    lines.extend(blobs_of(app, organization, &order_read, photos).await?);
    lines.extend(links.iter().map(|row| Line::Audit(audit::link(row))));
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

/// Photos, papers and drawings the order names, taken back or not.
async fn blobs_of(
    app: &App,
    organization: OrganizationId,
    order: &Order,
    photos: Photos,
) -> Result<Vec<Line>, StoreError> {
    let drawings: BTreeSet<BlobHash> =
        order.signatures.values().filter_map(|signature| signature.strokes).collect();
    let others = order.photos.values().map(|photo| photo.sha256);
    let receipts = order.expenses.values().filter_map(|expense| expense.receipt);
    let named: BTreeSet<BlobHash> = drawings.iter().copied().chain(others).chain(receipts).collect();
    let mut lines = Vec::new();
    for sha256 in named {
        let row = arrived(&app.evidence, organization, sha256).await?;
        let is_drawing =
            |row: &BlobRow| drawings.contains(&sha256) && row.media_type == MediaType::Strokes.as_str();
        let row = row.filter(|row| photos == Photos::Whole || is_drawing(row));
        let bytes = match row {
            Some(_) => stored_bytes(app, organization, sha256).await,
            None => None,
        };
        lines.push(Line::Blob(Blob { sha256, bytes }));
    }
    Ok(lines)
}

/// What cannot be read, or is not what it was, is in the file by its hash alone.
async fn stored_bytes(app: &App, organization: OrganizationId, sha256: BlobHash) -> Option<Vec<u8>> {
    let reading = async { whole(app.evidence.blobs().read_original(organization, sha256).await?).await };
    match reading.await {
        Ok(bytes) if BlobHash::of(&bytes) == sha256 => Some(bytes),
        Ok(_) => {
            tracing::error!(blob.sha256 = %sha256, "the bytes of a stored blob are not what they were");
            None
        }
        Err(error) => {
            tracing::warn!(blob.sha256 = %sha256, %error, "the bytes of a stored blob cannot be read");
            None
        }
    }
}
