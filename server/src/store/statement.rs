//! A statement put together from parts, with its values, for either database. Never holds a value in its text.

use sqlx::SqlSafeStr;

use crate::store::dialect;

/// A value of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Bytes(Vec<u8>),
    Number(i64),
    Text(String),
}

/// The text so far, and the values it refers to by number.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Appends text, which is never input.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends the place of a value.
    pub(crate) fn bind(&mut self, value: Value) -> &mut Self {
        let place = self.place(value);
        self.push(&place)
    }

    /// The name of a value's place, which may stand in the text several times.
    pub(crate) fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Appends places of several values, parted by commas.
    pub(crate) fn bind_all(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " }).bind(value);
        }
        self
    }

    pub(crate) fn text(&self) -> impl SqlSafeStr + use<> {
        dialect::assembled(self.text.clone())
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
        self.values.iter().cloned()
    }
}

/// Binds the values of a statement, whichever database the query is for.
macro_rules! bind_kept_values {
    ($query:expr, $statement:ident) => {{
        let mut query = $query;
        for value in $statement.values() {
            query = match value {
                $crate::store::statement::Value::Bytes(bytes) => query.bind(bytes),
                $crate::store::statement::Value::Number(number) => query.bind(number),
                $crate::store::statement::Value::Text(text) => query.bind(text),
            };
        }
        query
    }};
}
pub(crate) use bind_kept_values;

/// The same for a statement that is planned for these values, and whose plan is not kept: which plan is good depends on
/// them.
macro_rules! bind_values {
    ($query:expr, $statement:ident) => {
        $crate::store::statement::bind_kept_values!($query.persistent(false), $statement)
    };
}
pub(crate) use bind_values;
