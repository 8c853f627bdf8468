//! Reads lists written by a newer Campo. Never refuses a workflow for one word it does not know.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Keeps the entries of a list this version knows and leaves out the others.
pub fn known_only<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let entries = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}
