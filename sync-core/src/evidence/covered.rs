//! Which fields of an order a signature covers: one table, read by the snapshot, by people and by a test that knows every field.

/// Whether a later change of a field asks for a new signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Part of what was signed.
    Covered,
    /// Free to change.
    Free,
}

use Coverage::{Covered, Free};

/// Area, field, coverage. `visits` names the fields of a visit, derived from its stamps; `totals` what is summed up.
///
/// Times of departure are free because the technician leaves after the customer has signed. Who else is assigned, when
/// the visit was planned, internal remarks, expenses and payments are the company's own matter.
pub const FIELDS: &[(&str, &str, Coverage)] = &[
    ("plan", "number", Free),
    ("plan", "kind", Covered),
    ("plan", "workflow", Free),
    ("plan", "checklist", Free),
    ("plan", "priority", Free),
    ("plan", "reason", Covered),
    ("plan", "customer", Covered),
    ("plan", "contact", Covered),
    ("plan", "site", Covered),
    ("plan", "draft_customer", Covered),
    ("plan", "place", Covered),
    ("plan", "window", Free),
    ("plan", "promised", Free),
    ("plan", "duration_minutes", Free),
    ("plan", "currency", Covered),
    ("plan", "zone", Free),
    ("plan", "origin", Free),
    ("plan", "created_by", Free),
    ("plan", "created_at", Free),
    ("plan", "equipment", Covered),
    ("visits", "technician", Covered),
    ("visits", "arrived", Covered),
    ("visits", "state", Free),
    ("visits", "travel_start", Free),
    ("visits", "check_in", Free),
    ("visits", "distance_m", Free),
    ("visits", "pauses", Free),
    ("visits", "left", Free),
    ("visits", "stamp_count", Free),
    ("materials", "item", Covered),
    ("materials", "description", Covered),
    ("materials", "quantity", Covered),
    ("materials", "unit", Covered),
    ("materials", "price_minor", Covered),
    ("materials", "source", Free),
    ("materials", "is_additional", Covered),
    ("materials", "by", Free),
    ("materials", "at", Free),
    ("services", "item", Covered),
    ("services", "description", Covered),
    ("services", "quantity", Covered),
    ("services", "unit", Covered),
    ("services", "price_minor", Covered),
    ("services", "source", Free),
    ("services", "is_additional", Covered),
    ("services", "by", Free),
    ("services", "at", Free),
    ("totals", "total_minor", Covered),
    ("checklist", "value", Covered),
    ("checklist", "by", Free),
    ("checklist", "at", Free),
    ("notes", "text", Covered),
    ("notes", "is_internal", Free),
    ("notes", "by", Free),
    ("notes", "at", Free),
    ("expenses", "kind", Free),
    ("expenses", "amount_minor", Free),
    ("expenses", "currency", Free),
    ("expenses", "description", Free),
    ("expenses", "receipt", Free),
    ("expenses", "by", Free),
    ("expenses", "at", Free),
    ("payments", "method", Free),
    ("payments", "amount_minor", Free),
    ("payments", "currency", Free),
    ("payments", "reference", Free),
    ("payments", "by", Free),
    ("payments", "at", Free),
    ("photos", "sha256", Covered),
    ("photos", "size_bytes", Free),
    ("photos", "media_type", Free),
    ("photos", "stage", Covered),
    ("photos", "caption", Covered),
    ("photos", "position", Free),
    ("photos", "by", Free),
    ("photos", "at", Free),
];

/// Whether a signature covers a field; fields of later versions are not part of this version's snapshot.
pub fn is_covered(area: &str, field: &str) -> bool {
    FIELDS.contains(&(area, field, Covered))
}
