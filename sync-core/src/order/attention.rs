//! What a person must decide, as data for one sentence each. Derived on every replica; never stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Order;
use super::entry::RaisedKind;
use super::status::StatusAttention;
use crate::evidence::{self, Difference, Signing};
use crate::ids::{BlobHash, EntryId, UserId};
use crate::time::SKEW_FLAG_MS;

/// Check-ins further from the site than this need a look (metres; never under the fix's own accuracy).
pub const FAR_CHECK_IN_M: i64 = 300;

/// Actors in one order above which somebody should look at the devices (contract 1.4).
pub const ACTORS_WARN: usize = 200;

/// Why an order needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AttentionKind {
    /// People took the order to different states without knowing of each other, or broke the workflow.
    Status {
        /// What happened.
        status: StatusAttention,
    },
    /// A check-in far from the site.
    FarCheckIn {
        /// The visit.
        visit: EntryId,
        /// Whose.
        technician: UserId,
        /// How far, in metres.
        distance_m: i64,
        /// What the technician gave as reason.
        reason: Option<String>,
    },
    /// The clock of a technician's device was off by more than time sheets accept.
    Clock {
        /// Whose.
        technician: UserId,
        /// Server time minus device time in milliseconds.
        offset_ms: i64,
    },
    /// The server raised it while taking in changes.
    Raised {
        /// Which kind.
        raised: RaisedKind,
        /// Whose work.
        about: UserId,
        /// The entries, as `area/id`.
        entries: Vec<String>,
    },
    /// Something changed that the signature covers.
    NeedsSignature {
        /// The last signature or refusal.
        signature: EntryId,
        /// What changed, exactly.
        differences: Vec<Difference>,
    },
    /// The same version was signed more than once in one role; all are kept.
    SignedTwice {
        /// The signatures.
        signatures: Vec<EntryId>,
    },
    /// Several people took the order from the shared pool without knowing of each other. All stay.
    TakenTwice {
        /// Who, the one first whose work began first.
        technicians: Vec<UserId>,
        /// Whether the first one's work has begun.
        is_begun: bool,
    },
    /// Several people recorded the same money, and together it is more than the order comes to. All of it counts.
    PaidTwice {
        /// The payments.
        payments: Vec<EntryId>,
        /// Who recorded them.
        people: Vec<UserId>,
        /// Each of them, in minor units.
        amount_minor: i64,
        /// ISO 4217.
        currency: String,
    },
    /// More devices have written into this order than is healthy.
    ManyActors {
        /// How many.
        count: usize,
    },
}

/// One thing a person must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttentionItem {
    /// Names the item in `Decide`; the same on every replica.
    pub key: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: AttentionKind,
}

/// The open items of an order in a stable order.
pub(super) fn attention(order: &Order) -> Vec<AttentionItem> {
    let mut items: Vec<_> = order
        .status
        .attention
        .iter()
        .map(|status| AttentionItem { key: status.key(), kind: AttentionKind::Status { status: *status } })
        .collect();
    items.extend(far_check_ins(order));
    items.extend(skewed_clocks(order));
    items.extend(order.raised.iter().map(|(id, raised)| AttentionItem {
        key: format!("raised:{id}"),
        kind: AttentionKind::Raised {
            raised: raised.kind,
            about: raised.about,
            entries: raised.entries.clone(),
        },
    }));
    items.extend(needs_signature(order));
    items.extend(evidence::twice_signed(order).into_iter().map(|signatures| AttentionItem {
        key: format!("signed_twice:{}", signatures[0]),
        kind: AttentionKind::SignedTwice { signatures },
    }));
    items.extend(taken_twice(order));
    items.extend(paid_twice(order));
    if order.authors.len() >= ACTORS_WARN {
        let count = order.authors.len();
        items
            .push(AttentionItem { key: "many_actors".to_owned(), kind: AttentionKind::ManyActors { count } });
    }
    items.retain(|item| !order.decisions.contains_key(&decision_key(&item.key)));
    items
}

/// The field under `decisions` that holds the decision about an item.
pub(super) fn decision_key(key: &str) -> String {
    key.replace('/', ":")
}

