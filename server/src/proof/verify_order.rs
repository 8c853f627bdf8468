//! Tells a stranger with a document in hand what was signed and whether anything covered changed since. Never more.

use sync_core::document::{OrderDocument, Path};
use sync_core::evidence::{Signing, Snapshot, changes_since};
use sync_core::ids::{BlobHash, EntryId};
use sync_core::order::entry::Signature;
use sync_core::order::{Named, Order};
use sync_core::tax_id::{TaxIdKind, formatted};
use sync_core::time::{TimeClaim, Timestamp};

use super::verification_link::VerificationLink;
use crate::app::App;
use crate::messages::Language;
use crate::orders::OrderRefusal;
use crate::orders::execute_command::damaged;
use crate::orders::tell_order::tell_changes;
use crate::store::{StoreError, Tx, changes, organizations};
use crate::sync::order_state::StoredOrder;

/// What the page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Legal name of the company.
    pub organization: String,
    /// Its tax number.
    pub tax_id: String,
    /// Its zone, in which times are shown.
    pub zone: String,
    /// The order's number, if it has one.
    pub number: Option<String>,
    /// The signed version; absent where the document showed none, or the order has none.
    pub signed: Option<SignedVersion>,
    /// Whether the order was signed again since.
    pub newer: Option<Timestamp>,
}

/// One signed version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedVersion {
    /// Who signed or refused.
    pub signer_name: String,
    /// In which role.
    pub signer_role: Option<String>,
    /// The number of the identity document, all but its last places hidden.
    pub document_number: Option<String>,
    /// Why nobody signed.
    pub refusal: Option<String>,
    /// Whether the hand drew it.
    pub is_drawn: bool,
    /// When, and how well that is known.
    pub at: TimeClaim,
    /// When the server got it.
    pub received_at: Option<Timestamp>,
    /// Whether a device sealed the record.
    pub is_sealed: bool,
    /// SHA-256 of the signed version.
    pub fingerprint: BlobHash,
    /// One clause for each covered change since.
    pub changes: Vec<String>,
}

/// Reads what a link may show.
///
/// # Errors
///
/// `NotFound` when the order is gone, exactly as for a link that nobody made.
pub async fn verify_order(
    app: &App,
    link: VerificationLink,
    language: Language,
) -> Result<Verification, OrderRefusal> {
    let documents = app.orders.documents();
    let mut tx = app.store.begin_read(link.organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(OrderRefusal::NotFound)?;
    let stored = StoredOrder::load(&mut tx, documents, link.order).await?;
    if stored.head.is_none() {
        return Err(OrderRefusal::NotFound);
    }
    let document = stored.open(documents).map_err(damaged)?.document;
    let document = document.unwrap_or_default();
    let workflows = app.orders.workflows(&mut tx, &Named::by(&document)).await?;
    let (order, _) = Order::read(&document, &workflows);
    let shown = link.signature.and_then(|id| Some((id, order.signatures.get(&id)?)));
    let received_at = match shown {
        Some((id, _)) => received_at(&mut tx, link, &document, id).await?,
        None => None,
    };
    let changes = match shown {
        Some((_, signature)) => {
            let differences = changes_since(&order, signature);
            tell_changes(&mut tx, &profile, &order, &differences, (language, app.clock.now())).await?
        }
        None => Vec::new(),
    };
    tx.commit().await?;
    Ok(Verification {
        organization: profile.formal_name().to_owned(),
        tax_id: formatted(TaxIdKind::from_name(&profile.tax_id_kind), &profile.tax_id, false),
        zone: profile.zone,
        number: order.plan.number.clone(),
        newer: newer_signature(&order, link.signature),
        signed: shown.map(|(_, signature)| signed_version(signature, received_at, changes)),
    })
}

async fn received_at(
    tx: &mut Tx,
    link: VerificationLink,
    document: &OrderDocument,
    id: EntryId,
) -> Result<Option<Timestamp>, StoreError> {
    let path = Path::new(["signatures".to_owned(), id.to_string(), "by".to_owned()]);
    let Some(writer) = document.writers(&path).into_iter().next() else { return Ok(None) };
    changes::received_at(tx, link.order, writer.change).await
}

fn signed_version(
    signature: &Signature,
    received_at: Option<Timestamp>,
    changes: Vec<String>,
) -> SignedVersion {
    SignedVersion {
        signer_name: signature.signer_name.clone(),
        signer_role: signature.signer_role.clone(),
        document_number: signature.document_number.as_deref().map(masked),
        refusal: signature.refusal.clone(),
        is_drawn: signature.strokes.is_some(),
        at: signature.at,
        received_at,
        is_sealed: signature.seal.is_some(),
        fingerprint: Snapshot::hash(&signature.snapshot),
        changes,
    }
}

/// Another signature that fits the order as it stands.
fn newer_signature(order: &Order, shown: Option<EntryId>) -> Option<Timestamp> {
    match order.signing {
        Signing::Signed { signature } if Some(signature) != shown => {
            Some(order.signatures.get(&signature)?.at.estimated)
        }
        Signing::Unsigned
        | Signing::Signed { .. }
        | Signing::Refused { .. }
        | Signing::NeedsSignature { .. } => None,
    }
}

/// The last three places of a number; whoever holds the document reads the rest there.
fn masked(number: &str) -> String {
    const SHOWN: usize = 3;
    let count = number.chars().count();
    number.chars().enumerate().map(|(index, place)| if index + SHOWN < count { '•' } else { place }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_number_shows_its_last_three_places() {
        assert_eq!(masked("52998224725"), "••••••••725");
        assert_eq!(masked("12"), "12");
    }
}
