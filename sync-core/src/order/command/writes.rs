//! Builds field-level writes. Never looks at rules.

use serde::Serialize;
use serde_json::Value;

use crate::document::{Path, Scalar, Write};

/// Sets a field.
pub fn put(path: Path, value: impl Into<Scalar>) -> Write {
    Write::Put(path, value.into())
}

/// Sets a field to the JSON text of a composite value, or empties it.
pub fn put_json<T: Serialize>(path: Path, value: Option<&T>) -> Write {
    let scalar = value.map_or(Scalar::Null, |value| Scalar::Text(json(value)));
    Write::Put(path, scalar)
}

/// The JSON text of a value of ours.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("values of ours have string keys and finite numbers")
}

/// Makes an entry and sets its fields.
pub fn new_entry<T: Serialize>(area: &str, id: &str, entry: &T) -> Vec<Write> {
    let path = Path::new([area, id]);
    let mut writes = vec![Write::Make(path.clone())];
    writes.extend(field_writes(&path, entry));
    writes
}

/// Sets each non-empty field of a flat structure under a path.
pub fn field_writes<T: Serialize>(path: &Path, fields: &T) -> Vec<Write> {
    let Ok(Value::Object(fields)) = serde_json::to_value(fields) else {
        unreachable!("entries are structures with named fields");
    };
    fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| {
            let scalar = Scalar::from_json(value).expect("fields of entries are scalars or JSON text");
            Write::Put(path.join(key), scalar)
        })
        .collect()
}
