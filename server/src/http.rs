//! HTTP: reads requests, calls one operation each, writes answers. Knows no SQL and decides nothing.

pub mod auth;
pub mod body;
pub mod capabilities;
pub mod conditional;
pub mod devices;
pub mod documents;
pub mod envelope;
pub mod error;
pub mod evidence;
pub mod health;
pub mod held_changes;
pub mod list;
pub mod live;
pub mod node;
pub mod orders;
pub mod organization;
pub mod photos;
pub mod records;
pub mod session;
pub mod setup;
pub mod sync;
pub mod uploads;
pub mod users;
pub mod verification;
pub mod webhooks;
