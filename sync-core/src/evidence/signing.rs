//! Whether the order as it stands is signed. Derived on every replica; never decided by a clock.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::snapshot::covered_fields;
use super::{Difference, Snapshot, differences};
use crate::ids::EntryId;
use crate::order::Order;
use crate::order::entry::{Signature, SignaturePurpose};

/// Where an order stands with its customer's signature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Signing {
    /// Nobody has signed or refused.
    #[default]
    Unsigned,
    /// The order says what was signed.
    Signed {
        /// The signature that counts.
        signature: EntryId,
    },
    /// The signer refused what the order says.
    Refused {
        /// The refusal.
        signature: EntryId,
    },
    /// Something covered changed since.
    NeedsSignature {
        /// The last signature or refusal.
        signature: EntryId,
        /// What changed, exactly.
        differences: Vec<Difference>,
    },
}

impl Signing {
    /// Whether the customer has had the last word: a signature, or a refusal with its reason.
    pub const fn is_answered(&self) -> bool {
        matches!(self, Self::Signed { .. } | Self::Refused { .. })
    }
}

/// Compares every signature with what the order says.
pub fn signing(order: &Order) -> Signing {
    let given: Vec<_> = completions(order).collect();
    if given.is_empty() {
        return Signing::Unsigned;
    }
    let now = covered_fields(order);
    let fits = |signature: &Signature| {
        Snapshot::parse(&signature.snapshot).is_ok_and(|snapshot| snapshot.covered == now)
    };
    let fitting: Vec<_> = given.iter().filter(|(_, signature)| fits(signature)).collect();
    if let Some((id, _)) = fitting.iter().find(|(_, signature)| signature.refusal.is_none()) {
        return Signing::Signed { signature: **id };
    }
    if let Some((id, _)) = fitting.first() {
        return Signing::Refused { signature: **id };
    }
    // The one given with the most others before it; two at once are told apart by id, the smaller one first.
    let last = given.iter().rev().max_by_key(|(_, signature)| signature.index);
    let (id, signature) = last.expect("at least one was given");
    Signing::NeedsSignature { signature: **id, differences: differences_of(signature, &now) }
}

/// What the order says otherwise than a signature of it.
pub fn changes_since(order: &Order, signature: &Signature) -> Vec<Difference> {
    differences_of(signature, &covered_fields(order))
}

fn differences_of(signature: &Signature, now: &BTreeMap<String, Value>) -> Vec<Difference> {
    let signed = Snapshot::parse(&signature.snapshot).map(|snapshot| snapshot.covered).unwrap_or_default();
    differences(&signed, now)
}

/// Signatures of the same version in the same role by people who did not know of each other; all are kept as evidence.
pub fn twice_signed(order: &Order) -> Vec<Vec<EntryId>> {
    let mut by_version = BTreeMap::<_, Vec<EntryId>>::new();
    for (id, signature) in completions(order).filter(|(_, signature)| signature.refusal.is_none()) {
        by_version.entry((signature.snapshot_sha256, &signature.signer_role)).or_default().push(*id);
    }
    by_version.into_values().filter(|ids| ids.len() > 1).collect()
}

fn completions(order: &Order) -> impl Iterator<Item = (&EntryId, &Signature)> {
    order.signatures.iter().filter(|(_, signature)| signature.purpose == SignaturePurpose::Completion)
}
