//! Data that is kept as the core reads it, and that names every word of its author the core did not understand.
//!
//! The core reads leniently, because a phone may be older than the data. Whoever saves something wants to hear of a typo.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Something of the core as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strict<T> {
    pub value: T,
    /// Where there were words that mean nothing, such as `transitions[3].guards`.
    pub unknown: Vec<String>,
}

impl<T: JsonSchema> JsonSchema for Strict<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: Serialize> Serialize for Strict<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Serialize + DeserializeOwned> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Value::deserialize(deserializer)?;
        let value: T = serde_json::from_value(given.clone()).map_err(D::Error::custom)?;
        let understood = serde_json::to_value(&value).map_err(D::Error::custom)?;
        let mut unknown = Vec::new();
        compare(&given, &understood, "", &mut unknown);
        Ok(Self { value, unknown })
    }
}

fn compare(given: &Value, understood: &Value, path: &str, unknown: &mut Vec<String>) {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            for (key, value) in given {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match understood.get(key) {
                    Some(kept) => compare(value, kept, &path, unknown),
                    None if says_nothing(value) => {}
                    None => unknown.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(understood)) if given.len() == understood.len() => {
            for (index, (value, kept)) in given.iter().zip(understood).enumerate() {
                compare(value, kept, &format!("{path}[{index}]"), unknown);
            }
        }
        (Value::Array(_), Value::Array(_)) => unknown.push(path.to_owned()),
        _ => {}
    }
}

/// What is left out when it is written again.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use sync_core::workflow::Workflow;

    use super::*;

    #[test]
    fn words_without_a_meaning_are_named_by_their_place() {
        let mut given = serde_json::to_value(&Workflow::builtins()[0]).unwrap();
        given["transitions"][0]["guards"] = serde_json::json!(["has_window", "has_windo"]);
        given["states"][1]["colour"] = "red".into();
        given["states"][2]["name"]["pt-br"] = Value::Null;

        let read: Strict<Workflow> = serde_json::from_value(given).unwrap();

        assert_eq!(read.unknown, ["states[1].colour", "transitions[0].guards"]);
    }
}
