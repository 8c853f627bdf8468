//! Reads typed entries from a document's tree and lists what could not be read. Never fails as a whole.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::document::{Node, Path};
use crate::ids::EntryId;

/// A part of a document that this version cannot read. The part stays in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub path: String,
    /// What was wrong, for a developer's eyes.
    pub cause: String,
}

/// Collects problems while the parts of an order are read.
#[derive(Debug, Default)]
pub struct Reader {
    /// What could not be read so far.
    pub problems: Vec<Problem>,
}

impl Reader {
    fn note(&mut self, path: &Path, cause: impl ToString) {
        self.problems.push(Problem { path: path.to_string(), cause: cause.to_string() });
    }

    /// Reads the entries of one area that can be read.
    pub fn entries<T: DeserializeOwned>(&mut self, tree: &Node, area: &str) -> BTreeMap<EntryId, T> {
        let mut entries = BTreeMap::new();
        for (key, node) in tree.at(&[area]).and_then(Node::as_map).into_iter().flatten() {
            let path = Path::new([area, key]);
            let Ok(id) = key.parse() else {
                self.note(&path, "not an entry id");
                continue;
            };
            let read = node.as_map().map(|fields| serde_json::from_value(Value::Object(json_fields(fields))));
            match read {
                Some(Ok(entry)) => {
                    entries.insert(id, entry);
                }
                Some(Err(error)) => self.note(&path, error),
                None => self.note(&path, "not an entry"),
            }
        }
        entries
    }

    /// Reads the scalar fields of one area, each on its own: a damaged field is left out, the others are read.
    pub fn fields<T: DeserializeOwned + Default>(&mut self, tree: &Node, area: &str) -> T {
        let Some(fields) = tree.at(&[area]).and_then(Node::as_map) else {
            self.note(&Path::new([area]), "missing");
            return T::default();
        };
        let mut json = json_fields(fields);
        if let Ok(whole) = serde_json::from_value(Value::Object(json.clone())) {
            return whole;
        }
        json.retain(|key, value| {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            let read = serde_json::from_value::<T>(Value::Object(alone));
            if let Err(error) = &read {
                self.note(&Path::new([area, key]), error);
            }
            read.is_ok()
        });
        serde_json::from_value(Value::Object(json)).unwrap_or_default()
    }

    /// Reads an area of single-field entries: key to JSON text.
    pub fn texts<T: DeserializeOwned>(&mut self, tree: &Node, area: &str) -> BTreeMap<String, T> {
        let mut read = BTreeMap::new();
        for (key, node) in tree.at(&[area]).and_then(Node::as_map).into_iter().flatten() {
            let text = node.as_scalar().map(crate::document::Scalar::to_json);
            match text.as_ref().and_then(Value::as_str).map(serde_json::from_str) {
                Some(Ok(value)) => {
                    read.insert(key.clone(), value);
                }
                Some(Err(error)) => self.note(&Path::new([area, key]), error),
                None if text == Some(Value::Null) => {}
                None => self.note(&Path::new([area, key]), "not a text"),
            }
        }
        read
    }
}

/// The scalar fields of a map as JSON, without empty ones.
fn json_fields(fields: &BTreeMap<String, Node>) -> Map<String, Value> {
    fields
        .iter()
        .filter_map(|(key, node)| Some((key.clone(), node.as_scalar()?.to_json())))
        .filter(|(_, value)| !value.is_null())
        .collect()
}
