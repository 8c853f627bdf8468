//! What an API token may be allowed to do, for the rows of the table.

pub use crate::accounts::Scope;
