//! Checklist templates as data an organization edits: questions, what counts as an answer, when a question is asked.
//!
//! An order names the version it began with, so every replica asks the same. Never holds an answer: orders do.

mod complete;
mod validate;

use serde::{Deserialize, Serialize};

pub use complete::{Asked, asked, question_of_key, unanswered};
pub use validate::{CHOICE_COUNT_MAX, ChecklistProblem, QUESTION_COUNT_MAX, validate};

use crate::order::entry::AnswerValue;
use crate::workflow::Names;

/// The questions of one checklist. Stored as JSON; unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChecklistTemplate {
    /// Names the template across its versions: `chiller`.
    pub id: String,
    /// Counts the published versions; an order keeps the version it began with.
    #[serde(default)]
    pub version: u32,
    /// What people call it.
    pub name: Names,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Question {
    /// Names the question in answers and conditions: lower-case letters, digits, `_` and `-`.
    pub key: String,
    /// What is asked.
    pub text: Names,
    /// What kind of answer it wants.
    pub answer: AnswerKind,
    /// Whether the checklist is incomplete without an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Asked once for each piece of equipment of the order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_equipment: bool,
    /// Asked only when an earlier question was answered so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// What kind of answer a question wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AnswerKind {
    /// Yes, no or not applicable.
    YesNo,
    /// A measured number; one beyond a limit is an answer all the same, and is marked.
    Number {
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// The lowest number that is well, a decimal number as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<String>,
        /// The highest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<String>,
    },
    /// One of these.
    Choice {
        /// What can be chosen.
        choices: Vec<Choice>,
    },
    /// Free text.
    Text,
    /// A photo of the order.
    Photo,
    /// A signature of the order.
    Signature,
}

/// One of the choices of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// Names it in answers.
    pub key: String,
    /// What people call it.
    pub name: Names,
}

/// Asks a question only when an earlier one was answered in a certain way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Condition {
    /// The earlier question.
    pub question: String,
    /// `yes`, `no`, `not_applicable`, or keys of its choices; any of them.
    pub is: Vec<String>,
}

impl ChecklistTemplate {
    /// How an order names the template and version: `chiller@3`.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Finds a question by its key.
    pub fn question(&self, key: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.key == key)
    }
}

impl AnswerKind {
    /// The name of a choice in a language.
    pub fn choice_name(&self, key: &str, language: &str) -> Option<&str> {
        let Self::Choice { choices } = self else { return None };
        choices.iter().find(|choice| choice.key == key).map(|choice| choice.name.in_language(language))
    }

    /// Whether an answer lies beyond the limits of its question.
    pub fn is_beyond_limits(&self, answer: &AnswerValue) -> bool {
        let (Self::Number { min, max, .. }, AnswerValue::Number { value, .. }) = (self, answer) else {
            return false;
        };
        let read = |text: &String| text.parse::<rust_decimal::Decimal>().ok();
        let Some(value) = read(value) else { return false };
        min.as_ref().and_then(read).is_some_and(|min| value < min)
            || max.as_ref().and_then(read).is_some_and(|max| value > max)
    }
}

#[cfg(test)]
mod tests;