/// Names one version of what an item is about, so that a decision about it ends with that version.
fn version_of(text: &str) -> String {
    let mut version = BlobHash::of(text.as_bytes()).to_string();
    version.truncate(16);
    version
}

/// One item for what the order says since it was signed; a decision about it holds until something else changes.
fn needs_signature(order: &Order) -> Option<AttentionItem> {
    let Signing::NeedsSignature { signature, differences } = &order.signing else { return None };
    let told = serde_json::to_string(differences).expect("differences have a JSON form");
    Some(AttentionItem {
        key: format!("needs_signature:{signature}:{}", version_of(&told)),
        kind: AttentionKind::NeedsSignature { signature: *signature, differences: differences.clone() },
    })
}

/// One item for those who took the order; a decision about it holds until somebody else takes it too.
fn taken_twice(order: &Order) -> Option<AttentionItem> {
    let technicians = order.takers();
    let first = technicians.first().filter(|_| technicians.len() > 1)?;
    let is_begun = order.began_at(*first).is_some();
    let mut names: Vec<_> = technicians.iter().map(ToString::to_string).collect();
    names.sort_unstable();
    Some(AttentionItem {
        key: format!("taken_twice:{}", version_of(&names.join("+"))),
        kind: AttentionKind::TakenTwice { technicians, is_begun },
    })
}

/// One item for each amount that several people recorded; a decision about it holds until somebody records it again.
fn paid_twice(order: &Order) -> Vec<AttentionItem> {
    // Every read comes by here, and hardly any order has two.
    if order.payments.len() < 2 || order.paid_minor() <= order.total_minor() {
        return Vec::new();
    }
    let mut alike = BTreeMap::<_, Vec<_>>::new();
    for (id, payment) in order.payments.iter().filter(|(_, payment)| payment.removed.is_none()) {
        let same = (&payment.method, &payment.currency, payment.amount_minor);
        alike.entry(same).or_default().push((*id, payment.by));
    }
    let mut items = Vec::new();
    for ((_, currency, amount_minor), found) in alike {
        let people: BTreeSet<_> = found.iter().map(|(_, by)| *by).collect();
        if amount_minor > 0 && people.len() > 1 {
            let payments: Vec<_> = found.into_iter().map(|(id, _)| id).collect();
            let names: Vec<_> = payments.iter().map(ToString::to_string).collect();
            let people = people.into_iter().collect();
            let kind =
                AttentionKind::PaidTwice { payments, people, amount_minor, currency: currency.clone() };
            items.push(AttentionItem { key: format!("paid_twice:{}", version_of(&names.join("+"))), kind });
        }
    }
    items
}

fn far_check_ins(order: &Order) -> Vec<AttentionItem> {
    let mut items = Vec::new();
    for (visit_id, visit) in &order.visits {
        let Some(stamp) = visit.check_in.and_then(|id| order.stamps.get(&id)) else { continue };
        let Some(distance_m) = stamp.distance_m else { continue };
        let accuracy_m = stamp.position.and_then(|position| position.accuracy_m).unwrap_or(0);
        if distance_m > FAR_CHECK_IN_M.max(i64::from(accuracy_m)) {
            items.push(AttentionItem {
                key: format!("far_check_in:{visit_id}"),
                kind: AttentionKind::FarCheckIn {
                    visit: *visit_id,
                    technician: visit.technician,
                    distance_m,
                    reason: stamp.reason.clone(),
                },
            });
        }
    }
    items
}

/// One item per technician, about the worst clock among that technician's stamps.
fn skewed_clocks(order: &Order) -> Vec<AttentionItem> {
    let mut worst = std::collections::BTreeMap::<UserId, i64>::new();
    for stamp in order.stamps.values().filter(|stamp| stamp.at.is_skewed()) {
        let offset_ms = stamp.at.offset_ms.unwrap_or(SKEW_FLAG_MS);
        let entry = worst.entry(stamp.by).or_insert(offset_ms);
        if offset_ms.saturating_abs() > entry.saturating_abs() {
            *entry = offset_ms;
        }
    }
    worst
        .into_iter()
        .map(|(technician, offset_ms)| AttentionItem {
            key: format!("clock:{technician}"),
            kind: AttentionKind::Clock { technician, offset_ms },
        })
        .collect()
}
