//! By what lists of orders are sorted. Never a direction that a database does not have an index for.

use serde::{Deserialize, Serialize};

use crate::store::statement::Value;

/// By what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// When the server first heard of it.
    #[default]
    Listed,
    /// Until when it is promised.
    Promised,
    /// When somebody is to arrive.
    Window,
    /// How soon it matters.
    Priority,
    /// Its number.
    Number,
    /// What the customer is called.
    Customer,
    /// Where it stands.
    Status,
}

impl SortKey {
    /// Every key.
    pub const ALL: [Self; 7] = [
        Self::Listed,
        Self::Promised,
        Self::Window,
        Self::Priority,
        Self::Number,
        Self::Customer,
        Self::Status,
    ];

    /// The word by which callers ask for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Promised => "promised",
            Self::Window => "window",
            Self::Priority => "priority",
            Self::Number => "number",
            Self::Customer => "customer",
            Self::Status => "status",
        }
    }

    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Listed => "listed_at",
            Self::Promised => "sort_promised",
            Self::Window => "sort_window",
            Self::Priority => "sort_priority",
            Self::Number => "sort_number",
            Self::Customer => "sort_customer",
            Self::Status => "sort_status",
        }
    }

    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Customer)
    }

    /// The same value by an expression that no index knows.
    pub(super) fn unindexed(self) -> String {
        let column = self.column();
        if self.is_text() { format!("(s.{column} || '')") } else { format!("(s.{column} + 0)") }
    }

    /// The value as a number and as a text, one of which says nothing.
    pub(super) fn shown(self) -> String {
        let column = self.column();
        if self.is_text() { format!("CAST(0 AS BIGINT), s.{column}") } else { format!("s.{column}, ''") }
    }
}

/// By what, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderSort {
    /// By what.
    pub key: SortKey,
    /// Whether the greatest comes first.
    pub is_descending: bool,
}

impl Default for OrderSort {
    /// The newest first.
    fn default() -> Self {
        Self { key: SortKey::Listed, is_descending: true }
    }
}

impl OrderSort {
    /// Reads `promised` or, for the other direction, `-promised`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, is_descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let key = SortKey::ALL.into_iter().find(|key| key.as_str() == name)?;
        Some(Self { key, is_descending })
    }

    pub(super) const fn direction(&self) -> &'static str {
        if self.is_descending { " DESC" } else { "" }
    }
}

/// By what one order is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    Number(i64),
    Text(String),
}

impl SortValue {
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(text.clone()),
        }
    }
}
