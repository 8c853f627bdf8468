//! The client against every way in which syncing engines got stuck or lost work.

mod delivery;
mod identity;
mod office;
mod phone;
mod refusals;
mod repair;

pub use office::Office;
pub use phone::{Phone, Storage, note, order};
