//! Real disagreements as data for one sentence. Never decides: the document already keeps one value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::Line;
use super::{ActorAuthor, Order};
use crate::document::{Competing, OrderDocument, Path};
use crate::ids::{ChangeHash, EntryId, UserId};
use crate::time::Timestamp;
use crate::workflow::Role;

/// Which field people disagree about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ConflictField {
    /// A field of the plan, by name.
    Plan {
        /// Such as `window` or `promised`.
        name: String,
    },
    /// Whether and how a technician is assigned.
    Assignee {
        /// The technician.
        technician: UserId,
    },
    /// A field of a material or service line.
    Line {
        /// The line.
        line: EntryId,
        /// What the line is, for the sentence.
        description: String,
        /// Such as `quantity` or `price_minor`.
        name: String,
    },
    /// A line that one removed and another edited.
    RemovedLine {
        /// The line.
        line: EntryId,
        /// What the line is, for the sentence.
        description: String,
    },
    /// What stands under a photo.
    Caption {
        /// The photo.
        photo: EntryId,
    },
    /// The answer to a question.
    Answer {
        /// The question.
        question: String,
    },
}

/// One of the values and who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Side {
    /// The value; `null` for an emptied field.
    pub value: Value,
    /// Who set it, where the document says so.
    pub by: Option<UserId>,
    /// Whether that was the office.
    pub is_office: bool,
    /// When, as estimated by the author's device.
    pub at: Timestamp,
    /// The change that set it.
    pub change: ChangeHash,
}

/// One field that several people set without knowing of each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conflict {
    /// Names the conflict in `ResolveConflict`: the path of the field.
    pub path: String,
    /// The field.
    pub field: ConflictField,
    /// The value that every replica reads.
    pub kept: Side,
    /// The values that lost, none equal to the kept one.
    pub others: Vec<Side>,
}

/// All disagreements of an order that a person should hear of.
pub(super) fn conflicts(document: &OrderDocument, order: &Order) -> Vec<Conflict> {
    let mut found: Vec<_> = document
        .conflicts()
        .into_iter()
        .filter_map(|(path, competing)| value_conflict(order, &path, &competing))
        .collect();
    for (area, lines) in [("materials", &order.materials), ("services", &order.services)] {
        found.extend(lines.iter().filter_map(|(id, line)| removed_line(document, order, area, *id, line)));
    }
    found
}

fn value_conflict(order: &Order, path: &Path, competing: &[Competing]) -> Option<Conflict> {
    let field = field_of(order, path)?;
    let (kept, others) = competing.split_first()?;
    let others: Vec<_> =
        others.iter().filter(|other| other.value != kept.value).map(|other| side(order, other)).collect();
    if others.is_empty() {
        return None;
    }
    Some(Conflict { path: path.to_string(), field, kept: side(order, kept), others })
}

fn field_of(order: &Order, path: &Path) -> Option<ConflictField> {
    match path.keys()[..] {
        ["plan", "assignees", technician] => {
            Some(ConflictField::Assignee { technician: technician.parse().ok()? })
        }
        ["plan", "number" | "created_by" | "created_at" | "origin"] => None,
        ["plan", name] => Some(ConflictField::Plan { name: name.to_owned() }),
        ["photos", id, "caption"] => {
            let photo = id.parse().ok()?;
            let is_shown = order.photos.get(&photo).is_some_and(|photo| photo.removed.is_none());
            is_shown.then_some(ConflictField::Caption { photo })
        }
        ["checklist", question] => Some(ConflictField::Answer { question: question.to_owned() }),
        [
            area @ ("materials" | "services"),
            id,
            name @ ("quantity" | "price_minor" | "description" | "unit" | "source"),
        ] => {
            let lines = if area == "materials" { &order.materials } else { &order.services };
            let line = id.parse().ok()?;
            let description = lines.get(&line)?.description.clone();
            Some(ConflictField::Line { line, description, name: name.to_owned() })
        }
        _ => None,
    }
}

/// A removal that did not see the quantity or price the line has.
fn removed_line(
    document: &OrderDocument,
    order: &Order,
    area: &str,
    id: EntryId,
    line: &Line,
) -> Option<Conflict> {
    let removal = line.removed.as_ref()?;
    let id_text = id.to_string();
    let path = Path::new([area, &id_text, "removed"]);
    let is_seen = removal.seen_quantity.as_deref().is_none_or(|seen| seen == line.quantity)
        && removal.seen_price_minor == line.price_minor;
    if is_seen {
        return None;
    }
    let kept = document.writers(&path).into_iter().next()?;
    if order.decisions.contains_key(&conflict_key(&path, kept.change)) {
        return None;
    }
    let edited = if removal.seen_price_minor == line.price_minor { "quantity" } else { "price_minor" };
    let other = document.writers(&Path::new([area, &id_text, edited])).into_iter().next()?;
    Some(Conflict {
        path: path.to_string(),
        field: ConflictField::RemovedLine { line: id, description: line.description.clone() },
        kept: side(order, &kept),
        others: vec![side(order, &other)],
    })
}

/// The key under which the decision about one removal of a line is kept; a later removal is decided anew.
pub(super) fn conflict_key(path: &Path, removal: ChangeHash) -> String {
    format!("conflict:{}:{removal}", path.to_string().replace('/', ":"))
}

fn side(order: &Order, competing: &Competing) -> Side {
    let author = order.authors.get(&competing.actor);
    Side {
        value: competing.value.to_json(),
        by: author.map(|author| author.user),
        is_office: author.is_some_and(is_office),
        at: competing.time,
        change: competing.change,
    }
}

const fn is_office(author: &ActorAuthor) -> bool {
    matches!(author.role, Role::Admin | Role::Dispatcher | Role::System)
}
