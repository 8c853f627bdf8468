//! Tells an order's open matters and history in the reader's language. Never writes, and never decides who may read.

use std::collections::BTreeSet;

use sync_core::evidence::{Difference, Signing};
use sync_core::ids::{OrganizationId, RecordId, UserId};
use sync_core::order::{AttentionKind, Conflict, Named, Order};
use sync_core::time::Timestamp;

use crate::messages::Language;
use crate::orders::order_view::OrderView;
use crate::reference::{ContactFields, CustomerFields, ReferenceFields, SiteFields};
use crate::sentences::{self, Names, OrderSentences, Wording};
use crate::store::organizations::OrganizationRow;
use crate::store::{StoreError, Tx, api_tokens, order_blobs, organizations, users};
use crate::sync::Orders;

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub struct OrderReader {
    /// The organization.
    pub organization: OrganizationId,
    /// The person, called "you".
    pub user: UserId,
    /// The person's language.
    pub language: Language,
    /// When.
    pub now: Timestamp,
}

/// One sentence for each attention item, disagreement and step of an order; the view learns which photos are here.
///
/// # Errors
///
/// Fails when the database does.
pub async fn tell_order(
    orders: &Orders,
    view: &mut OrderView,
    reader: OrderReader,
) -> Result<OrderSentences, StoreError> {
    let mut tx = orders.store().begin_read(reader.organization).await?;
    let photos_away = if view.photos.is_empty() {
        0
    } else {
        view.know_arrived(&order_blobs::arrived(&mut tx, view.id).await?)
    };
    let order = &view.order;
    let names = names_in(&mut tx, order).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(StoreError::NotFound)?;
    let workflows = orders.workflows(&mut tx, &Named::from(&order.plan)).await?;
    tx.commit().await?;
    let wording = Wording {
        language: reader.language,
        zone: sentences::zone(&profile.zone),
        currency: &profile.currency,
        now: reader.now,
        reader: Some(reader.user),
        names: &names,
    };
    let photos = sentences::photos_on_their_way(photos_away, reader.language);
    Ok(OrderSentences { photos, ..sentences::of(order, &workflows, &wording) })
}

/// One clause for each covered change since an order was signed, told to somebody outside.
///
/// # Errors
///
/// Fails when the database does.
pub async fn tell_changes(
    tx: &mut Tx,
    profile: &OrganizationRow,
    order: &Order,
    differences: &[Difference],
    (language, now): (Language, Timestamp),
) -> Result<Vec<String>, StoreError> {
    let names = names_in(tx, order).await?;
    let wording = Wording {
        language,
        zone: sentences::zone(&profile.zone),
        currency: order.plan.currency.as_deref().unwrap_or(&profile.currency),
        now,
        reader: None,
        names: &names,
    };
    Ok(differences
        .iter()
        .map(|difference| sentences::change_since_signing(difference, order, &wording))
        .collect())
}

async fn names_in(tx: &mut Tx, order: &Order) -> Result<Names, StoreError> {
    let mut names = Names::default();
    for person in people_in(order) {
        let Some(user) = users::get(tx, person).await? else {
            // Other software acts under the id of its token.
            let token = api_tokens::get(tx, RecordId::from_bytes(*person.as_bytes())).await?;
            names.people.extend(token.map(|token| (person, token.name)));
            continue;
        };
        if let Some(ended) = user.disabled_at {
            names.access_ended.insert(person, ended);
        }
        names.people.insert(person, user.name);
    }
    let records = order.conflicts.iter().flat_map(records_in).chain(records_changed_since_signing(order));
    for record in records {
        if let Some(name) = record_name(tx, record).await? {
            names.records.insert(record, name);
        }
    }
    Ok(names)
}

/// Everybody a sentence may be about.
fn people_in(order: &Order) -> BTreeSet<UserId> {
    let authors = order.authors.values().map(|author| author.user);
    let steps = order.status.history.iter().map(|step| step.by);
    let matters = order.attention.iter().filter_map(|item| match &item.kind {
        AttentionKind::Raised { about, .. } => Some(*about),
        AttentionKind::FarCheckIn { technician, .. } | AttentionKind::Clock { technician, .. } => {
            Some(*technician)
        }
        // They are of the crew, or wrote it.
        AttentionKind::TakenTwice { .. }
        | AttentionKind::PaidTwice { .. }
        | AttentionKind::Status { .. }
        | AttentionKind::NeedsSignature { .. }
        | AttentionKind::SignedTwice { .. }
        | AttentionKind::ManyActors { .. } => None,
    });
    authors
        .chain(order.assignees.keys().chain(&order.offered_to).copied())
        .chain(steps)
        .chain(matters)
        .collect()
}

fn names_record(path: &str) -> bool {
    matches!(path, "plan/customer" | "plan/contact" | "plan/site")
}

fn records_changed_since_signing(order: &Order) -> BTreeSet<RecordId> {
    let Signing::NeedsSignature { differences, .. } = &order.signing else { return BTreeSet::new() };
    let values = differences.iter().filter_map(|difference| match difference {
        Difference::Changed { field, signed, now } if names_record(field) => Some([signed, now]),
        Difference::Changed { .. } | Difference::Added { .. } | Difference::Removed { .. } => None,
    });
    values.flatten().flatten().filter_map(|value| value.as_str()?.parse().ok()).collect()
}

/// The customers, contacts and sites people disagree about.
fn records_in(conflict: &Conflict) -> BTreeSet<RecordId> {
    let sides = conflict.others.iter().chain([&conflict.kept]).filter(|_| names_record(&conflict.path));
    sides.filter_map(|side| side.value.as_str()?.parse().ok()).collect()
}

async fn record_name(tx: &mut Tx, id: RecordId) -> Result<Option<String>, StoreError> {
    if let Some(customer) = CustomerFields::get(tx, id).await? {
        return Ok(Some(customer.fields.name));
    }
    if let Some(contact) = ContactFields::get(tx, id).await? {
        return Ok(Some(contact.fields.name));
    }
    Ok(SiteFields::get(tx, id).await?.map(|site| site.fields.name))
}
