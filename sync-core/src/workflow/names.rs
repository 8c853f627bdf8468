//! One name in the four languages. Never guesses a translation: what is missing reads as English.

use serde::{Deserialize, Serialize};

/// What people call something, per language. English is required, the others fall back to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Names {
    /// English.
    pub en: String,
    /// Brazilian Portuguese.
    #[serde(rename = "pt-BR", default, skip_serializing_if = "Option::is_none")]
    pub pt_br: Option<String>,
    /// Spanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub es: Option<String>,
    /// Romanian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ro: Option<String>,
}

impl Names {
    /// The name for a language tag such as `pt-BR`, `es-MX` or `ro`; English where there is none.
    pub fn in_language(&self, tag: &str) -> &str {
        let language = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let name = match language.as_str() {
            "pt" => self.pt_br.as_deref(),
            "es" => self.es.as_deref(),
            "ro" => self.ro.as_deref(),
            _ => None,
        };
        name.filter(|name| !name.trim().is_empty()).unwrap_or(&self.en)
    }

    /// Every name given, English first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [Some(&self.en), self.pt_br.as_ref(), self.es.as_ref(), self.ro.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}
