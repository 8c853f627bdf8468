//! Plain values: what a document holds, without its history. Never names the CRDT underneath.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A single value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// No value; how a field is emptied.
    Null,
    /// A statement.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above the range of `Int`; written only by other versions.
    Uint(u64),
    /// A fraction; schema 1 never writes one, since money and quantities are exact.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An instant in milliseconds; schema 1 writes `Int`.
    Timestamp(i64),
}

impl Scalar {
    /// The JSON form used by typed views. Bytes have none and become `null`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null | Self::Bytes(_) => Value::Null,
            Self::Bool(value) => Value::from(*value),
            Self::Int(value) | Self::Timestamp(value) => Value::from(*value),
            Self::Uint(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Text(value) => Value::from(value.as_str()),
        }
    }

    /// The scalar of a JSON value; `None` for arrays, objects and fractions.
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Number(value) => value.as_i64().map(Self::Int),
            Value::String(value) => Some(Self::Text(value.clone())),
            Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Where a field lies in an order document: keys from the root down.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<String>);

impl Path {
    /// The path made of these keys.
    pub fn new<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self(keys.into_iter().map(Into::into).collect())
    }

    /// The keys from the root down.
    pub fn keys(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// The path one key further down.
    #[must_use]
    pub fn join(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
    }

    /// The last key and the path of the map that holds it; `None` at the root.
    pub fn split_last(&self) -> Option<(Self, &str)> {
        let (last, parents) = self.0.split_last()?;
        Some((Self(parents.to_vec()), last))
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Self {
        Self::new(text.split('/'))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One field-level write: all a command may do to a document, and all that the policy has to judge.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Creates an empty map at the path, for an entry that is new.
    Make(Path),
    /// Sets the field at the path.
    Put(Path, Scalar),
    /// Removes a key. No command of ours does; kept so that the policy can refuse it by name.
    Delete(Path),
}

impl Write {
    /// The field or map that is written.
    pub const fn path(&self) -> &Path {
        match self {
            Self::Make(path) | Self::Put(path, _) | Self::Delete(path) => path,
        }
    }
}

/// The present content of a document, or its content at earlier heads.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A map of fields or entries.
    Map(BTreeMap<String, Node>),
    /// A field.
    Scalar(Scalar),
    /// A kind of object that schema 1 does not know; kept, never touched.
    Opaque,
}

impl Node {
    /// The node under a path.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.as_map()?.get(*key))
    }

    /// The fields of a map.
    pub const fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(map) => Some(map),
            Self::Scalar(_) | Self::Opaque => None,
        }
    }

    /// The value of a field.
    pub const fn as_scalar(&self) -> Option<&Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            Self::Map(_) | Self::Opaque => None,
        }
    }
}
