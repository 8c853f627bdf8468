//! The signature record and the text a device seals with its key. Never holds a key itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ids::{BlobHash, EntryId, OrderId};
use crate::order::entry::Signature;

/// The record without its seal, as canonical JSON: fields sorted, no white space. A stored format.
pub fn unsealed_record(signature: &Signature) -> String {
    let value = serde_json::to_value(signature).expect("a signature has a JSON form");
    let fields = value.as_object().expect("a signature is an object");
    let unsealed: BTreeMap<&str, &Value> = fields
        .iter()
        .filter(|(name, _)| *name != "seal")
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    serde_json::to_string(&unsealed).expect("scalars have a JSON form")
}

/// What the device's Ed25519 key signs: four lines that name the order, the signature and the SHA-256 of the record.
pub fn seal_text(order: OrderId, id: EntryId, signature: &Signature) -> String {
    let record = BlobHash::of(unsealed_record(signature).as_bytes());
    format!("campo signature seal 1\n{order}\n{id}\n{record}\n")
}
