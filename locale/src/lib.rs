//! The languages of Campo: which there are, their messages, and how each writes numbers and amounts.
//!
//! Never knows what a message is about: callers bring their own Fluent files.

mod language;
mod messages;
mod number;

pub use language::Language;
pub use messages::{Messages, Sources, Variable};
pub use number::{decimal, minor_digits, money};
